//! etcd dies, comes back, or comes back empty.

use std::{path::Path, time::Duration};

use control::ports::coordination::{Assignment, AssignmentEvent, CoordinationError, Dispatch, Duty};
use domain::node::Phase;
use etcd::{Etcd, EtcdConfig};
use etcd_client::{DeleteOptions, EventType, WatchOptions};
use testkit::{Cable, RealEtcd, Wire, build, eventually};

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
    // While somebody watches: the watch ends, and another one begins.
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
            assignments.sort_by_key(|assignment| assignment.node);
            new.sort_by_key(|assignment| assignment.node);
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

/// The worker has lost the connection in the middle of a report, and has repeated it at another member.
#[tokio::test]
async fn a_report_that_arrives_behind_its_successor_does_not_replace_it() {
    let etcd = RealEtcd::start().await;
    let endpoint = etcd.process().endpoint();
    let cable = Cable::to(Path::new(endpoint.strip_prefix("unix:").expect("a socket"))).await;
    let endpoints = vec![format!("http://{}", cable.address()), endpoint];
    let worker = Etcd::connect(&EtcdConfig { endpoints, ..etcd.config() }).expect("endpoints");
    let node = build::assignment("here");
    let failed = |reason: &str| build::report(&node, Phase::Failed { reason: reason.into() });
    cable.set(Wire::LateWith("the earlier one"));
    for said in ["the earlier one", "the later one"] {
        // A worker tells it again until it is taken; which endpoint a try goes to is the channel's choice.
        let told = || async { worker.report(&[failed(said)]).await.is_ok() };
        eventually("the report is taken", SOON, told).await;
    }
    let mut admin = raw(&etcd).await;
    let applied = admin.status().await.expect("an answer").raft_applied_index();
    cable.set(Wire::Whole);
    eventually("etcd has carried out what came late", SOON, || {
        let mut admin = admin.clone();
        async move { admin.status().await.expect("an answer").raft_applied_index() > applied }
    })
    .await;
    let reports = worker.last_reports(&node.worker).await.expect("an answer");
    assert_eq!(reports, [failed("the later one")]);
}
