//! etcd dies, comes back, or comes back empty.

use std::time::Duration;

use control::ports::coordination::{
    Assignment, AssignmentEvent, AssignmentPublisher, CoordinationError, WorkerCoordination,
};
use etcd_client::{DeleteOptions, EventType, WatchOptions};
use testkit::{RealEtcd, build, eventually};

use crate::{SOON, end, key, raw, signal, snapshot, watch_here};

fn is_unavailable(error: &CoordinationError) -> bool {
    matches!(error, CoordinationError::Unavailable(_))
}

#[tokio::test]
async fn a_killed_etcd_ends_every_stream_and_comes_back_with_what_it_had() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let wanted = build::assignments("here", 4);
    control.assign_all(&wanted).await.expect("to assign everything");
    let (mut assignments, mut reports) = (watch_here(&worker).await, control.watch_reports().await.expect("a stream"));
    signal(&etcd, "KILL");
    assert!(is_unavailable(&end(&mut assignments, SOON).await));
    assert!(is_unavailable(&end(&mut reports, SOON).await));
    eventually("etcd answers again", SOON, || async { control.ping().await.is_ok() }).await;
    let mut again = watch_here(&worker).await;
    assert_eq!(snapshot(&mut again).await, (4, false));
    control.assign_all(&wanted).await.expect("to assign everything");
    assert_eq!(snapshot(&mut again).await, (4, true));
}

#[tokio::test]
async fn an_etcd_that_hangs_is_noticed_although_nothing_is_closed() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let (mut assignments, mut reports) = (watch_here(&worker).await, control.watch_reports().await.expect("a stream"));
    signal(&etcd, "STOP");
    let noticed = Duration::from_secs(15);
    let (one, other) = tokio::join!(end(&mut assignments, noticed), end(&mut reports, noticed));
    let ping = control.ping().await;
    signal(&etcd, "CONT");
    assert!(is_unavailable(&one) && is_unavailable(&other));
    assert!(ping.is_err_and(|error| is_unavailable(&error)));
    eventually("etcd answers again", SOON, || async { control.ping().await.is_ok() }).await;
}

#[tokio::test]
async fn an_emptied_etcd_makes_no_worker_believe_that_it_has_nothing_to_do() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let wanted = build::assignments("here", 4);
    control.assign_all(&wanted).await.expect("to assign everything");
    // While a worker watches: the watch ends, and another one begins.
    let mut events = watch_here(&worker).await;
    control.assign_all(&wanted).await.expect("to assign everything");
    assert_eq!(snapshot(&mut events).await, (4, false));
    assert_eq!(snapshot(&mut events).await, (4, true));
    admin.delete("", Some(DeleteOptions::new().with_all_keys())).await.expect("to delete everything");
    assert!(is_unavailable(&end(&mut events, SOON).await));
    let mut events = watch_here(&worker).await;
    assert_eq!(snapshot(&mut events).await, (0, false));
    control.assign_all(&wanted).await.expect("to publish it all again");
    loop {
        if let AssignmentEvent::Snapshot { assignments, complete } = crate::next(&mut events).await {
            assert_eq!((assignments.len(), complete), (4, true));
            break;
        }
    }
}

#[tokio::test]
async fn an_older_copy_of_etcds_data_is_not_believed() {
    let etcd = RealEtcd::start().await;
    let (control, worker) = (etcd.connect(), etcd.connect());
    let old = build::assignments("here", 2);
    let mut events = watch_here(&worker).await;
    assert_eq!(snapshot(&mut events).await, (0, false));
    control.assign_all(&old).await.expect("to assign everything");
    while !matches!(crate::next(&mut events).await, AssignmentEvent::Snapshot { complete: true, .. }) {}
    let copy = etcd.copy().await;
    eventually("etcd answers again", SOON, || async { control.ping().await.is_ok() }).await;
    // What the copy does not know: another node, and a later order to one that it does.
    let new: Vec<Assignment> = old
        .iter()
        .map(|assignment| Assignment { generation: assignment.generation.next(), ..assignment.clone() })
        .chain([build::assignment("here")])
        .collect();
    control.assign_all(&new).await.expect("to assign everything");
    etcd.put_back(&copy).await;
    assert!(is_unavailable(&end(&mut events, SOON).await));
    eventually("etcd answers again", SOON, || async { control.ping().await.is_ok() }).await;
    let mut events = watch_here(&worker).await;
    // The copy says of itself that it is complete; only of an earlier watch.
    assert_eq!(snapshot(&mut events).await, (2, false));
    control.assign_all(&new).await.expect("to publish it all again");
    loop {
        if let AssignmentEvent::Snapshot { mut assignments, complete } = crate::next(&mut events).await {
            let mut new = new.clone();
            assignments.sort_by_key(|assignment| assignment.instance);
            new.sort_by_key(|assignment| assignment.instance);
            assert_eq!((assignments, complete), (new, true));
            break;
        }
    }
}

#[tokio::test]
async fn everything_is_not_called_complete_when_etcd_was_emptied_on_the_way() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let wanted: Vec<Assignment> = (0..500).flat_map(|_| build::assignments("here", 4)).collect();
    let _asks = watch_here(&worker).await;
    let empty_once = async {
        let root = key(&etcd, "");
        let mut watch = admin.watch(root, Some(WatchOptions::new().with_prefix())).await.expect("a watch");
        // The first assignment has been written, the last has not.
        loop {
            let response = watch.message().await.expect("a response").expect("a stream that goes on");
            let is_assignment = |event: &etcd_client::Event| {
                let key = event.kv().expect("a key").key_str().expect("text").to_owned();
                event.event_type() == EventType::Put && key.contains("/assignments/")
            };
            if response.events().iter().any(is_assignment) {
                break;
            }
        }
        admin.delete("", Some(DeleteOptions::new().with_all_keys())).await.expect("to delete everything");
    };
    let (published, ()) = tokio::join!(control.assign_all(&wanted), empty_once);
    assert!(published.is_err_and(|error| is_unavailable(&error)), "control must learn that it has to publish again");
    let mut events = watch_here(&worker).await;
    let (_, complete) = snapshot(&mut events).await;
    assert!(!complete);
    control.assign_all(&wanted).await.expect("to publish it all again");
    loop {
        if let AssignmentEvent::Snapshot { assignments, complete } = crate::next(&mut events).await {
            assert_eq!((assignments.len(), complete), (2000, true));
            break;
        }
    }
    assert!(worker.last_reports(&build::worker("here")).await.expect("reports").is_empty());
}
