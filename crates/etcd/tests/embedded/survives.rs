//! What may happen to it: killed, its data damaged, its starter's thread gone.

use std::{fs, path::Path, thread};

use control::ports::coordination::AssignmentPublisher;
use rustix::process::{Pid, Signal, kill_process};
use testkit::{eventually, obtain};

use crate::{SOON, aside, client, directory, holds, is_alive, publish, start};

fn pid(raw: u32) -> Pid {
    Pid::from_raw(raw.cast_signed()).expect("a pid")
}

#[tokio::test]
async fn it_is_started_again_each_time_it_dies_at_the_same_address() {
    let root = directory();
    let etcd = start(root.path()).await;
    publish(&etcd, 3).await;
    let (endpoint, client) = (etcd.endpoint(), client(&etcd));
    for _ in 0..3 {
        let before = etcd.pid().expect("a process");
        kill_process(pid(before), Signal::KILL).expect("to kill it");
        obtain("another process", SOON, || async { etcd.pid().filter(|pid| *pid != before) }).await;
        eventually("an answer", SOON, || async { client.ping().await.is_ok() }).await;
    }
    assert_eq!(etcd.endpoint(), endpoint);
    assert_eq!(holds(&etcd).await, 3);
    assert!(aside(root.path()).is_empty(), "being killed is no fault of the data");
}

/// Overwrites the middle of every file below that etcd reads at its start.
fn damage(directory: &Path) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            damage(&path);
        } else {
            let mut bytes = fs::read(&path).expect("a file");
            let end = bytes.len();
            bytes[..end.min(64 * 1024)].fill(0x5a);
            fs::write(&path, bytes).expect("to write it");
        }
    }
}

async fn begins_anew_after(damage: impl FnOnce(&Path)) {
    let root = directory();
    let etcd = start(root.path()).await;
    publish(&etcd, 3).await;
    etcd.stop().await;
    damage(&root.path().join("data/member"));
    let etcd = start(root.path()).await;
    // Nothing is there.
    assert_eq!(holds(&etcd).await, 0);
    let kept = aside(root.path());
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].join("member").is_dir(), "what was there is kept");
    publish(&etcd, 3).await;
    assert_eq!(holds(&etcd).await, 3);
}

#[tokio::test]
async fn a_damaged_database_is_moved_aside() {
    begins_anew_after(|member| damage(&member.join("snap"))).await;
}

#[tokio::test]
async fn a_damaged_log_is_moved_aside() {
    begins_anew_after(|member| damage(&member.join("wal"))).await;
}

#[tokio::test]
async fn a_missing_database_is_moved_aside_or_rebuilt_but_never_believed() {
    let root = directory();
    let etcd = start(root.path()).await;
    publish(&etcd, 3).await;
    etcd.stop().await;
    fs::remove_file(root.path().join("data/member/snap/db")).expect("to remove the database");
    let etcd = start(root.path()).await;
    let held = holds(&etcd).await;
    // etcd can rebuild it from its log.
    assert!(held == 3 || held == 0, "{held}");
}

#[tokio::test]
async fn damage_while_it_runs_is_met_at_its_next_start() {
    let root = directory();
    let etcd = start(root.path()).await;
    publish(&etcd, 3).await;
    let client = client(&etcd);
    let before = etcd.pid().expect("a process");
    damage(&root.path().join("data/member/wal"));
    kill_process(pid(before), Signal::KILL).expect("to kill it");
    obtain("another process", SOON, || async { etcd.pid().filter(|pid| *pid != before) }).await;
    eventually("an answer from a fresh etcd", SOON, || async { client.ping().await.is_ok() }).await;
    assert_eq!(holds(&etcd).await, 0);
    assert_eq!(aside(root.path()).len(), 1);
}

#[test]
fn it_outlives_the_thread_and_the_runtime_that_started_it() {
    let root = directory();
    let path = root.path().to_owned();
    // The kernel ends a child with the thread that made it: that must not be this one.
    let etcd = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(start(&path))
    })
    .join()
    .expect("a thread that ends");
    let first = etcd.pid().expect("a process");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { client(&etcd).ping().await.expect("an answer") });
    assert!(is_alive(first));
    assert_eq!(etcd.pid(), Some(first));
}
