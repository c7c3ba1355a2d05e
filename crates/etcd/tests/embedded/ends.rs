//! Ending: in order, by being dropped, and with a parent that was killed.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

use control::ports::coordination::AssignmentPublisher;
use testkit::eventually;

use crate::{SOON, client, directory, holds, is_alive, publish, start};

#[tokio::test]
async fn it_stops_in_order_and_keeps_what_it_had() {
    let root = directory();
    let etcd = start(root.path()).await;
    publish(&etcd, 2).await;
    // A stream that is still open does not keep it.
    let _open = client(&etcd).watch_reports().await.expect("a stream");
    let (pid, began) = (etcd.pid().expect("a process"), Instant::now());
    etcd.stop().await;
    assert!(!is_alive(pid));
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    assert_eq!(holds(&start(root.path()).await).await, 2);
}

#[tokio::test]
async fn it_ends_when_it_is_dropped() {
    let root = directory();
    let etcd = start(root.path()).await;
    let pid = etcd.pid().expect("a process");
    drop(etcd);
    assert!(!is_alive(pid));
    drop(start(root.path()).await);
}

#[tokio::test]
async fn one_that_could_not_start_leaves_nothing_running() {
    let root = directory();
    let first = start(root.path()).await;
    let config = etcd::embedded::EmbeddedConfig {
        patience: std::time::Duration::from_millis(100),
        ..etcd::embedded::EmbeddedConfig::new(root.path())
    };
    crate::cannot_start(config).await;
    // And does no harm to the one that runs.
    client(&first).ping().await.expect("an answer");
}

/// What the daemon is to the next test: not run by itself.
#[tokio::test]
#[ignore = "runs in a process of its own, which the next test starts and kills"]
async fn a_daemon_with_an_etcd() {
    let directory = std::env::var_os("DOCKLET_TEST_DIRECTORY").map(PathBuf::from).expect("a directory");
    let etcd = start(&directory).await;
    #[expect(clippy::print_stdout, reason = "this is how the other process learns the pid")]
    {
        println!("\npid {}", etcd.pid().expect("a process"));
    }
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn it_ends_with_a_daemon_that_is_killed_and_the_next_one_finds_its_data() {
    let root = directory();
    let mut daemon = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "ends::a_daemon_with_an_etcd", "--ignored", "--nocapture"])
        .env("DOCKLET_TEST_DIRECTORY", root.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let lines = BufReader::new(daemon.stdout.take().expect("its output")).lines();
    let pid = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("pid ")?.parse().ok());
    let pid = pid.expect("etcd's pid");
    assert!(is_alive(pid));
    daemon.kill().expect("kill -9");
    daemon.wait().expect("to reap it");
    // At once: the next daemon may start within a millisecond.
    let etcd = start(root.path()).await;
    client(&etcd).ping().await.expect("an answer");
    eventually("the old etcd has ended", SOON, || async { !is_alive(pid) }).await;
}
