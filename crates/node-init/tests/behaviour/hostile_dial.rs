//! A docklet-init in a tenant's hands answers *dial* with whatever it likes: only one TCP connection to the asked port on
//! loopback is taken, or of UDP one socket that leads there.

use std::io::{IoSlice, Read};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use node_init::client::{ClientError, NodeClient, NodeDatagrams, NodeSocket};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The reply to *dial*, as its length and its JSON.
const DONE: &[u8] = b"\0\0\0\x09{\"ok\":{}}";

/// A node that answers one *dial* with these descriptors, and the reply cut after so many bytes.
async fn dial(port: u16, passed: Vec<OwnedFd>, bytes: usize) -> Result<NodeSocket, ClientError> {
    answered(passed, bytes, async |client| client.dial(port).await).await.0
}

/// The same of *dial_udp*, and the node's end of the connection.
async fn dial_udp(port: u16, passed: Vec<OwnedFd>) -> (Result<NodeDatagrams, ClientError>, UnixStream) {
    answered(passed, DONE.len(), async |client| client.dial_udp(port).await).await
}

async fn answered<T>(passed: Vec<OwnedFd>, bytes: usize, ask: impl AsyncFnOnce(NodeClient) -> T) -> (T, UnixStream) {
    let dir = TempDir::new().expect("a temporary directory");
    let listener = UnixListener::bind(dir.path().join("init.sock")).expect("the socket is made");
    let node = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the client connects");
        assert!(stream.read(&mut [0; 100]).expect("the request comes") > 0);
        let fds: Vec<_> = passed.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(fds.is_empty() || control.push(SendAncillaryMessage::ScmRights(&fds)));
        sendmsg(&stream, &[IoSlice::new(&DONE[..bytes])], &mut control, SendFlags::empty()).expect("it is sent");
        if bytes < DONE.len() {
            stream.shutdown(std::net::Shutdown::Both).expect("it is connected");
        }
        stream
    });
    let client = NodeClient::new(dir.path().to_owned()).with_deadline(Duration::from_secs(5));
    let dialled = ask(client).await;
    (dialled, node.join().expect("the node answered"))
}

async fn refused(what: &str, port: u16, passed: Vec<OwnedFd>, words: &str) {
    match dial(port, passed, DONE.len()).await {
        Err(ClientError::Garbage(said)) => assert!(said.contains(words), "{what}: {said}"),
        other => panic!("{what}: {other:?}"),
    }
}

/// A listening port and a connection to it.
fn connection() -> (TcpListener, TcpStream, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
    (listener, stream, port)
}

#[tokio::test]
async fn the_one_good_socket_is_taken() {
    let (listener, stream, port) = connection();
    let mut dialled = dial(port, vec![stream.into()], DONE.len()).await.expect("it is a connection to the port");
    let (mut other, _) = listener.accept().expect("accepted");
    dialled.write_all(b"hello").await.expect("written");
    let mut heard = [0; 5];
    other.read_exact(&mut heard).expect("read");
    assert_eq!(&heard, b"hello");
    drop(other);
    assert_eq!(dialled.read(&mut heard).await.expect("it ends"), 0);
}

/// One thread serves everything here: what made it wait would also keep the time limit from ending the test.
#[tokio::test]
async fn whoever_kept_a_copy_of_the_socket_cannot_make_the_reader_or_the_writer_wait() {
    let (listener, stream, port) = connection();
    let copy = stream.try_clone().expect("a copy");
    let mut dialled = dial(port, vec![stream.into()], DONE.len()).await.expect("it is a connection to the port");
    let (_other, _) = listener.accept().expect("accepted");
    copy.set_nonblocking(false).expect("the copies share their flags");
    let nothing = tokio::time::timeout(Duration::from_millis(100), dialled.read(&mut [0; 1])).await;
    assert!(nothing.is_err(), "there is nothing to read: {nothing:?}");
    let flood = vec![0; 64 << 20];
    let stuck = tokio::time::timeout(Duration::from_millis(100), dialled.write_all(&flood)).await;
    assert!(stuck.is_err(), "nothing reads what is written: {stuck:?}");
}

#[tokio::test]
async fn closing_a_socket_that_is_told_to_wait_for_unsent_data_holds_nobody_up() {
    for differs in [0, 1] {
        let (listener, stream, port) = connection();
        let (_other, _) = listener.accept().expect("accepted");
        stream.set_nonblocking(true).expect("set");
        let flood = vec![0; 1 << 20];
        while rustix::io::write(&stream, &flood).is_ok() {}
        rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::from_secs(3600))).expect("set");
        let began = std::time::Instant::now();
        let dialled = dial(port ^ differs, vec![stream.into()], DONE.len()).await;
        assert_eq!(dialled.is_ok(), differs == 0);
        drop(dialled);
        assert!(began.elapsed() < Duration::from_secs(60), "the close waited");
    }
}

