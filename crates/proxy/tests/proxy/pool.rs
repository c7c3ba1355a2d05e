//! Connections to an app are used again, and a stale one is replaced.

use std::time::Duration;

use proxy::Limits;

use crate::world::{App, Edge, Socket};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET: &str = "GET / HTTP/1.1\r\nHost: abc.localhost\r\n\r\n";

async fn serve_once(upstream: &mut Socket) {
    upstream.head().await;
    upstream.write(OK).await;
}

#[tokio::test]
async fn one_connection_serves_many_requests_of_many_clients() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut clients = [edge.connect().await, edge.connect().await];
    clients[0].write(GET).await;
    let mut upstream = app.accept().await;
    serve_once(&mut upstream).await;
    clients[0].until("ok").await;
    for turn in 0..6 {
        let client = &mut clients[turn % 2];
        client.write(GET).await;
        serve_once(&mut upstream).await;
        client.until("ok").await;
    }
    assert_eq!(edge.dialled(), 1);
}

#[tokio::test]
async fn a_connection_the_app_has_closed_is_replaced() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    for _ in 0..3 {
        client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").await;
        let mut upstream = app.accept().await;
        upstream.until("abc").await;
        upstream.write(OK).await;
        client.until("ok").await;
        drop(upstream);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(edge.dialled(), 3);
}

#[tokio::test]
async fn a_request_that_was_lost_with_a_stale_connection_is_sent_again_if_that_is_harmless() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    client.write(GET).await;
    let mut stale = app.accept().await;
    serve_once(&mut stale).await;
    client.until("ok").await;
    client.write(GET).await;
    // The app closes just as the request arrives.
    stale.head().await;
    drop(stale);
    let mut fresh = app.accept().await;
    serve_once(&mut fresh).await;
    assert!(client.until("ok").await.starts_with("HTTP/1.1 200"));
    // The same with a body: it may have been acted upon.
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc").await;
    fresh.until("abc").await;
    drop(fresh);
    assert!(client.until("Closed").await.starts_with("HTTP/1.1 502"));
    assert_eq!(edge.dialled(), 2);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_after_a_while() {
    let mut app = App::start().await;
    let edge = Edge::with_limits(&app, Limits { pool_idle: Duration::from_millis(100), ..Limits::default() }).await;
    let mut client = edge.connect().await;
    client.write(GET).await;
    let mut upstream = app.accept().await;
    serve_once(&mut upstream).await;
    client.until("ok").await;
    assert_eq!(upstream.rest().await, "", "closed by the proxy");
}

#[tokio::test]
async fn an_answer_that_says_close_ends_its_connection() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    for _ in 0..2 {
        client.write(GET).await;
        let mut upstream = app.accept().await;
        upstream.head().await;
        upstream.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await;
        let head = client.until("ok").await;
        assert!(!head.contains("close"), "the client's connection is another one: {head}");
    }
}

#[tokio::test]
async fn what_is_left_of_an_answer_never_becomes_part_of_the_next() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    client.write(GET).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write(&format!("{OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")).await;
    client.until("ok").await;
    client.write(GET).await;
    let mut fresh = app.accept().await;
    serve_once(&mut fresh).await;
    let answer = client.until("ok").await;
    assert!(!answer.contains("evil"), "{answer}");
}
