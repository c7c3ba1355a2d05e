//! WebSockets and whatever else a connection becomes.

use futures::{SinkExt, StreamExt};
use tokio_tungstenite::{
    WebSocketStream, accept_async, client_async,
    tungstenite::{Message, protocol::Role},
};

use crate::world::{App, Edge, Socket, within};

const UPGRADE: &str = "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: raw";

async fn tunnel(app: &mut App, edge: &Edge) -> (Socket, Socket) {
    let mut client = edge.ask(UPGRADE).await;
    let mut upstream = app.accept().await;
    let head = upstream.head().await;
    assert!(head.contains("connection: upgrade\r\n") && head.contains("upgrade: raw\r\n"), "{head}");
    upstream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nfirst").await;
    let head = client.until("first").await;
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("upgrade: raw\r\n"), "{head}");
    (client, upstream)
}

#[tokio::test]
async fn a_websocket_speaks_through_the_proxy() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let serving = tokio::spawn(async move {
        let mut socket = accept_async(app.accept().await.0).await.expect("a handshake");
        while let Some(Ok(message)) = socket.next().await {
            if message.is_binary() {
                socket.send(message).await.expect("it is read");
            }
        }
    });
    let url = format!("ws://{}/api/kernels", edge.address);
    let (mut socket, _) = within(client_async(url, edge.connect().await.0)).await.expect("a handshake");
    for length in [0, 1, 125, 65_536, 3_000_000] {
        let message = Message::binary(vec![u8::try_from(length % 251).expect("small"); length]);
        socket.send(message.clone()).await.expect("it is taken");
        assert_eq!(within(socket.next()).await.expect("an echo").expect("an echo"), message);
    }
    socket.close(None).await.expect("it closes");
    within(serving).await.expect("the app saw the end");
}

#[tokio::test]
async fn bytes_of_an_upgraded_connection_are_nobodys_business() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let (mut client, mut upstream) = tunnel(&mut app, &edge).await;
    let bytes = b"\0\n\r GET / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\n";
    client.write_bytes(bytes).await;
    assert_eq!(upstream.exactly(bytes.len()).await, bytes);
    upstream.write_bytes(bytes).await;
    assert_eq!(client.exactly(bytes.len()).await, bytes);
}

#[tokio::test]
async fn when_one_side_ends_both_are_closed() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let (mut client, mut upstream) = tunnel(&mut app, &edge).await;
    upstream.write("last words").await;
    drop(upstream);
    assert_eq!(client.rest().await, "last words");
    let (mut client, mut upstream) = tunnel(&mut app, &edge).await;
    client.write("last words").await;
    drop(client);
    assert_eq!(upstream.rest().await, "last words");
}

#[tokio::test]
async fn a_revoked_tunnel_ends_on_both_sides_at_once() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let (mut client, mut upstream) = tunnel(&mut app, &edge).await;
    edge.revoked.cancel();
    assert_eq!((client.rest().await.as_str(), upstream.rest().await.as_str()), ("", ""));
}

#[tokio::test]
async fn a_side_that_does_not_read_stops_the_other() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let (mut client, mut upstream) = tunnel(&mut app, &edge).await;
    const LENGTH: usize = 48 * 1024 * 1024;
    let writing = tokio::spawn(async move {
        client.write_bytes(&vec![7; LENGTH]).await;
        client
    });
    // Meanwhile the other direction is free.
    upstream.write("still here").await;
    let received = upstream.exactly(LENGTH).await;
    assert!(received.iter().all(|byte| *byte == 7));
    let mut client = within(writing).await.expect("all was taken");
    client.until("still here").await;
}

#[tokio::test]
async fn an_upgrade_the_app_refuses_is_an_answer_and_the_connection_goes_on() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask(UPGRADE).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await;
    assert!(client.until("\r\n\r\nno").await.starts_with("HTTP/1.1 403"));
    client.write("GET /next HTTP/1.1\r\nHost: abc.localhost\r\n\r\n").await;
    assert!(upstream.head().await.starts_with("GET /next "));
}

#[tokio::test]
async fn an_app_that_closes_during_the_handshake_leaves_no_open_side() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask(UPGRADE).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    drop(upstream);
    assert!(client.until("Head: Closed").await.starts_with("HTTP/1.1 502"));
}

#[tokio::test]
async fn a_thousand_tabs_that_try_a_stopped_app_again_leave_nothing_behind() {
    let app = App::start().await;
    let port = app.port;
    drop(app);
    tokio::task::yield_now().await;
    let edge = Edge::with(port, proxy::Limits::default(), true).await;
    let mut tabs = Vec::new();
    for _ in 0..200 {
        tabs.push(edge.connect().await);
    }
    for _ in 0..5 {
        for tab in &mut tabs {
            tab.write(&format!("{UPGRADE}\r\nHost: abc.localhost\r\n\r\n")).await;
        }
        for tab in &mut tabs {
            // Refused on the connection it came on, which can be used again: no new ports are spent.
            assert!(tab.until("PortClosed").await.starts_with("HTTP/1.1 502"));
            tab.until("))").await;
        }
    }
}

#[tokio::test]
async fn frames_sent_with_the_handshake_are_not_lost() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    // Some clients send before they have heard.
    client.write(&format!("{UPGRADE}\r\nHost: abc.localhost\r\n\r\nearly")).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n").await;
    upstream.until("early").await;
    drop(WebSocketStream::from_raw_socket(client.0, Role::Client, None).await);
}
