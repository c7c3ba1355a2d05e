//! Many assignments: more than one transaction, one page and one message hold.

use std::time::Instant;

use control::ports::coordination::{Assignment, AssignmentEvent, AssignmentPublisher, ReportEvent, WorkerCoordination};
use domain::node::Phase;
use testkit::build::OfNode as _;
use testkit::{RealEtcd, build};

use crate::{next, snapshot, watch_here};

#[tokio::test]
async fn two_thousand_assignments_are_published_listed_and_taken_back() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let wanted: Vec<Assignment> = (0..500).flat_map(|_| build::assignments("here", 4)).collect();
    let began = Instant::now();
    control.assign_all(&wanted).await.expect("to assign everything");
    let took = began.elapsed();
    assert!(took.as_secs() < 5, "2,000 assignments took {took:?}");
    let mut events = watch_here(&worker).await;
    assert_eq!(snapshot(&mut events).await, (2000, false));
    control.assign_all(&wanted).await.expect("to assign everything");
    let AssignmentEvent::Snapshot { mut assignments, complete: true } = next(&mut events).await else {
        panic!("a complete snapshot")
    };
    let mut expected = wanted.clone();
    expected.sort_by_key(|assignment| assignment.instance);
    assignments.sort_by_key(|assignment| assignment.instance);
    assert!(assignments == expected, "{} of {} came", assignments.len(), expected.len());
    let place = |assignment: &Assignment| (assignment.worker.clone(), assignment.instance, assignment.generation);
    control.withdraw(&wanted.iter().map(place).collect::<Vec<_>>()).await.expect("to withdraw");
    assert_eq!(snapshot(&mut watch_here(&worker).await).await, (0, false));
}

#[tokio::test]
async fn a_vcluster_is_never_cut_in_two_however_many_are_published() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let mut events = watch_here(&worker).await;
    next(&mut events).await;
    let wanted: Vec<Assignment> = (0..60).flat_map(|n| build::assignments("here", 1 + n % 16)).collect();
    control.assign(&wanted).await.expect("to assign");
    let mut seen = 0;
    while seen < wanted.len() {
        let AssignmentEvent::Changed(together) = next(&mut events).await else { panic!("changes") };
        seen += together.len();
        for assignment in &together {
            let vcluster = |other: &&Assignment| other.place().vcluster == assignment.place().vcluster;
            assert_eq!(together.iter().filter(vcluster).count(), wanted.iter().filter(vcluster).count());
        }
    }
}

#[tokio::test]
async fn long_reasons_by_the_thousand_fit_into_a_snapshot() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let nodes: Vec<Assignment> = (0..100).flat_map(|_| build::assignments("here", 16)).collect();
    let reason = "ä".repeat(2048);
    let reports: Vec<_> =
        nodes.iter().map(|node| build::report(node, Phase::Failed { reason: reason.clone() })).collect();
    for some in reports.chunks(128) {
        worker.report(some).await.expect("to report");
    }
    let ReportEvent::Snapshot { reports: came, .. } = next(&mut control.watch_reports().await.expect("a stream")).await
    else {
        panic!("a snapshot")
    };
    assert_eq!(came.len(), 1600);
    assert_eq!(worker.last_reports(&build::worker("here")).await.expect("reports").len(), 1600);
}
