//! How often the record is asked. What is counted here is what a database far away would be waited for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::harness::Harness;

/// Counts statements, and nothing else.
#[derive(Default)]
struct Statements(Arc<AtomicU64>);

impl Recorder for Statements {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match key.name() {
            "docklet_database_statements_total" => Counter::from_arc(self.0.clone()),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// On one thread, so that the recorder hears everything; the reconciler is away, so that it hears nothing else.
#[tokio::test]
async fn a_creation_is_thirteen_statements_however_many_vclusters_there_are() {
    let mut harness = Harness::new().await;
    let told = Statements::default();
    let count = told.0.clone();
    harness.stop();
    for name in ["first", "second", "third"] {
        let counting = metrics::set_default_local_recorder(&told);
        let before = count.load(Ordering::Relaxed);
        harness.create(name, 2).await;
        assert_eq!(count.load(Ordering::Relaxed) - before, 13, "{name}");
        drop(counting);
    }
}
