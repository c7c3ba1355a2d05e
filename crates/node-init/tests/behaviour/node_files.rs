//! Pieces of files: from where one asks, once there is something, and at nobody else's cost.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use node_init::client::{ClientError, NodeClient};
use node_init::protocol::{ErrorCode, MAX_FILE_PART, ReadFile};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::support::{Node, PATIENCE, eventually};

fn ask(path: &Path, from: u64, most: u32, wait_ms: u32) -> ReadFile {
    ReadFile { path: path.to_str().expect("text").to_owned(), from, most, wait_ms }
}

async fn refused(client: &NodeClient, read: ReadFile) -> (ErrorCode, String) {
    match client.read_file(read).await {
        Err(ClientError::Node { code, message }) => (code, message),
        other => panic!("{other:?}"),
    }
}

/// The processes that docklet-init has started and that run.
fn helpers(node: &Node) -> Vec<Pid> {
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", node.pid())).expect("its children");
    children.split_ascii_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect()
}

#[tokio::test]
async fn a_file_is_read_from_an_offset_and_never_more_than_was_asked_for() {
    let node = Node::start(&[]).await;
    let path = node.run_dir.path().join("a file");
    let written: Vec<u8> = (0..3_000_000_u32).map(|n| (n * 31 % 251) as u8).collect();
    fs::write(&path, &written).expect("written");
    let size = written.len() as u64;
    for (from, most, expected) in [
        (0, 10, &written[..10]),
        (5, 10, &written[5..15]),
        (size - 3, 10, &written[written.len() - 3..]),
        (size, 10, &[]),
        (size + 5, 10, &[]),
        (u64::MAX, u32::MAX, &[]),
        (7, 0, &[]),
        (7, u32::MAX, &written[7..7 + MAX_FILE_PART as usize]),
    ] {
        let (told, bytes) = node.client.read_file(ask(&path, from, most, 0)).await.expect("it is there");
        assert!(told == size && bytes == expected, "{} bytes of {told} from {from}, at most {most}", bytes.len());
    }
}

#[tokio::test]
async fn a_reader_waits_until_something_is_written_or_its_time_is_over() {
    let node = Node::start(&[]).await;
    let path = node.run_dir.path().join("log");
    let client = node.client.clone();
    let (waiting, read) = (node.client.clone(), ask(&path, 0, 100, 30_000));
    let mut reading = tokio::spawn(async move { waiting.read_file(read).await });
    eventually("it waits", async || !helpers(&node).is_empty()).await;
    fs::write(&path, "").expect("an empty file");
    let still = timeout(Duration::from_millis(500), &mut reading).await;
    assert!(still.is_err(), "there is nothing to read in it: {still:?}");
    let mut file = OpenOptions::new().append(true).open(&path).expect("it is there");
    file.write_all(b"first").expect("written");
    let read = timeout(PATIENCE, reading).await.expect("in time").expect("no panic");
    assert_eq!(read.expect("it is there"), (5, b"first".to_vec()));
    let begun = Instant::now();
    assert_eq!(client.read_file(ask(&path, 5, 100, 700)).await.expect("it is there"), (5, Vec::new()));
    assert!(begun.elapsed() >= Duration::from_millis(700));
}

#[tokio::test]
async fn what_is_no_file_is_refused_in_words_and_waits_for_nobody() {
    let node = Node::start(&[]).await;
    let home = node.run_dir.path();
    let (fifo, missing) = (home.join("fifo"), home.join("missing/file"));
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
    for path in [&*fifo, home, Path::new("/dev/null"), &home.join("init.sock")] {
        let (code, message) = refused(&node.client, ask(path, 0, 10, 60_000)).await;
        assert!(code != ErrorCode::NoFile && message.contains("cannot be read"), "{code}: {message}");
    }
    for wait_ms in [0, 300] {
        let (code, message) = refused(&node.client, ask(&missing, 0, 10, wait_ms)).await;
        assert!(code == ErrorCode::NoFile && message.contains("missing/file"), "{code}: {message}");
    }
    assert_eq!(refused(&node.client, ask(Path::new("log"), 0, 10, 0)).await.0, ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_read_that_hangs_holds_up_nothing_else() {
    let node = Node::start(&[]).await;
    let path = node.run_dir.path().join("log");
    let hanging = node.client.clone().with_deadline(Duration::from_millis(300));
    let read = ask(&path, 0, 10, 1000);
    let reading = tokio::spawn(async move { hanging.read_file(read).await });
    eventually("it waits", async || !helpers(&node).is_empty()).await;
    let stuck = helpers(&node);
    stuck.iter().for_each(|helper| kill_process(*helper, Signal::STOP).expect("it is stopped"));
    assert!(matches!(reading.await.expect("no panic"), Err(ClientError::Timeout)));
    fs::write(&path, "written").expect("written");
    assert_eq!(node.client.read_file(ask(&path, 0, 10, 0)).await.expect("it is there"), (7, b"written".to_vec()));
    node.client.status().await.expect("it answers");
    stuck.iter().for_each(|helper| kill_process(*helper, Signal::KILL).expect("it is killed"));
}

#[tokio::test]
async fn a_helper_goes_with_its_client_and_answers_when_the_node_ends() {
    let mut node = Node::start(&[("DOCKLET_GRACE_MS", "15000")]).await;
    let path = node.run_dir.path().join("log");
    let read = ask(&path, 7, 10, 60_000);
    let gone = timeout(Duration::from_millis(500), node.client.read_file(read.clone())).await;
    assert!(gone.is_err(), "it waits: {gone:?}");
    eventually("no helper is left", async || helpers(&node).is_empty()).await;
    fs::write(&path, "written").expect("written");
    let client = node.client.clone();
    let reading = tokio::spawn(async move { client.read_file(read).await });
    eventually("it waits", async || !helpers(&node).is_empty()).await;
    let begun = Instant::now();
    node.signal(Signal::TERM);
    assert_eq!(reading.await.expect("no panic").expect("an answer"), (7, Vec::new()));
    assert_eq!(node.wait().code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "the end does not wait for it");
}