#[tokio::test]
async fn what_is_no_connected_tcp_socket_is_refused() {
    let (listener, _stream, port) = connection();
    let (unix, _other) = UnixStream::pair().expect("a pair");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a UDP socket");
    udp.connect(("127.0.0.1", port)).expect("connected to the very port");
    let idle = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None)
        .expect("a TCP socket that is not connected");
    let file: OwnedFd = std::fs::File::open("/dev/null").expect("a file").into();
    const NOT_TCP: &str = "not a connected TCP socket";
    refused("a unix socket", port, vec![unix.into()], NOT_TCP).await;
    refused("a UDP socket", port, vec![udp.into()], NOT_TCP).await;
    refused("a listening socket", port, vec![listener.into()], NOT_TCP).await;
    refused("a socket that is not connected", port, vec![idle], NOT_TCP).await;
    refused("a file", port, vec![file], NOT_TCP).await;
}

#[tokio::test]
async fn what_is_no_connected_udp_socket_is_refused_and_so_is_one_that_leads_elsewhere() {
    let (_listener, tcp, port) = connection();
    let idle = UdpSocket::bind("127.0.0.1:0").expect("a UDP socket");
    let elsewhere = UdpSocket::bind("127.0.0.1:0").expect("a UDP socket");
    elsewhere.connect(("127.0.0.1", port ^ 1)).expect("connected");
    for (passed, words) in [
        (OwnedFd::from(tcp), "not a connected UDP socket"),
        (idle.into(), "not a connected UDP socket"),
        (elsewhere.into(), "leads elsewhere"),
    ] {
        match dial_udp(port, vec![passed]).await.0 {
            Err(ClientError::Garbage(said)) => assert!(said.contains(words), "{said}"),
            other => panic!("{words}: {other:?}"),
        }
    }
}

/// Such a socket is ready for ever and never has anything.
#[tokio::test]
async fn a_udp_socket_that_the_node_shuts_down_is_an_end_and_no_endless_work() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a UDP socket");
    socket.connect("127.0.0.1:9").expect("connected");
    let copy = socket.try_clone().expect("a copy");
    let (dialled, _node) = dial_udp(9, vec![socket.into()]).await;
    let mut datagrams = dialled.expect("it leads there");
    rustix::net::shutdown(&copy, rustix::net::Shutdown::Read).expect("it is connected");
    let ended = tokio::time::timeout(Duration::from_secs(10), datagrams.read(&mut [0; 8])).await.expect("in time");
    assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
}

#[tokio::test]
async fn a_connection_to_somewhere_else_is_refused() {
    const ELSEWHERE: &str = "leads elsewhere";
    let (_listener, stream, port) = connection();
    refused("another port", port ^ 1, vec![stream.into()], ELSEWHERE).await;
    let Some(ip) = own_address() else { return };
    let listener = TcpListener::bind((ip, 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let stream = TcpStream::connect((ip, port)).expect("connected");
    refused("the asked port, not on loopback", port, vec![stream.into()], ELSEWHERE).await;
}

#[tokio::test]
async fn no_socket_and_too_many_are_refused() {
    let (_listener, stream, port) = connection();
    let clone = || OwnedFd::from(stream.try_clone().expect("a copy"));
    refused("no socket", port, Vec::new(), "carries no socket").await;
    refused("two sockets", port, vec![clone(), clone()], "more than one").await;
    refused("eight sockets", port, (0..8).map(|_| clone()).collect(), "more than one").await;
}

#[tokio::test]
async fn a_reply_that_is_cut_off_is_refused() {
    let (_listener, stream, port) = connection();
    for bytes in [1, 4, DONE.len() - 1] {
        let passed = vec![stream.try_clone().expect("a copy").into()];
        match dial(port, passed, bytes).await {
            Err(ClientError::Garbage(said)) => assert!(said.contains("ended in the middle"), "{said}"),
            other => panic!("{bytes} bytes: {other:?}"),
        }
    }
}

/// An address of this machine that is not loopback. Nothing is sent to find it.
fn own_address() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    match socket.local_addr().ok()?.ip() {
        std::net::IpAddr::V4(ip) if !ip.is_loopback() => Some(ip),
        _ => None,
    }
}
