//! A node's ports as WebSockets: what is refused, that each direction ends on its own, and what ends all of it.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::{connect_async, tungstenite::Message};
use wire::port::MAX_MESSAGE;

use crate::{
    common::{
        PROMPTLY,
        client::Client,
        daemon::{Daemon, Options},
        port::{Port, path, request},
        process::resident,
        stream::refused,
    },
    vcluster_lifecycle::settled,
};

/// Reads to the end, then says how much that was.
const COUNTS: &str = "
import socket
server = socket.create_server(('127.0.0.1', 9000))
while True:
    peer, _ = server.accept()
    count = 0
    while data := peer.recv(65536):
        count += len(data)
    peer.sendall(str(count).encode())
    peer.close()
";
/// Says what the one before has sent, and no more; then reads to the end.
const SPEAKS_FIRST: &str = "
import socket
server = socket.create_server(('127.0.0.1', 9000))
before = b'nothing'
while True:
    peer, _ = server.accept()
    peer.sendall(b'before: ' + before)
    peer.shutdown(socket.SHUT_WR)
    before = b''
    while data := peer.recv(65536):
        before += data
    peer.close()
";
const FLOODS: &str = "
import socket
server = socket.create_server(('127.0.0.1', 9000))
while True:
    peer, _ = server.accept()
    try:
        while True:
            peer.sendall(b'x' * 65536)
    except OSError:
        pass
";
/// Accepts, and reads nothing.
const READS_NOTHING: &str = "
import socket, time
server = socket.create_server(('127.0.0.1', 9000))
peer, _ = server.accept()
time.sleep(1000)
";

/// A daemon with one node, in which this server is started; the address of its port.
async fn with_server(script: &str) -> (Daemon, Client, String) {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let terminals = format!("/api/v1/vclusters/{id}/nodes/node-0/terminals");
    client.post(&terminals, &json!({"command": ["python3", "-c", script]})).await.ok(201);
    (daemon, client, path(&id, "9000"))
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_an_ordinary_problem() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (client, ada) = (daemon.admin(), daemon.client_of("ada"));
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let ssh = path(&id, "22");
    let problem = async |client: &Client, path: &str| {
        let (status, body) = refused(request(client, path)).await;
        let body: serde_json::Value = serde_json::from_str(&body).expect("a problem");
        (status, body["code"].as_str().expect("a code").to_owned(), body["detail"].as_str().expect("text").to_owned())
    };
    let (status, code, detail) = problem(&client, &path(&id, "9")).await;
    assert_eq!((status, code.as_str()), (503, "port_closed"));
    assert_eq!(detail, "Nothing listens on port 9 of the node.");
    for none in ["0", "65536", "-1", "ssh"] {
        assert_eq!(problem(&client, &path(&id, none)).await.0, 404, "{none}");
    }
    let (status, _, detail) = problem(&ada, &ssh).await;
    assert_eq!((status, detail.as_str()), (404, "There is no such vcluster."), "as what does not exist");
    assert_eq!(problem(&daemon.anonymous(), &ssh).await.0, 401);
    let mut other = request(&client, &ssh);
    other.headers_mut().insert("sec-websocket-protocol", "docklet.terminal.v1".parse().expect("a header"));
    let (status, body) = refused(other).await;
    assert!(status == 400 && body.contains("docklet.port.v1"), "{status} {body}");
    client.get(&ssh).await.problem(400, "malformed");
    client.act(&id, "stop").await.ok(202);
    settled(&client, &id, "stopped").await;
    let (status, code, _) = problem(&client, &ssh).await;
    assert_eq!((status, code.as_str()), (409, "node_not_running"));
}

#[tokio::test]
async fn the_nodes_ssh_server_is_one_of_its_ports() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let mut ssh = Port::connect(&client, &path(&id, "22")).await;
    ssh.until("SSH-2.0-").await;
    ssh.send(b"no ssh at all\r\n").await;
    ssh.until_end().await;
    ssh.say_end().await;
    let closed = ssh.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1000, "{}", ssh.text());
}

#[tokio::test]
async fn a_client_that_has_said_its_last_word_is_still_answered() {
    let (_daemon, client, path) = with_server(COUNTS).await;
    for size in [0, 1, 5_000_000] {
        let mut port = Port::connect(&client, &path).await;
        for chunk in vec![b'x'; size].chunks(MAX_MESSAGE) {
            port.send(chunk).await;
        }
        port.say_end().await;
        let closed = port.until_closed().await.expect("a close frame");
        assert_eq!((u16::from(closed.code), port.text(), port.ended), (1000, size.to_string(), true));
    }
}

