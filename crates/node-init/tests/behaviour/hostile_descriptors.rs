//! A docklet-init in a tenant's hands passes descriptors along with any byte: sockets that wait when they are closed, as
//! many as the kernel takes. They hold up no thread of the runtime and none of them stays open.
//!
//! One thread serves each test: what made it wait would also keep the time limit from ending the test.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use node_init::client::{ClientError, FrameReader, NodeClient};
use node_init::protocol::{Attach, ClientId, Resume};
use rustix::net::SendFlags;
use tempfile::TempDir;
use testkit::hostile::{Lingering, MOST_DESCRIPTORS, pass};

use crate::support::{PATIENCE, eventually};

const DONE: &[u8] = br#"{"ok":{}}"#;
const NONE: &[u8] = br#"{"ok":[]}"#;
const ATTACHED: &[u8] = br#"{"ok":{"start_offset":0,"end_offset":0,"cols":80,"rows":24,"input_offset":0}}"#;
/// A frame of a terminal: a pong.
const FRAME: &[u8] = &[0x86, 0, 0, 0, 0, 0, 0, 0, 1];

/// What a message carries besides its bytes.
#[derive(Clone, Copy)]
enum Passed {
    Nothing,
    /// So many descriptors.
    Sockets(usize),
    /// One, with its byte out of band.
    OutOfBand,
}

/// A reply or a frame, without its length.
type Message = (&'static [u8], Passed);

fn message(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    [&length, body].concat()
}

/// The client may have had enough already.
fn send(to: &UnixStream, body: &[u8], descriptors: &[&OwnedFd]) {
    let descriptors: Vec<_> = descriptors.iter().map(|descriptor| descriptor.as_fd()).collect();
    pass(to, &message(body), &descriptors, SendFlags::empty());
}

/// A node that answers each connection with these messages, each with copies of the same descriptor.
struct Hostile {
    client: NodeClient,
    said: Arc<AtomicBool>,
    _dir: TempDir,
}

impl Hostile {
    fn new(descriptor: OwnedFd, messages: Vec<Message>) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let listener = UnixListener::bind(dir.path().join("init.sock")).expect("the socket is made");
        let said = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&said);
        std::thread::spawn(move || {
            // Its own copy is gone before the client reads, so that the client's is the last one.
            let (mut stream, _) = listener.accept().expect("the client connects");
            assert!(stream.read(&mut [0; 100]).expect("the request comes") > 0);
            for (body, passed) in messages {
                say(&stream, body, passed, &descriptor);
            }
            drop(descriptor);
            done.store(true, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1]);
        });
        let client = NodeClient::new(dir.path().to_owned()).with_deadline(Duration::from_secs(2));
        Self { client, said, _dir: dir }
    }
}

fn say(stream: &UnixStream, body: &[u8], passed: Passed, descriptor: &OwnedFd) {
    match passed {
        Passed::Nothing => send(stream, body, &[]),
        Passed::Sockets(count) => send(stream, body, &vec![descriptor; count]),
        Passed::OutOfBand => {
            pass(stream, b"!", &[descriptor.as_fd()], SendFlags::OOB);
            send(stream, body, &[]);
        }
    }
}

fn attach() -> Attach {
    let id = "main".parse().expect("an id");
    Attach { id, client: ClientId::new([7; 16]), from: Resume::Snapshot, cols: 80, rows: 24, input_from: None }
}

/// Every request there is, until the node has said all it says. Returns how the last of it failed, if it did.
async fn ask(node: &Hostile, request: &str) -> Result<(), ClientError> {
    match request {
        "terminals" => node.client.terminals().await.map(drop),
        "dial" => node.client.dial(80).await.map(drop),
        "watch_ports" => {
            let mut watch = node.client.watch_ports().await?;
            loop {
                watch.next().await?;
            }
        }
        _ => {
            let (_, stream) = node.client.attach(attach()).await?;
            let mut frames = FrameReader::new(stream);
            while frames.next().await?.is_some() {}
            Ok(())
        }
    }
}

