//! Values we would never write, under our keys.

use control::ports::coordination::{
    Assignment, AssignmentEvent, AssignmentPublisher, CoordinationError, ReportEvent, WorkerCoordination,
};
use testkit::{RealEtcd, build};

use crate::{item, key, next, raw, snapshot, watch_here};

fn names(error: CoordinationError, key: &str) {
    match error {
        CoordinationError::Unreadable { key: named, .. } => assert_eq!(named, key),
        other => panic!("unreadable, not {other}"),
    }
}

#[tokio::test]
async fn an_unreadable_assignment_is_told_once_and_hides_no_other() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let (good, bad) = (build::assignment("here"), build::assignment("here"));
    control.assign_all(&[good.clone(), bad.clone()]).await.expect("to assign everything");
    let bad_key = key(&etcd, &format!("assignments/here/{}", bad.instance));
    admin.put(bad_key.as_str(), "{\"node\": 7", None).await.expect("to put");

    let mut events = watch_here(&worker).await;
    let incomplete = AssignmentEvent::Snapshot { assignments: vec![good.clone()], complete: false };
    assert_eq!(next(&mut events).await, incomplete);
    names(item(&mut events, crate::SOON).await.expect_err("the unreadable value"), &bad_key);
    // The stream goes on, and a new one does not tell it again.
    let other = build::assignment("here");
    control.assign(std::slice::from_ref(&other)).await.expect("to assign");
    assert_eq!(next(&mut events).await, AssignmentEvent::Changed(vec![other.clone()]));
    let mut again = watch_here(&worker).await;
    assert_eq!(snapshot(&mut again).await, (2, false));

    // Publishing everything heals it, for open watches and for new ones.
    control.assign_all(&[good, bad.clone(), other]).await.expect("to assign everything");
    assert_eq!(next(&mut again).await, AssignmentEvent::Changed(vec![bad.clone()]));
    assert_eq!(next(&mut events).await, AssignmentEvent::Changed(vec![bad]));
    // The last watch is the one that control was asked by.
    assert_eq!(snapshot(&mut again).await, (3, true));
}

#[tokio::test]
async fn an_unreadable_change_is_told_once_and_the_stream_goes_on() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let mut events = watch_here(&worker).await;
    next(&mut events).await;
    // Another node under this node's key, bytes that are no text, and a key that is none of ours.
    let (node, other) = (build::assignment("here"), build::assignment("here"));
    let value = serde_json::to_vec(&other).expect("JSON");
    for (rest, value) in [
        (format!("assignments/here/{}", node.instance), value),
        (format!("assignments/here/{}", other.instance), vec![0xff, 0x00]),
        ("assignments/here/nothing".to_owned(), b"{}".to_vec()),
    ] {
        let key = key(&etcd, &rest);
        admin.put(key.as_str(), value, None).await.expect("to put");
        names(item(&mut events, crate::SOON).await.expect_err("the unreadable value"), &key);
    }
    control.assign(std::slice::from_ref(&node)).await.expect("to assign over it");
    assert_eq!(next(&mut events).await, AssignmentEvent::Changed(vec![node]));
}

#[tokio::test]
async fn unreadable_reports_and_workers_hide_no_others() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let node = build::assignment("here");
    let report = build::report(&node, domain::node::Phase::Stopped);
    worker.report(std::slice::from_ref(&report)).await.expect("to report");
    worker.announce(&build::worker_info("here")).await.expect("to announce");
    let unreadable = build::assignment("here");
    for rest in [format!("reports/here/{}", unreadable.instance), "workers/there".to_owned()] {
        admin.put(key(&etcd, &rest), "nonsense", None).await.expect("to put");
    }
    let mut events = control.watch_reports().await.expect("a stream");
    let all = ReportEvent::Snapshot {
        reports: vec![report.clone()],
        workers: vec![build::worker_info("here")],
        orphans: vec![],
    };
    assert_eq!(next(&mut events).await, all);
    for rest in [format!("reports/here/{}", unreadable.instance), "workers/there".to_owned()] {
        names(item(&mut events, crate::SOON).await.expect_err("the unreadable value"), &key(&etcd, &rest));
    }
    assert_eq!(worker.last_reports(&build::worker("here")).await.expect("reports"), [report]);
    control.assign_all(&[node, unreadable]).await.expect("unreadable reports do no harm");
}

#[tokio::test]
async fn keys_of_others_beside_ours_are_left_alone() {
    let etcd = RealEtcd::start().await;
    let (control, mut admin) = (etcd.connect(), raw(&etcd).await);
    let foreign = ["/docklet/other/complete/here", "/registry/pods", "docklet", "/docklet"];
    for key in foreign {
        admin.put(key, "theirs", None).await.expect("to put");
    }
    control.assign_all(&[] as &[Assignment]).await.expect("to assign everything");
    for key in foreign {
        assert_eq!(admin.get(key, None).await.expect("an answer").count(), 1, "{key}");
    }
}
