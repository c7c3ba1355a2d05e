//! Datagrams to and from a node's ports: each whole, none for another, and no end but the node's.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use node_init::client::{ClientError, NodeDatagrams};
use node_init::protocol::{ErrorCode, MAX_DATAGRAM_SOCKETS};
use rustix::net::{AddressFamily, SocketType, sockopt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use wire::udp::MAX_DATAGRAM;

use crate::support::{Node, PATIENCE, eventually};

fn echo(socket: UdpSocket) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; MAX_DATAGRAM];
        while let Ok((count, peer)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..count], peer);
        }
    });
}

fn listening() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = socket.local_addr().expect("its address").port();
    (socket, port)
}

/// A socket at a port that others of these may have, too.
fn shared(port: u16) -> UdpSocket {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None).expect("a socket");
    sockopt::set_socket_reuseaddr(&socket, true).expect("set");
    rustix::net::bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port))).expect("it is free, or shared");
    UdpSocket::from(socket)
}

fn framed(datagram: &[u8]) -> Vec<u8> {
    [&u32::try_from(datagram.len()).expect("short").to_be_bytes()[..], datagram].concat()
}

async fn give(to: &mut NodeDatagrams, datagram: &[u8]) {
    to.write_all(&framed(datagram)).await.expect("it takes everything");
}

async fn next(from: &mut NodeDatagrams) -> Vec<u8> {
    let next = async {
        let length = from.read_u32().await.expect("a length");
        let mut datagram = vec![0; usize::try_from(length).expect("a length")];
        from.read_exact(&mut datagram).await.expect("a datagram");
        datagram
    };
    timeout(PATIENCE, next).await.expect("a datagram comes")
}

#[tokio::test]
async fn datagrams_of_every_size_come_back_whole_however_their_bytes_are_cut() {
    let node = Node::start(&[]).await;
    let (socket, port) = listening();
    echo(socket);
    let mut datagrams = node.client.dial_udp(port).await.expect("a socket");
    for size in [0, 1, 1400, 60_000, MAX_DATAGRAM] {
        let datagram = vec![b'x'; size];
        give(&mut datagrams, &datagram).await;
        assert!(next(&mut datagrams).await == datagram, "{size} bytes");
    }
    for byte in framed(b"cut") {
        datagrams.write_all(&[byte]).await.expect("it is taken");
    }
    assert_eq!(next(&mut datagrams).await, b"cut");
    datagrams.write_all(&[framed(b"one"), framed(b""), framed(b"two")].concat()).await.expect("it is taken");
    for expected in [&b"one"[..], b"", b"two"] {
        assert_eq!(next(&mut datagrams).await, expected);
    }
    let too_long = u32::try_from(MAX_DATAGRAM + 1).expect("a length").to_be_bytes();
    datagrams.write_all(&too_long).await.expect_err("no datagram is as long");
}

#[tokio::test]
async fn two_sockets_do_not_get_each_others_answers() {
    let node = Node::start(&[]).await;
    let (socket, port) = listening();
    echo(socket);
    let mut one = node.client.dial_udp(port).await.expect("a socket");
    let mut other = node.client.dial_udp(port).await.expect("a socket");
    for n in 0..100_u8 {
        give(&mut one, &[1, n]).await;
        give(&mut other, &[2, n]).await;
        assert_eq!((next(&mut one).await, next(&mut other).await), (vec![1, n], vec![2, n]));
    }
}

#[tokio::test]
async fn that_nobody_listens_is_no_end_and_who_listens_later_is_heard() {
    let node = Node::start(&[]).await;
    // Hears only where it is connected to. So nobody listens, and nobody else can take the port.
    let holder = shared(0);
    holder.connect((Ipv4Addr::LOCALHOST, 9)).expect("nothing is sent for that");
    let port = holder.local_addr().expect("its address").port();
    let mut datagrams = node.client.dial_udp(port).await.expect("a socket");
    for _ in 0..10 {
        give(&mut datagrams, b"lost").await;
    }
    assert!(timeout(Duration::from_millis(100), datagrams.read_u32()).await.is_err(), "nothing comes, and no end");
    echo(shared(port));
    give(&mut datagrams, b"heard").await;
    assert_eq!(next(&mut datagrams).await, b"heard");
}

#[tokio::test]
async fn who_sends_without_being_read_loses_datagrams_and_holds_nobody_up() {
    let node = Node::start(&[]).await;
    let (_never_read, port) = listening();
    let mut datagrams = node.client.dial_udp(port).await.expect("a socket");
    let flood = async {
        for _ in 0..10_000 {
            give(&mut datagrams, &[b'x'; 1400]).await;
        }
    };
    timeout(PATIENCE, flood).await.expect("nothing waits");
}

#[tokio::test]
async fn a_shut_down_direction_and_the_nodes_end_are_the_end_of_it() {
    let mut node = Node::start(&[]).await;
    let (_socket, port) = listening();
    let mut left = node.client.dial_udp(port).await.expect("a socket");
    left.shutdown().await.expect("it is told");
    assert_eq!(timeout(PATIENCE, left.read(&mut [0])).await.expect("in time").expect("an orderly end"), 0);
    let mut stays = node.client.dial_udp(port).await.expect("a socket");
    let pid = rustix::process::Pid::from_raw(i32::try_from(node.pid()).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is killed");
    node.wait();
    assert_eq!(timeout(PATIENCE, stays.read(&mut [0])).await.expect("in time").expect("an end"), 0);
}

#[tokio::test]
async fn one_socket_too_many_is_refused_and_none_gives_way() {
    let node = Node::start(&[]).await;
    let (socket, port) = listening();
    echo(socket);
    let mut first = node.client.dial_udp(port).await.expect("a socket");
    // Of these only the connection is kept here; the socket that comes with the reply is let go.
    let json = format!(r#"{{"version":1,"request":"dial_udp","port":{port}}}"#);
    let others: Vec<UnixStream> = std::iter::repeat_with(|| {
        let mut stream = UnixStream::connect(node.run_dir.path().join("init.sock")).expect("it listens");
        stream.write_all(&framed(json.as_bytes())).expect("it is taken");
        let mut reply = [0; 13];
        stream.read_exact(&mut reply).expect("a reply");
        assert_eq!(&reply[4..], br#"{"ok":{}}"#);
        stream
    })
    .take(MAX_DATAGRAM_SOCKETS - 1)
    .collect();
    match node.client.dial_udp(port).await {
        Err(ClientError::Node { code: ErrorCode::Busy, message }) => assert!(message.contains("512"), "{message}"),
        other => panic!("one too many: {other:?}"),
    }
    give(&mut first, b"still here").await;
    assert_eq!(next(&mut first).await, b"still here");
    for mut other in &others {
        other.set_nonblocking(true).expect("set");
        assert_eq!(other.read(&mut [0]).expect_err("it stays").kind(), ErrorKind::WouldBlock);
    }
    drop(others);
    eventually("there is room again", async || node.client.dial_udp(port).await.is_ok()).await;
}