/// Each request with the descriptors at each place of its answer.
fn answers() -> Vec<(&'static str, Vec<Message>)> {
    let with = |passed| {
        [
            ("terminals", vec![(NONE, passed)]),
            ("dial", vec![(DONE, passed), (DONE, passed)]),
            ("watch_ports", vec![(NONE, passed)]),
            ("watch_ports", vec![(NONE, Passed::Nothing), (NONE, passed)]),
            ("attach", vec![(ATTACHED, passed)]),
            ("attach", vec![(ATTACHED, Passed::Nothing), (FRAME, Passed::Nothing), (FRAME, passed)]),
        ]
    };
    [Passed::Sockets(1), Passed::Sockets(MOST_DESCRIPTORS), Passed::OutOfBand].into_iter().flat_map(with).collect()
}

#[tokio::test]
async fn sockets_that_wait_when_they_are_closed_hold_up_no_thread_of_the_runtime() {
    for (request, messages) in answers() {
        for wrapped in [false, true] {
            let Lingering { socket, others: _others } = if wrapped { Lingering::wrapped() } else { Lingering::new() };
            let node = Hostile::new(socket, messages.clone());
            let began = Instant::now();
            let fault = ask(&node, request).await.expect_err("descriptors that were not asked for");
            assert!(matches!(fault, ClientError::Garbage(_)), "{request}: {fault}");
            assert!(began.elapsed() < PATIENCE, "{request}: the close waited");
        }
    }
}

#[tokio::test]
async fn what_lies_unread_when_a_connection_is_closed_holds_nobody_up() {
    for passed in [Passed::Sockets(1), Passed::OutOfBand] {
        let Lingering { socket, others: _others } = Lingering::wrapped();
        let node = Hostile::new(socket, vec![(ATTACHED, Passed::Nothing), (FRAME, passed)]);
        let began = Instant::now();
        let (_, stream) = node.client.attach(attach()).await.expect("attached");
        // The frame with the socket has come, and is not read.
        eventually("the node has said all", async || node.said.load(Ordering::SeqCst)).await;
        drop(stream);
        assert!(began.elapsed() < PATIENCE, "the close waited");
    }
}

#[tokio::test]
async fn no_passed_descriptor_stays_open() {
    for (request, messages) in answers() {
        let (passed, mut witness) = UnixStream::pair().expect("a pair");
        let node = Hostile::new(passed.into(), messages);
        ask(&node, request).await.expect_err("descriptors that were not asked for");
        witness.set_nonblocking(true).expect("set");
        // The other end has ended when the last copy is closed.
        eventually("all copies are closed", async || matches!(witness.read(&mut [0; 1]), Ok(0))).await;
    }
}

/// A tenant whose sockets jam its closer is not read from any more; its neighbour is, and is cleared up after.
#[tokio::test]
async fn a_node_that_jams_its_closer_harms_only_itself() {
    let Lingering { socket, others: _others } = Lingering::wrapped();
    let dir = TempDir::new().expect("a temporary directory");
    let listener = UnixListener::bind(dir.path().join("init.sock")).expect("the socket is made");
    std::thread::spawn(move || {
        let mut first = Some(socket);
        let harmless: OwnedFd = std::fs::File::open("/dev/null").expect("a file").into();
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 100]);
            match first.take() {
                Some(socket) => send(&stream, NONE, &[&socket]),
                None => send(&stream, NONE, &[&harmless; MOST_DESCRIPTORS]),
            }
        }
    });
    let client = NodeClient::new(dir.path().to_owned()).with_deadline(Duration::from_secs(2));
    let mut received = 0;
    let refusal = loop {
        match client.terminals().await {
            Err(ClientError::Garbage(said)) if said.contains("than can be closed") => break said,
            Err(ClientError::Garbage(_)) => received += 1,
            other => panic!("{other:?}"),
        }
        assert!(received < 10, "it may have a bounded number of descriptors open here");
    };
    assert!(refusal.contains("restart the node"), "{refusal}");
    let (passed, mut witness) = UnixStream::pair().expect("a pair");
    let neighbour = Hostile::new(passed.into(), vec![(NONE, Passed::Sockets(1))]);
    ask(&neighbour, "terminals").await.expect_err("a descriptor that was not asked for");
    witness.set_nonblocking(true).expect("set");
    eventually("the neighbour's is closed", async || matches!(witness.read(&mut [0; 1]), Ok(0))).await;
}
