//! Starting, ending, and starting twice.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use rustix::process::Signal;
use testkit::eventually;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::common::{
    daemon::{Daemon, Options, command},
    events::Events,
};

#[tokio::test]
async fn the_first_start_leaves_a_password_that_only_we_can_read_and_nobody_sees() {
    let daemon = Daemon::start_usual().await;
    let path = daemon.data.join("admin-password");
    assert_eq!(path.metadata().expect("the file").permissions().mode() & 0o777, 0o600);
    assert!(daemon.output().contains(path.to_str().expect("text")), "{}", daemon.output());
    let password = daemon.admin_password();
    assert!(!daemon.output().contains(&password) && !daemon.log().contains(&password));
    daemon.browser().sign_in("admin", &password).await.ok(200);
}

#[tokio::test]
async fn a_second_daemon_on_the_same_directory_is_refused_and_told_who_has_it() {
    let daemon = Daemon::start_usual().await;
    let second = command(&daemon.data).args(["serve"]).output().expect("dockletd runs");
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains(&format!("another dockletd that runs as process {}", daemon.pid())), "{said}");
    daemon.anonymous().get("/healthz").await.ok(200);
}

#[tokio::test]
async fn sigterm_ends_everything_within_ten_seconds_also_with_a_stream_open() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = Daemon::start_usual().await;
        let mut events = Events::open(&daemon.admin(), None).await;
        let etcd = etcd_of(daemon.pid());
        daemon.signal(signal);
        assert!(daemon.ended(Duration::from_secs(10)).await.success(), "{}", daemon.log());
        assert!(events.next().await.is_none(), "the stream ended");
        assert!(!is_running(etcd), "etcd ended, too");
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait_for_what_is_going_on() {
    let mut daemon = Daemon::start_usual().await;
    let mut unfinished = TcpStream::connect(daemon.address()).await.expect("it listens");
    let head =
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    unfinished.write_all(head).await.expect("it is taken");
    // Answered on another connection, so the first request has been read by now, too.
    daemon.anonymous().get("/healthz").await.ok(200);
    let etcd = etcd_of(daemon.pid());
    daemon.signal(Signal::TERM);
    eventually("it has begun to end", Duration::from_secs(5), || async { daemon.log().contains("ending") }).await;
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.ended(Duration::from_secs(3)).await.code(), Some(1));
    eventually("etcd ends, too", Duration::from_secs(3), || async { !is_running(etcd) }).await;
}

#[tokio::test]
async fn an_account_and_its_session_outlive_a_restart() {
    let mut daemon = Daemon::start_usual().await;
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    daemon.kill();
    daemon.start().await;
    assert_eq!(browser.get("/api/v1/session").await.ok(200).at("/name"), "admin");
}

#[tokio::test]
async fn an_etcd_that_dies_is_started_again() {
    let daemon = Daemon::start_usual().await;
    let first = etcd_of(daemon.pid());
    let pid = rustix::process::Pid::from_raw(i32::try_from(first).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, Signal::KILL).expect("our etcd");
    let anonymous = daemon.anonymous();
    eventually("another etcd answers", Duration::from_secs(20), || async {
        children(daemon.pid()).iter().any(|(pid, name)| name == "etcd" && *pid != first)
            && anonymous.get("/readyz").await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let daemon = Options::default().prepare();
    let output = command(&daemon.data).args(["serve", "--listen", &address]).output().expect("dockletd runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("cannot listen on {address}; choose another address with --listen")), "{said}");
}

/// The pid of the daemon's etcd.
fn etcd_of(daemon: u32) -> u32 {
    let children = children(daemon);
    children.iter().find(|(_, name)| name == "etcd").map(|(pid, _)| *pid).expect("an etcd")
}

fn children(parent: u32) -> Vec<(u32, String)> {
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let its_parent: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
        (its_parent == parent).then(|| (pid, name.to_owned()))
    })
    .collect()
}

fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
