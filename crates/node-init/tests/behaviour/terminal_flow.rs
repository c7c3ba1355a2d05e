//! Floods, viewers that do not read, programs that do not read: everything stays bounded and Ctrl-C acts at once.

use std::fs;
use std::time::Duration;

use crate::support::{Node, PATIENCE, Viewer, eventually};
use wire::terminal::{ClientFrame, WINDOW};

/// Resident memory in kB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is there");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

/// CPU time so far, in hundredths of a second.
fn cpu_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    let fields = stat.rsplit(')').next().expect("its name ends").split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().expect("a number")).sum()
}

#[tokio::test]
async fn ctrl_c_under_a_flood_acts_within_the_window() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["bash", "--norc", "-i"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.send("yes; echo stop''ped\n").await;
    viewer.until("a flood", |viewer| viewer.output.len() > 2_000_000).await;
    let before = viewer.offset;
    viewer.send("\x03").await;
    viewer.sees("^C").await;
    let interrupt = viewer.find("^C").map_or(0, |at| at as u64);
    // A window may be on its way, the kernel's own buffers are before it, and a turn of the loop is after it.
    assert!(interrupt < before + WINDOW + 256 * 1024, "{interrupt} is far after {before}");
    viewer.send("echo $((40+2))\n").await;
    viewer.sees("\r42\r\n").await;
}

#[tokio::test]
async fn a_viewer_that_acknowledges_nothing_stops_the_program_at_the_window() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["yes"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.acks = false;
    viewer.until("a full window", |viewer| viewer.offset == WINDOW).await;
    let end = node.client.terminals().await.expect("the list")[0].end_offset;
    assert_eq!(end, WINDOW, "the program is paused a window ahead of its only viewer");
    viewer.frame(ClientFrame::Ack { offset: 1000 }).await;
    viewer.until("as much as was acknowledged", |viewer| viewer.offset == WINDOW + 1000).await;
}

#[tokio::test]
async fn a_viewer_that_never_reads_is_left_behind_and_repainted_when_it_comes_back() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "seq 1 400000; cat"]).await;
    let mut sleeper = Viewer::attach(&node.client, &id).await;
    sleeper.acks = false;
    sleeper.until("its window", |viewer| viewer.offset == WINDOW).await;
    let started = std::time::Instant::now();
    // Ten seconds later it does not hold the program back any more.
    eventually("the flood to end without it", async || {
        let list = node.client.terminals().await.expect("the list");
        list[0].end_offset == 3_088_895
    })
    .await;
    assert!(started.elapsed().as_secs() >= 9 && started.elapsed() < PATIENCE);
    assert!(resident(node.pid()) < 8_000, "{} kB", resident(node.pid()));
    let spent = cpu_ticks(node.pid());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(cpu_ticks(node.pid()) - spent <= 5, "a viewer that sleeps keeps the node awake");
    sleeper.acks = true;
    sleeper.frame(ClientFrame::Ack { offset: WINDOW }).await;
    sleeper.until("a snapshot", |viewer| viewer.snapshots == 1).await;
    assert!(String::from_utf8_lossy(&sleeper.snapshot).contains("\r\n399999\r\n400000"));
    sleeper.send("alive\n").await;
    sleeper.sees("alive\r\nalive").await;
}

#[tokio::test]
async fn one_viewer_that_reads_is_enough() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "read x; seq 1 300000; cat"]).await;
    let mut reader = Viewer::attach(&node.client, &id).await;
    let mut sleeper = Viewer::attach(&node.client, &id).await;
    sleeper.acks = false;
    reader.send("\n").await;
    reader.until("the whole flood", |viewer| viewer.ends_with("\n300000\r\n")).await;
    let expected: String = (1..=300000).map(|n| format!("{n}\r\n")).collect();
    assert!(reader.ends_with(&expected), "the reader has every byte");
    sleeper.acks = true;
    sleeper.until("its window", |viewer| viewer.offset >= WINDOW).await;
    sleeper.frame(ClientFrame::Ack { offset: sleeper.offset }).await;
    sleeper.until("a snapshot", |viewer| viewer.snapshots == 1 && viewer.offset == reader.offset).await;
}

#[tokio::test]
async fn nobody_attached_lets_the_program_run() {
    let node = Node::start(&[]).await;
    node.open("t1", &["sh", "-c", "seq 1 300000; cat"]).await;
    eventually("the flood to end", async || {
        node.client.terminals().await.expect("the list")[0].end_offset == 2_288_895
    })
    .await;
}

#[tokio::test]
async fn a_program_that_does_not_read_blocks_its_viewer_and_nobody_else() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "stty raw -echo; echo ready; exec sleep 1000"]).await;
    let other = node.open("t2", &["cat"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.sees("ready").await;
    let piece = "x".repeat(64 * 1024);
    // More than the queue and all sockets hold: at some point the node does not take any more.
    let flood = async {
        for _ in 0..40 {
            viewer.send(&piece).await;
        }
    };
    let blocked = tokio::time::timeout(Duration::from_secs(2), flood).await;
    assert!(blocked.is_err(), "the node took more than it may keep");
    assert!(resident(node.pid()) < 4_000, "{} kB", resident(node.pid()));
    let mut echo = Viewer::attach(&node.client, &other).await;
    echo.send("still here\n").await;
    echo.sees("still here").await;
}

#[tokio::test]
async fn a_large_paste_arrives_whole() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "stty raw -echo; echo ready; head -c 1000000 | sha256sum; cat"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.sees("ready").await;
    let text: String = (0..1_000_000 / 8).map(|n| format!("{n:07} ")).collect();
    for piece in text.as_bytes().chunks(60_000) {
        viewer.send(std::str::from_utf8(piece).expect("ASCII")).await;
    }
    viewer.sees("-").await;
    let sum = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let mut sum = sum.expect("sha256sum runs");
    std::io::Write::write_all(&mut sum.stdin.take().expect("a pipe"), text.as_bytes()).expect("it reads");
    let output = sum.wait_with_output().expect("it ends");
    let expected = String::from_utf8_lossy(&output.stdout).split(' ').next().map(str::to_owned).expect("a sum");
    assert!(viewer.text().contains(&expected), "{}", viewer.text());
    viewer.until("all acknowledgements", |viewer| viewer.input_acked == 1_000_000).await;
}

#[tokio::test]
async fn pings_without_reading_do_not_pile_up() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    let flood = async {
        for nonce in 0..2_000_000 {
            viewer.frame(ClientFrame::Ping { nonce }).await;
        }
    };
    let blocked = tokio::time::timeout(Duration::from_secs(2), flood).await;
    assert!(blocked.is_err(), "the node goes on reading from a viewer that reads none of its answers");
    assert!(resident(node.pid()) < 4_000, "{} kB", resident(node.pid()));
}
