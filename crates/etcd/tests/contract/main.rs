//! What `AssignmentPublisher` and `WorkerCoordination` promise, held against both implementations: etcd, and the fake
//! that other crates' tests use. A fake that promises something else than the real thing would make those tests
//! worthless.

mod assigning;
mod reporting;
mod watching;

use std::{sync::Arc, time::Duration};

use control::ports::coordination::{
    AssignmentEvent, AssignmentPublisher, CoordinationError, ReportEvent, WorkerCoordination, WorkerDirectory,
};
use futures::{StreamExt, stream::BoxStream};
use testkit::{MemoryCoordination, RealEtcd, build};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(60);

/// One coordination with both its sides.
struct Sides {
    publisher: Arc<dyn AssignmentPublisher>,
    coordination: Arc<dyn WorkerCoordination>,
    directory: Arc<dyn WorkerDirectory>,
    /// Dropped last: the streams of a test must not outlive it unnoticed.
    _etcd: Option<RealEtcd>,
}

async fn real() -> Sides {
    let etcd = RealEtcd::start().await;
    // Two connections, as control and a worker on another host have them.
    let (control, worker) = (Arc::new(etcd.connect()), Arc::new(etcd.connect()));
    Sides { publisher: control.clone(), coordination: worker, directory: control, _etcd: Some(etcd) }
}

async fn fake() -> Sides {
    let memory = MemoryCoordination::default();
    let memory = Arc::new(memory);
    Sides { publisher: memory.clone(), coordination: memory.clone(), directory: memory, _etcd: None }
}

/// Runs each of these once with the real thing and once with the fake.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod with_etcd {
            $(#[tokio::test] async fn $name() { super::$name(crate::real().await).await; })+
        }
        mod with_the_fake {
            $(#[tokio::test] async fn $name() { super::$name(crate::fake().await).await; })+
        }
    };
}
pub(crate) use on_both;

type Events<E> = BoxStream<'static, Result<E, CoordinationError>>;

impl Sides {
    async fn assignments_of(&self, worker: &str) -> Events<AssignmentEvent> {
        self.coordination.watch_assignments(&build::worker(worker)).await.expect("a stream of assignments")
    }

    async fn reports(&self) -> Events<ReportEvent> {
        self.publisher.watch_reports().await.expect("a stream of reports")
    }
}

async fn next<E>(events: &mut Events<E>) -> E {
    timeout(SOON, events.next()).await.expect("an event in time").expect("a stream that goes on").expect("no error")
}

/// Says that nothing has happened: only this marker, which the test causes, is in the stream.
async fn nothing_but<E: PartialEq + std::fmt::Debug>(events: &mut Events<E>, marker: E) {
    assert_eq!(next(events).await, marker);
}
