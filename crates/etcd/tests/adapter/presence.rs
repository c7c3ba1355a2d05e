//! Leases: a worker that keeps announcing itself is there, one that does not is lost.

use std::time::{Duration, Instant};

use control::ports::coordination::{AssignmentPublisher, ReportEvent, WorkerCoordination};
use testkit::{RealEtcd, build, eventually};
use tokio::time::{interval, timeout};

use crate::{is_lost, key, next, raw};

#[tokio::test]
async fn a_worker_that_falls_silent_is_lost_and_one_that_speaks_is_not() {
    let etcd = RealEtcd::start().await;
    let (control, silent, speaking) = (etcd.connect(), etcd.connect(), etcd.connect());
    let mut events = control.watch_reports().await.expect("a stream");
    silent.announce(&build::worker_info("silent")).await.expect("to announce");
    let since = Instant::now();
    let keep_speaking = async {
        let mut every = interval(Duration::from_secs(3));
        loop {
            every.tick().await;
            speaking.announce(&build::worker_info("speaking")).await.expect("to announce");
        }
    };
    let lost = async {
        loop {
            match next_within_a_lease(&mut events).await {
                event if is_lost(&event, "silent") => return,
                event => assert!(!is_lost(&event, "speaking"), "who speaks is not lost"),
            }
        }
    };
    tokio::select! {
        () = lost => {}
        () = keep_speaking => unreachable!("it speaks for ever"),
    }
    let after = since.elapsed();
    assert!((8..=14).contains(&after.as_secs()), "lost after {after:?}");
    let ReportEvent::Snapshot { workers, .. } = next(&mut control.watch_reports().await.expect("a stream")).await
    else {
        panic!("a snapshot")
    };
    assert_eq!(workers, [build::worker_info("speaking")]);
}

async fn next_within_a_lease(events: &mut crate::Events<ReportEvent>) -> ReportEvent {
    crate::item(events, Duration::from_secs(15)).await.expect("no error")
}

#[tokio::test]
async fn a_worker_whose_lease_has_gone_is_back_with_its_next_announcement() {
    let etcd = RealEtcd::start().await;
    let (control, worker, mut admin) = (etcd.connect(), etcd.connect(), raw(&etcd).await);
    let mut events = control.watch_reports().await.expect("a stream");
    next(&mut events).await;
    let info = build::worker_info("here");
    worker.announce(&info).await.expect("to announce");
    assert_eq!(next(&mut events).await, ReportEvent::Worker(info.clone()));
    let leases = admin.leases().await.expect("leases");
    admin.lease_revoke(leases.leases()[0].id()).await.expect("to revoke");
    assert!(is_lost(&next(&mut events).await, "here"));
    worker.announce(&info).await.expect("to announce");
    assert_eq!(next(&mut events).await, ReportEvent::Worker(info.clone()));
    // An administrator deletes the key, and the lease lives on.
    admin.delete(key(&etcd, "workers/here"), None).await.expect("to delete");
    assert!(is_lost(&next(&mut events).await, "here"));
    worker.announce(&info).await.expect("to announce");
    assert_eq!(next(&mut events).await, ReportEvent::Worker(info));
}

#[tokio::test]
async fn a_worker_that_was_started_again_is_not_lost_when_its_old_lease_runs_out() {
    let etcd = RealEtcd::start().await;
    let (control, mut admin) = (etcd.connect(), raw(&etcd).await);
    let info = build::worker_info("here");
    etcd.connect().announce(&info).await.expect("to announce");
    let old = admin.leases().await.expect("leases").leases()[0].id();
    let again = etcd.connect();
    again.announce(&info).await.expect("to announce");
    let mut events = control.watch_reports().await.expect("a stream");
    next(&mut events).await;
    admin.lease_revoke(old).await.expect("to revoke");
    let marker = build::report(&build::assignment("here"), domain::node::Phase::Stopped);
    again.report(std::slice::from_ref(&marker)).await.expect("to report");
    assert_eq!(next(&mut events).await, ReportEvent::Reported(vec![marker]));
}

#[tokio::test]
async fn announcing_is_cheap_when_nothing_has_changed() {
    let etcd = RealEtcd::start().await;
    let (worker, mut admin) = (etcd.connect(), raw(&etcd).await);
    worker.announce(&build::worker_info("here")).await.expect("to announce");
    let before = admin.get("x", None).await.expect("an answer").header().expect("a header").revision();
    for _ in 0..5 {
        worker.announce(&build::worker_info("here")).await.expect("to announce");
    }
    let after = admin.get("x", None).await.expect("an answer").header().expect("a header").revision();
    assert_eq!(before, after, "no write");
    assert_eq!(admin.leases().await.expect("leases").leases().len(), 1);
}

#[tokio::test]
async fn announcing_works_again_once_etcd_does() {
    let etcd = RealEtcd::start().await;
    let worker = etcd.connect();
    let info = build::worker_info("here");
    worker.announce(&info).await.expect("to announce");
    crate::signal(&etcd, "KILL");
    let failed = timeout(crate::SOON, async { while worker.announce(&info).await.is_ok() {} }).await;
    failed.expect("the loss is noticed");
    eventually("etcd is back and takes announcements", crate::SOON, || async { worker.announce(&info).await.is_ok() })
        .await;
}
