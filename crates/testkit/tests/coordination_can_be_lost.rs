//! The knobs of the fake coordination; its promises are tested beside etcd's, in crates/etcd/tests/contract.

use control::ports::coordination::{
    AssignmentEvent, AssignmentPublisher, CoordinationError, ReportEvent, WorkerCoordination,
};
use domain::node::Phase;
use futures::{StreamExt, stream::BoxStream};
use testkit::{MemoryCoordination, build};

type Events<E> = BoxStream<'static, Result<E, CoordinationError>>;

async fn watch(coordination: &MemoryCoordination) -> (Events<AssignmentEvent>, Events<ReportEvent>) {
    let assignments = coordination.watch_assignments(&build::worker("here")).await.expect("a stream");
    (assignments, coordination.watch_reports().await.expect("a stream"))
}

async fn ends<E>(mut events: Events<E>) -> bool {
    loop {
        match events.next().await.expect("an error before the end") {
            Ok(_) => {}
            Err(error) => return matches!(error, CoordinationError::Unavailable(_)) && events.next().await.is_none(),
        }
    }
}

async fn with_something_in_it() -> MemoryCoordination {
    let coordination = MemoryCoordination::default();
    let assignment = build::assignment("here");
    coordination.assign_all(std::slice::from_ref(&assignment)).await.expect("to publish");
    coordination.report(&[build::report(&assignment, Phase::Stopped)]).await.expect("to report");
    coordination.announce(&build::worker_info("here")).await.expect("to announce");
    assert_eq!(coordination.assignment(assignment.instance), Some(assignment.clone()));
    assert!(coordination.report_of(assignment.instance).is_some());
    coordination
}

#[tokio::test]
async fn cut_off_everything_fails_and_mended_nothing_is_lost() {
    let coordination = with_something_in_it().await;
    let (assignments, reports) = watch(&coordination).await;
    coordination.cut();
    assert!(ends(assignments).await && ends(reports).await);
    assert!(coordination.ping().await.is_err());
    assert!(coordination.assign(&[]).await.is_err());
    assert!(coordination.report(&[]).await.is_err());
    assert!(coordination.watch_reports().await.is_err());
    coordination.mend();
    coordination.ping().await.expect("an answer");
    assert_eq!(
        (coordination.assignments().len(), coordination.reports().len(), coordination.workers().len()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn wiped_it_holds_nothing_and_calls_nothing_complete() {
    let coordination = with_something_in_it().await;
    let (assignments, reports) = watch(&coordination).await;
    coordination.wipe();
    assert!(ends(assignments).await && ends(reports).await);
    let (mut assignments, mut reports) = watch(&coordination).await;
    let nothing = AssignmentEvent::Snapshot { assignments: vec![], complete: false };
    assert_eq!(assignments.next().await.expect("an event").expect("no error"), nothing);
    let nobody = ReportEvent::Snapshot { reports: vec![], workers: vec![], orphans: vec![] };
    assert_eq!(reports.next().await.expect("an event").expect("no error"), nobody);
    assert!(!coordination.is_complete());
}

#[tokio::test]
async fn streams_can_end_alone_and_calls_can_fail_alone() {
    let coordination = with_something_in_it().await;
    let (assignments, reports) = watch(&coordination).await;
    assert_eq!(coordination.watchers(), (1, 1));
    coordination.end_streams();
    assert!(ends(assignments).await && ends(reports).await);
    assert_eq!(coordination.watchers(), (0, 0));
    coordination.ping().await.expect("an answer");
    coordination.fail_next(2);
    assert!(coordination.ping().await.is_err() && coordination.ping().await.is_err());
    coordination.ping().await.expect("an answer");
}

#[tokio::test]
async fn a_worker_is_lost_when_the_test_says_so() {
    let coordination = with_something_in_it().await;
    let mut reports = coordination.watch_reports().await.expect("a stream");
    reports.next().await.expect("a snapshot").expect("no error");
    coordination.expire(&build::worker("here"));
    coordination.expire(&build::worker("here"));
    coordination.announce(&build::worker_info("here")).await.expect("to announce");
    let lost = reports.next().await.expect("an event").expect("no error");
    assert_eq!(lost, ReportEvent::WorkerLost(build::worker("here")));
    let back = reports.next().await.expect("an event").expect("no error");
    assert_eq!(back, ReportEvent::Worker(build::worker_info("here")));
}
