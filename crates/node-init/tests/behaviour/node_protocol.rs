//! Garbage in both directions: a node survives every client, and a client every node.

use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Node, client_id, eventually};
use node_init::client::{ClientError, NodeClient};
use node_init::protocol::{Attach, ErrorCode, MAX_REPLY, MAX_REQUEST, Resume};
use tempfile::TempDir;
use testkit::hostile::{HostileNode, Misdeed};
use tokio::io::AsyncWriteExt;

fn connect(node: &Node) -> UnixStream {
    let stream = UnixStream::connect(node.run_dir.path().join("init.sock")).expect("the node listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    stream
}

/// Sends raw bytes and returns what the node answers until it closes.
fn exchange(node: &Node, bytes: &[u8]) -> String {
    let mut stream = connect(node);
    stream.write_all(bytes).expect("the node takes bytes");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the node answers and closes");
    String::from_utf8_lossy(answer.get(4..).unwrap_or_default()).into_owned()
}

fn message(json: &str) -> Vec<u8> {
    let mut bytes = u32::try_from(json.len()).expect("a short message").to_be_bytes().to_vec();
    bytes.extend_from_slice(json.as_bytes());
    bytes
}

#[tokio::test]
async fn requests_that_are_none_get_an_error_with_a_code() {
    let node = Node::start(&[]).await;
    let too_long = (MAX_REQUEST as u32 + 1).to_be_bytes();
    for (bytes, code) in [
        (message("not json"), "bad_request"),
        (message("{}"), "bad_request"),
        (message(r#"{"version":1,"request":7}"#), "bad_request"),
        (message(r#"{"version":2,"request":"status"}"#), "unsupported_version"),
        (message(r#"{"version":1,"request":"reboot"}"#), "unknown_request"),
        (message(r#"{"version":1,"request":"dial"}"#), "bad_request"),
        (message(r#"{"version":1,"request":"dial","port":70000}"#), "bad_request"),
        (message(r#"{"version":1,"request":"close_terminal","id":"../x"}"#), "bad_request"),
        (message(r#"{"version":1,"request":"close_terminal","id":"nobody"}"#), "unknown_terminal"),
        (message(r#"{"version":1,"request":"authorize_key","key":"restrict ssh-ed25519 AAAA"}"#), "bad_request"),
        (message(r#"{"version":1,"request":"read_file","path":"/root/x"}"#), "bad_request"),
        (message(r#"{"version":1,"request":"exec"}"#), "bad_request"),
        (message(r#"{"version":1,"request":"exec","command":[]}"#), "bad_request"),
        ([message(r#"{"version":1,"request":"exec","command":["true"]}"#), vec![0]].concat(), "bad_request"),
        (too_long.to_vec(), "bad_request"),
        (u32::MAX.to_be_bytes().to_vec(), "bad_request"),
    ] {
        let answer = exchange(&node, &bytes);
        assert!(answer.contains(&format!(r#""code":"{code}""#)), "{} -> {answer}", String::from_utf8_lossy(&bytes));
    }
    node.ready().await;
}

#[tokio::test]
async fn random_bytes_never_end_a_node() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "stty raw -echo; exec cat > /dev/null"]).await;
    eventually("keys to be nothing but bytes", async || {
        node.client.terminals().await.expect("the list")[0].process == "cat"
    })
    .await;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |length: usize| -> Vec<u8> {
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    };
    for length in (0..300).chain([5_000, 70_000]) {
        // What the node answers to noise does not matter, only that it goes on.
        let _ = connect(&node).write_all(&random(length));
        let attach = Attach {
            id: id.clone(),
            client: client_id(),
            from: Resume::Snapshot,
            cols: 80,
            rows: 24,
            input_from: None,
        };
        let (_, mut stream) = node.client.attach(attach).await.expect("the viewer attaches");
        let mut frame = random(length);
        frame.splice(..0, u32::try_from(length).expect("short").to_be_bytes());
        // The node may have closed the stream in the middle of it.
        let _ = AsyncWriteExt::write_all(&mut stream, &frame).await;
    }
    assert_eq!(node.client.terminals().await.expect("the list")[0].exited, None);
}

#[tokio::test]
async fn a_thousand_half_open_connections_keep_nobody_out() {
    let node = Node::start(&[]).await;
    let mut half_open = Vec::new();
    for number in 0_u32..1000 {
        let mut stream = connect(&node);
        // Every other one has sent half a request. Those that were let go meanwhile cannot be written to.
        let _ = stream.write_all(&message(r#"{"version":1,"request":"status"}"#)[..number as usize % 20]);
        half_open.push(stream);
        if number % 100 == 0 {
            node.client.status().await.expect("the node answers");
        }
    }
    let status = node.client.status().await.expect("the node answers");
    assert!(status.ready);
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let node = Node::start(&[]).await;
    let mut stream = connect(&node);
    let started = Instant::now();
    assert_eq!(stream.read(&mut [0; 1]).expect("the node closes it"), 0);
    assert!(started.elapsed() >= Duration::from_secs(4) && started.elapsed() < Duration::from_secs(8));
}

/// A hostile node: answers the first connection with these bytes.
fn hostile(dir: &Path, answer: Vec<u8>) -> NodeClient {
    let listener = UnixListener::bind(dir.join("init.sock")).expect("the socket is made");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client connects");
        // The client may hang up as soon as it has seen enough.
        let _ = stream.write_all(&answer);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    });
    NodeClient::new(dir.to_owned()).with_deadline(Duration::from_millis(500))
}

#[tokio::test]
async fn hostile_replies_are_garbage_and_bounded() {
    let reply = |json: &str| message(json);
    for (answer, what) in [
        (reply("nonsense"), "not what was asked for"),
        (reply(r#"{"ok":{"ready":"yes"}}"#), "not what was asked for"),
        (reply(r#"{"ok":[1,2,3]}"#), "not what was asked for"),
        ((MAX_REPLY as u32 + 1).to_be_bytes().to_vec(), "longer than any reply"),
        (u32::MAX.to_be_bytes().to_vec(), "longer than any reply"),
        (reply(&format!(r#"{{"ok":{}"#, "[".repeat(50_000))), "not what was asked for"),
    ] {
        let dir = TempDir::new().expect("a temporary directory");
        match hostile(dir.path(), answer).status().await {
            Err(ClientError::Garbage(said)) => assert!(said.contains(what), "{said}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_node_that_says_nothing_is_given_up_on() {
    let dir = TempDir::new().expect("a temporary directory");
    let client = hostile(dir.path(), Vec::new());
    assert!(matches!(client.status().await, Err(ClientError::Timeout)));
}

#[tokio::test]
async fn a_node_that_answers_a_byte_a_second_or_half_is_given_up_on() {
    for misdeed in [Misdeed::Dribbles, Misdeed::BreaksOff] {
        let dir = TempDir::new().expect("a temporary directory");
        let _node = HostileNode::take_place(&dir.path().join("init.sock"), misdeed);
        let client = NodeClient::new(dir.path().to_owned()).with_deadline(Duration::from_millis(1500));
        let began = Instant::now();
        let status = client.status().await;
        assert!(matches!(status, Err(ClientError::Timeout)), "{misdeed:?}: {status:?}");
        let id = "main".parse().expect("an id");
        let attach = Attach { id, client: client_id(), from: Resume::Snapshot, cols: 80, rows: 24, input_from: None };
        assert!(matches!(client.attach(attach).await, Err(ClientError::Timeout)), "{misdeed:?}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn texts_of_a_node_are_cleaned_and_cut() {
    let dir = TempDir::new().expect("a temporary directory");
    let evil = format!("a\\u001b[31mb\\n\\u202e{}", "c".repeat(5000));
    let answer = format!(r#"{{"error":{{"code":"something_new","message":"{evil}"}}}}"#);
    match hostile(dir.path(), message(&answer)).status().await {
        Err(ClientError::Node { code, message }) => {
            assert_eq!(code, ErrorCode::Unknown);
            assert!(message.starts_with("a[31mbccc") && message.len() == 512, "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_a_socket_of_its_own_is_refused() {
    let node = Node::start(&[]).await;
    let dir = TempDir::new().expect("a temporary directory");
    let place = dir.path().join("init.sock");
    let client = NodeClient::new(dir.path().to_owned());
    assert!(matches!(client.status().await, Err(ClientError::Unreachable(_))));
    symlink(node.run_dir.path().join("init.sock"), &place).expect("a link to another node's socket");
    assert!(matches!(client.status().await, Err(ClientError::Refused(_))));
    std::fs::remove_file(&place).expect("the link is removed");
    std::fs::write(&place, "").expect("a file");
    assert!(matches!(client.status().await, Err(ClientError::Refused(_))));
    std::fs::remove_file(&place).expect("the file is removed");
    for misdeed in [Misdeed::Directory, Misdeed::Fifo, Misdeed::Link] {
        let _stands_there = HostileNode::take_place(&place, misdeed);
        let refused = client.status().await;
        assert!(matches!(refused, Err(ClientError::Refused(_))), "{misdeed:?}: {refused:?}");
    }
    drop(UnixListener::bind(&place).expect("a socket without a listener"));
    assert!(matches!(client.status().await, Err(ClientError::Unreachable(_))));
    let waited = client.wait_ready(Duration::from_millis(100)).await;
    assert!(matches!(waited, Err(ClientError::Unreachable(_) | ClientError::Timeout)));
}
