//! What etcd has forgotten: a watch that fell behind begins anew with a snapshot.

use control::ports::coordination::{Assignment, AssignmentEvent, AssignmentPublisher};
use domain::node::Generation;
use testkit::{RealEtcd, build};

use crate::{next, raw, snapshot, watch_here};

/// Some hundred times this is more than connection and etcd keep for a reader that does not read.
const LARGE: usize = 16 * 1024;

#[tokio::test]
async fn a_watch_that_was_away_while_history_was_dropped_begins_anew() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let mut events = watch_here(&worker).await;
    assert_eq!(snapshot(&mut events).await, (0, false));
    let name = "x".repeat(LARGE);
    let kept = build::assignment("here");
    control.assign(std::slice::from_ref(&kept)).await.expect("to assign");
    // The watch is not read meanwhile.
    for _ in 0..1200 {
        let noise = build::assignment("here");
        let key = crate::key(&etcd, &format!("assignments/here/{}", noise.instance));
        let mut value = serde_json::to_value(&noise).expect("JSON");
        value["padding"] = name.clone().into();
        admin.put(key.as_str(), value.to_string(), None).await.expect("to put");
        admin.delete(key, None).await.expect("to delete");
    }
    let last = Assignment { generation: Generation(7), ..kept.clone() };
    control.assign(std::slice::from_ref(&last)).await.expect("to assign");
    let revision = admin.get("x", None).await.expect("an answer").header().expect("a header").revision();
    admin.compact(revision, None).await.expect("to compact");
    // What was on its way comes first; then the new beginning, with what is.
    let assignments = loop {
        if let AssignmentEvent::Snapshot { assignments, .. } = next(&mut events).await {
            break assignments;
        }
    };
    assert_eq!(assignments, std::slice::from_ref(&last));
    // And the stream lives.
    let later = Assignment { generation: Generation(8), ..kept };
    control.assign(std::slice::from_ref(&later)).await.expect("to assign");
    assert_eq!(next(&mut events).await, AssignmentEvent::Changed(vec![later]));
}

#[tokio::test]
async fn what_a_new_snapshot_has_already_is_not_told_again() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let mut events = watch_here(&worker).await;
    assert_eq!(snapshot(&mut events).await, (0, false));
    let first = build::assignment("here");
    let second = Assignment { generation: Generation(2), ..first.clone() };
    let marker = build::assignment("here");
    // All of this has happened before the reader comes to the mark of completeness, and looks again.
    control.assign_all(std::slice::from_ref(&first)).await.expect("to assign everything");
    control.assign(std::slice::from_ref(&second)).await.expect("to assign");
    let mut before = Vec::new();
    let assignments = loop {
        match next(&mut events).await {
            AssignmentEvent::Snapshot { assignments, complete: true } => break assignments,
            event => before.push(event),
        }
    };
    assert_eq!(assignments, std::slice::from_ref(&second));
    control.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    assert_eq!(next(&mut events).await, AssignmentEvent::Changed(vec![marker]), "behind {before:?}");
}
