//! The process itself: small, reaping, orderly when told to stop, and back after a restart.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Node, Viewer, binary, eventually};
use rustix::process::Signal;
use wire::terminal::Exit;

fn status_line(pid: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// States and parents of all processes.
fn children(parent: u32) -> Vec<(u32, char)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let state = fields.next().and_then(|state| state.chars().next()).unwrap_or('?');
        if fields.next().and_then(|ppid| ppid.parse().ok()) == Some(parent) {
            found.push((pid, state));
        }
    }
    found
}

#[tokio::test]
async fn it_is_small() {
    let size = fs::metadata(binary()).expect("the binary").len();
    assert!(size < 1_500_000, "{size} bytes");
    let node = Node::start(&[]).await;
    let resident = status_line(node.pid(), "VmRSS:").expect("it runs");
    assert!(resident <= 3_000, "{resident} kB");
    assert_eq!(status_line(node.pid(), "Threads:"), Some(1));
}

#[tokio::test]
async fn ten_idle_shells_cost_little() {
    let node = Node::start(&[]).await;
    for number in 0..10 {
        let id = node.open(&format!("t{number}"), &["bash", "--norc", "-i"]).await;
        Viewer::attach(&node.client, &id).await.sees("# ").await;
    }
    let resident = status_line(node.pid(), "VmRSS:").expect("it runs");
    assert!(resident <= 3_000, "{resident} kB");
}

#[tokio::test]
async fn orphans_are_reaped() {
    let node = Node::start(&[]).await;
    let script = "for i in $(seq 200); do (sleep 0.0$((RANDOM % 9)) &) ; done; echo started; read x";
    let id = node.open("t1", &["bash", "-c", script]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.sees("started").await;
    let pid = node.pid();
    eventually("only the shell to be left", async || children(pid).len() == 1).await;
    assert!(children(pid).iter().all(|(_, state)| *state != 'Z'));
}

#[tokio::test]
async fn told_to_stop_it_hangs_up_asks_and_leaves_with_success() {
    let mut node = Node::start(&[("DOCKLET_GRACE_MS", "15000")]).await;
    let marker = node.run_dir.path().join("asked");
    let script =
        format!("trap '' HUP; trap 'touch {}; exit' TERM; echo up; while :; do sleep 0.05; done", marker.display());
    let polite = node.open("t1", &["sh", "-c", &script]).await;
    let shell = node.open("t2", &["bash", "--norc", "-i"]).await;
    Viewer::attach(&node.client, &polite).await.sees("up").await;
    let mut viewer = Viewer::attach(&node.client, &shell).await;
    viewer.sees("# ").await;
    let started = Instant::now();
    node.signal(Signal::TERM);
    viewer.until("the shell's end", |viewer| viewer.exit.is_some()).await;
    // Bash ends by the signal, or in order if it read the end of its input first.
    assert!(matches!(viewer.exit, Some(Exit::Signal(1) | Exit::Code(_))), "{:?}", viewer.exit);
    assert_eq!(node.wait().code(), Some(0));
    assert!(marker.exists(), "every program is asked");
    assert!(started.elapsed() < Duration::from_secs(10), "it does not wait for the whole grace time");
}

#[tokio::test]
async fn who_ignores_the_request_is_killed_after_the_grace_time() {
    let mut node = Node::start(&[("DOCKLET_GRACE_MS", "700")]).await;
    let stubborn = "trap '' TERM HUP INT; echo up; while :; do sleep 0.05; done";
    let id = node.open("t1", &["sh", "-c", stubborn]).await;
    let daemon = node.open("t2", &["bash", "-c", "(trap '' TERM HUP; setsid sleep 1000 &) ; echo up; read x"]).await;
    Viewer::attach(&node.client, &id).await.sees("up").await;
    Viewer::attach(&node.client, &daemon).await.sees("up").await;
    let started = Instant::now();
    node.signal(Signal::TERM);
    assert_eq!(node.wait().code(), Some(0));
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(650) && took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_second_request_to_stop_is_the_last() {
    let mut node = Node::start(&[("DOCKLET_GRACE_MS", "60000")]).await;
    let id = node.open("t1", &["sh", "-c", "trap '' TERM HUP; echo up; while :; do sleep 0.05; done"]).await;
    Viewer::attach(&node.client, &id).await.sees("up").await;
    node.signal(Signal::TERM);
    eventually("the node to be on its way out", async || !node.client.status().await.is_ok_and(|s| s.ready)).await;
    node.signal(Signal::INT);
    assert_eq!(node.wait().code(), Some(0));
}

#[tokio::test]
async fn a_stale_socket_is_replaced() {
    let mut node = Node::start(&[]).await;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(i32::try_from(node.pid()).expect("a pid")).expect("a pid"),
        Signal::KILL,
    )
    .expect("it is killed");
    node.wait();
    assert!(node.run_dir.path().join("init.sock").exists(), "the old socket is still there");
    node.restart(&[]).await;
    node.ready().await;
}