#[tokio::test]
async fn a_node_that_has_said_its_last_word_is_still_sent_to() {
    let (_daemon, client, path) = with_server(SPEAKS_FIRST).await;
    let mut port = Port::connect(&client, &path).await;
    port.until_end().await;
    assert_eq!(port.text(), "before: nothing");
    port.send(b"hello, ").await;
    port.send(b"you").await;
    port.say_end().await;
    let closed = port.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1000);
    let mut next = Port::connect(&client, &path).await;
    next.until_end().await;
    assert_eq!(next.text(), "before: hello, you");
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_cut_off() {
    let (_daemon, client, path) = with_server(COUNTS).await;
    let broken = [
        (vec![Message::Text("GET /".into())], 1002),
        (vec![Message::Binary(vec![].into()), Message::Binary(vec![b'x'].into())], 1002),
        (vec![Message::Binary(vec![b'x'; MAX_MESSAGE + 1].into())], 1009),
    ];
    for (messages, code) in broken {
        let mut port = Port::connect(&client, &path).await;
        for message in messages {
            port.send_raw(message).await;
        }
        let closed = port.until_closed().await;
        assert!(closed.is_some_and(|frame| u16::from(frame.code) == code || port.ended), "{code}");
    }
}

#[tokio::test]
async fn a_client_that_never_reads_costs_little() {
    let (daemon, client, path) = with_server(FLOODS).await;
    let held = Port::connect(&client, &path).await;
    let mut reading = Port::connect(&client, &path).await;
    let before = resident(daemon.pid());
    // Until the kernel takes no more, and nothing moves.
    let (mut last, mut still) = (before, 0);
    let rests = || {
        let now = resident(daemon.pid());
        still = if now == last { still + 1 } else { 0 };
        last = now;
        std::future::ready(still == 50)
    };
    testkit::eventually("dockletd rests", PROMPTLY, rests).await;
    let grown = resident(daemon.pid()).saturating_sub(before);
    assert!(grown < 4096, "dockletd has grown by {grown} KiB");
    drop(held);
    // The server turns to the next one only when it has got rid of the first.
    reading.until("x").await;
}

#[tokio::test]
async fn a_node_that_never_reads_costs_little() {
    let (daemon, client, path) = with_server(READS_NOTHING).await;
    let mut port = Port::connect(&client, &path).await;
    let before = resident(daemon.pid());
    let chunk = vec![b'x'; MAX_MESSAGE];
    let sending = async {
        loop {
            port.send(&chunk).await;
        }
    };
    assert!(tokio::time::timeout(PROMPTLY / 2, sending).await.is_err(), "it is not taken from us without end");
    let grown = resident(daemon.pid()).saturating_sub(before);
    assert!(grown < 4096, "dockletd has grown by {grown} KiB");
}

#[tokio::test]
async fn a_stream_ends_with_the_token_it_was_opened_with_and_with_dockletd() {
    let mut daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let ada = daemon.client_of("ada");
    let id = ada.create("lab", 1).await;
    settled(&ada, &id, "running").await;
    let ssh = path(&id, "22");
    let mut port = Port::connect(&ada, &ssh).await;
    port.until("SSH-2.0-").await;
    let listed = daemon.cli(&["token", "list", "--user", "ada"]);
    let token = listed.split_whitespace().next().expect("the id of the only one");
    daemon.cli(&["token", "revoke", "--user", "ada", token]);
    let revoked = Instant::now();
    let closed = port.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 4401);
    assert!(revoked.elapsed() < PROMPTLY, "{:?}", revoked.elapsed());
    assert_eq!(refused(request(&ada, &ssh)).await.0, 401);

    let mut port = Port::connect(&daemon.client_of("ada"), &ssh).await;
    port.until("SSH-2.0-").await;
    daemon.signal(rustix::process::Signal::TERM);
    let closed = port.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1001);
    assert!(daemon.ended(Duration::from_secs(10)).await.success());
}

#[tokio::test]
async fn a_stream_is_one_of_the_connections_its_user_may_have() {
    let daemon = Options::default().with("limits-streams", 2).start().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let ssh = path(&id, "22");
    let held = [Port::connect(&client, &ssh).await, Port::connect(&client, &ssh).await];
    let (status, body) = refused(request(&client, &ssh)).await;
    assert!(status == 429 && body.contains("too_many_streams"), "{status} {body}");
    drop(held);
    let room = || async { connect_async(request(&client, &ssh)).await.is_ok() };
    testkit::eventually("there is room again", PROMPTLY, room).await;
}
