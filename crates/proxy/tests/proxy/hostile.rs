//! Apps that misbehave: each has a name for what it did, and nothing hangs.

use std::time::Duration;

use proxy::Limits;

use crate::world::{App, Edge};

const GET: &str = "GET /x HTTP/1.1";

fn short() -> Limits {
    Limits { head: Duration::from_millis(300), idle: Duration::from_millis(300), ..Limits::default() }
}

/// What the client gets when the app sends these bytes and then closes.
async fn answered(bytes: &[u8]) -> String {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask(GET).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    // The proxy may have had enough before the last byte.
    upstream.try_write(bytes).await;
    drop(upstream);
    client.until("\r\n\r\n").await + &client_rest(&mut client).await
}

/// What is there of the body; connections are kept alive after whole answers.
async fn client_rest(client: &mut crate::world::Socket) -> String {
    client.write("GET /end HTTP/1.1\nno host\n\n").await;
    client.rest().await
}

#[tokio::test]
async fn a_megabyte_of_headers_is_an_error_of_its_own() {
    for piece in ["X-A: b\r\n".repeat(130_000), format!("X-A: {}\r\n", "b".repeat(1_000_000))] {
        let head = format!("HTTP/1.1 200 OK\r\n{piece}\r\n");
        let answer = answered(head.as_bytes()).await;
        assert!(answer.contains("Head: HeadTooLarge"), "{answer}");
    }
    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: {}\r\n\r\n", "b".repeat(70_000));
    assert!(answered(large.as_bytes()).await.contains("Head: HeadTooLarge"));
    let fits = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: {}\r\n\r\n", "b".repeat(60_000));
    assert!(answered(fits.as_bytes()).await.starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn an_app_that_never_answers_is_given_up() {
    let mut app = App::start().await;
    let edge = Edge::with_limits(&app, short()).await;
    let mut client = edge.ask(GET).await;
    let mut upstream = app.accept().await;
    assert!(client.until("HeadTimeout").await.starts_with("HTTP/1.1 502"));
    upstream.head().await;
    assert_eq!(upstream.rest().await, "", "the app is told by a closed connection");
}

#[tokio::test]
async fn an_app_that_answers_a_byte_at_a_time_is_waited_for() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask(GET).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" {
        upstream.write_bytes(&[*byte]).await;
        tokio::task::yield_now().await;
    }
    let answer = client.until("0\r\n\r\n").await;
    // Each byte came as a chunk of its own.
    let letters: String = answer.rsplit("\r\n\r\n1\r\n").next().unwrap_or_default().replace("\r\n1\r\n", "");
    assert!(letters.starts_with("hello"), "{answer}");
}

#[tokio::test]
async fn an_app_that_stops_in_the_middle_of_a_body_is_given_up() {
    let mut app = App::start().await;
    let edge = Edge::with_limits(&app, short()).await;
    let mut client = edge.ask(GET).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await;
    client.until("half").await;
    assert_eq!(client.rest().await, "", "the client sees that it is not whole: the connection ends");
}

#[tokio::test]
async fn an_app_that_closes_in_the_middle_of_a_body_breaks_the_download() {
    for head in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let mut app = App::start().await;
        let edge = Edge::start(&app).await;
        let mut client = edge.ask(GET).await;
        let mut upstream = app.accept().await;
        upstream.head().await;
        upstream.write(&format!("HTTP/1.1 200 OK\r\n{head}")).await;
        client.until("half").await;
        drop(upstream);
        let rest = client.rest().await;
        assert!(!rest.contains("0\r\n\r\n"), "no false end: {rest:?}");
    }
}

#[tokio::test]
async fn an_app_that_closes_without_an_answer_or_speaks_something_else_is_told_apart() {
    assert!(answered(b"").await.contains("Head: Closed"));
    assert!(answered(b"HTTP/1.1 200").await.contains("Head: Closed"));
    assert!(answered(b"SSH-2.0-OpenSSH_9.2p1\r\n").await.contains("Head: BadHead"));
    assert!(answered(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").await.contains("Head: BadHead"));
    assert!(answered(b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n").await.contains("Head: BadHead"));
    assert!(answered(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").await.contains("Head: BadHead"));
}

#[tokio::test]
async fn a_port_where_nothing_listens_says_so() {
    let app = App::start().await;
    let port = app.port;
    drop(app);
    tokio::task::yield_now().await;
    let edge = Edge::with(port, Limits::default(), true).await;
    let mut client = edge.ask(GET).await;
    client.until("Dial: Dial(PortClosed(").await;
}

#[tokio::test]
async fn what_an_app_says_of_more_than_its_host_is_confined() {
    let answer = answered(
        b"HTTP/1.1 302 Found\r\nSet-Cookie: docklet_session=evil\r\nSet-Cookie: a=1; Domain=localhost\r\n\
          Location: http://localhost/\r\nClear-Site-Data: \"*\"\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 302 Found"), "{answer}");
    assert!(answer.contains("set-cookie: a=1\r\n"), "{answer}");
    assert!(!answer.contains("evil") && !answer.contains("clear-site-data"), "{answer}");
    let answer = answered(b"HTTP/1.1 302 Found\r\nLocation: javascript:alert(1)\r\nContent-Length: 0\r\n\r\n").await;
    assert!(answer.contains("Redirect(\"javascript\")"), "{answer}");
}

#[tokio::test]
async fn of_two_lengths_the_client_hears_one() {
    let answer =
        answered(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            .await;
    assert!(answer.contains("transfer-encoding: chunked") && !answer.contains("content-length: 3"), "{answer}");
    assert!(answer.contains("5\r\nhello\r\n0\r\n\r\n"), "{answer}");
}
