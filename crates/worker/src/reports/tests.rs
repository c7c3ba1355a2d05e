//! Telling, with a clock that moves only when every task waits.

use std::sync::Arc;

use chrono::DateTime;
use control::ports::coordination::{AssignmentPublisher, ReportEvent};
use domain::node::Generation;
use futures::StreamExt;
use testkit::{MemoryCoordination, build};

use super::*;

/// Reports being told to coordination in memory, and what control hears.
struct Scene {
    reports: Arc<Reports>,
    coordination: MemoryCoordination,
    end: CancellationToken,
    telling: tokio::task::JoinHandle<()>,
}

impl Scene {
    fn new() -> Self {
        let (reports, end) = (Arc::new(Reports::new(build::worker("here"))), CancellationToken::new());
        let coordination = MemoryCoordination::default();
        let telling = tokio::spawn({
            let (reports, coordination, end) = (Arc::clone(&reports), coordination.clone(), end.clone());
            async move { reports.tell(&coordination, &end).await }
        });
        Self { reports, coordination, end, telling }
    }

    fn set(&self, node: InstanceId, phase: Phase) {
        self.reports.set(node, Observation::new(Generation::FIRST, phase));
    }

    /// Everything that is told until `within` from now, one batch after the other.
    async fn heard(&self, within: Duration) -> Vec<Vec<Phase>> {
        let mut stream = self.coordination.watch_reports().await.expect("watched");
        let mut batches = Vec::new();
        let listen = async {
            while let Some(event) = stream.next().await {
                if let Ok(ReportEvent::Reported(batch)) = event {
                    batches.push(batch.into_iter().map(|report| report.observation.phase).collect());
                }
            }
        };
        // Until the time is over.
        let _ = tokio::time::timeout(within, listen).await;
        batches
    }
}

fn step(text: &str) -> Phase {
    Phase::Starting { step: text.to_owned() }
}

fn running() -> Phase {
    Phase::Running { since: DateTime::UNIX_EPOCH }
}

fn node() -> InstanceId {
    build::assignment("here").instance
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_four_times_a_second_and_a_new_state_at_once() {
    let scene = Scene::new();
    let node = node();
    let work = async {
        for percent in 0..100 {
            scene.set(node, step(&format!("{percent} %")));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        scene.set(node, running());
    };
    let (heard, ()) = tokio::join!(scene.heard(Duration::from_secs(2)), work);
    let told: Vec<Phase> = heard.into_iter().flatten().collect();
    assert_eq!(told.first(), Some(&step("0 %")));
    assert_eq!(told.last(), Some(&running()));
    assert!((5..=6).contains(&told.len()), "one second of progress: {told:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_said_together_is_told_together_and_only_the_latest() {
    let scene = Scene::new();
    let (one, two) = (node(), node());
    let work = async {
        for node in [one, two] {
            scene.set(node, step("creating"));
            scene.set(node, running());
            scene.set(node, running());
        }
    };
    let (heard, ()) = tokio::join!(scene.heard(Duration::from_secs(1)), work);
    assert_eq!(heard, [[running(), running()]]);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_taken_is_told_later_and_nothing_is_told_of_who_is_forgotten() {
    let scene = Scene::new();
    let (kept, forgotten) = (node(), node());
    scene.coordination.cut();
    scene.set(kept, step("creating"));
    scene.set(forgotten, running());
    tokio::time::sleep(Duration::from_secs(3)).await;
    scene.set(kept, running());
    scene.reports.forget(forgotten);
    scene.coordination.mend();
    assert_eq!(scene.heard(Duration::from_secs(10)).await, [[running()]]);
    scene.reports.tell_all_again();
    assert_eq!(scene.heard(Duration::from_secs(1)).await, [[running()]]);
}

#[tokio::test(start_paused = true)]
async fn the_last_words_are_told_at_the_end() {
    let scene = Scene::new();
    let node = node();
    scene.set(node, step("one"));
    tokio::time::sleep(Duration::from_millis(1)).await;
    scene.set(node, step("two"));
    scene.end.cancel();
    scene.telling.await.expect("it ends");
    let report = scene.coordination.report_of(node).expect("reported");
    assert_eq!(report.observation.phase, step("two"));
}
