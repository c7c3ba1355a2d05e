//! A node's UDP ports as WebSockets: what is refused, that each datagram is whole and its peer's, and what ends all of it.

use std::time::Instant;

use tokio_tungstenite::tungstenite::Message;
use wire::{port::SUBPROTOCOL as OF_TCP, udp::MAX_DATAGRAM};

use crate::{
    common::{
        PROMPTLY,
        app::vcluster,
        client::Client,
        daemon::{Daemon, Options},
        datagrams::{Datagrams, echo, path, request},
        port,
        stream::{self, refused},
    },
    vcluster_lifecycle::settled,
};

const PORT: u16 = 9000;

/// A daemon with one node, and the id of its vcluster.
async fn with_node() -> (Daemon, Client, String) {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = vcluster(&client, "lab").await;
    (daemon, client, id)
}

#[tokio::test]
async fn a_thousand_datagrams_of_every_size_come_back_as_they_were() {
    let (_daemon, client, id) = with_node().await;
    echo(&client, &id, PORT).await;
    let mut datagrams = Datagrams::connect(&client, &path(&id, PORT)).await;
    datagrams.until_echoed().await;
    for n in 0..1000_u32 {
        let size = [0, 1, 1400, 60_000][n as usize % 4];
        let sent: Vec<u8> = n.to_be_bytes().into_iter().rev().cycle().take(size).collect();
        datagrams.send(&sent).await;
        assert!(datagrams.next().await == sent, "datagram {n}, of {size} bytes");
    }
}

#[tokio::test]
async fn two_peers_do_not_get_each_others_answers() {
    let (_daemon, client, id) = with_node().await;
    echo(&client, &id, PORT).await;
    let mut one = Datagrams::connect(&client, &path(&id, PORT)).await;
    one.until_echoed().await;
    let mut other = Datagrams::connect(&client, &path(&id, PORT)).await;
    for n in 0..100_u8 {
        one.send(&[1, n]).await;
        other.send(&[2, n]).await;
        assert_eq!((&one.next().await[..], &other.next().await[..]), (&[1, n][..], &[2, n][..]));
    }
}

#[tokio::test]
async fn that_nobody_listens_is_no_error_and_who_listens_later_answers() {
    let (_daemon, client, id) = with_node().await;
    let mut datagrams = Datagrams::connect(&client, &path(&id, PORT)).await;
    for _ in 0..10 {
        datagrams.send(b"lost").await;
    }
    echo(&client, &id, PORT).await;
    datagrams.until_echoed().await;
}

#[tokio::test]
async fn what_is_not_the_protocol_is_refused_or_cut_off() {
    let (daemon, client, id) = with_node().await;
    daemon.add_user("ada");
    let path = path(&id, PORT);
    let problem = async |request| {
        let (status, body) = refused(request).await;
        let body: serde_json::Value = serde_json::from_str(&body).expect("a problem");
        (status, body["code"].as_str().expect("a code").to_owned(), body["detail"].as_str().expect("text").to_owned())
    };
    let (status, _, detail) = problem(stream::request(&client, &path, OF_TCP)).await;
    assert!(status == 400 && detail.contains("docklet.udp.v1"), "{status} {detail}");
    let (status, code, _) = problem(request(&client, &path.replace("=udp", "=sctp"))).await;
    assert_eq!((status, code.as_str()), (422, "invalid"));
    let (status, _, detail) = problem(request(&daemon.client_of("ada"), &path)).await;
    assert_eq!((status, detail.as_str()), (404, "There is no such vcluster."), "as what does not exist");
    // Its own name of the usual protocol.
    let tcp = format!("{}?protocol=tcp", port::path(&id, "9"));
    assert_eq!(problem(port::request(&client, &tcp)).await.1, "port_closed");
    for (message, code) in
        [(Message::Text("?".into()), 1002), (Message::Binary(vec![0; MAX_DATAGRAM + 1].into()), 1009)]
    {
        let mut datagrams = Datagrams::connect(&client, &path).await;
        datagrams.send_raw(message).await;
        let closed = datagrams.until_closed().await;
        assert_eq!(closed.map(|frame| u16::from(frame.code)), Some(code));
    }
}

#[tokio::test]
async fn it_is_one_of_the_streams_its_user_may_have_and_ends_with_the_token_and_with_the_node() {
    let daemon = Options::default().with("limits-streams", 1).start().await;
    daemon.add_user("ada");
    let ada = daemon.client_of("ada");
    let id = vcluster(&ada, "lab").await;
    let path = path(&id, PORT);
    let mut datagrams = Datagrams::connect(&ada, &path).await;
    let (status, body) = refused(request(&ada, &path)).await;
    assert!(status == 429 && body.contains("too_many_streams"), "{status} {body}");
    let listed = daemon.cli(&["token", "list", "--user", "ada"]);
    let token = listed.split_whitespace().next().expect("the id of the only one");
    daemon.cli(&["token", "revoke", "--user", "ada", token]);
    let revoked = Instant::now();
    let closed = datagrams.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 4401);
    assert!(revoked.elapsed() < PROMPTLY, "{:?}", revoked.elapsed());

    drop(datagrams);
    let ada = daemon.client_of("ada");
    let mut datagrams = Datagrams::connect(&ada, &path).await;
    ada.act(&id, "stop").await.ok(202);
    let closed = datagrams.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1000);
    settled(&ada, &id, "stopped").await;
}
