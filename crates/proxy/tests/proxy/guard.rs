//! What hyper alone would let through, and what the guard does about it, byte by byte.

use proxy::Limits;

use crate::world::{App, Edge, Socket, within};

/// Heads that hyper accepts (`true`) or refuses by itself, and none of which may reach an app.
const SMUGGLING: &[(&str, bool)] = &[
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", false),
    ("GET / HTTP/1.1\nHost: a\n\n", true),
    ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", true),
    ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", false),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", false),
    ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ("GET / HTTP/1.1\r\n\r\n", true),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", true),
];

#[tokio::test]
async fn a_request_with_two_meanings_reaches_no_app_and_is_answered_400() {
    for (head, hyper_accepts) in SMUGGLING {
        let mut app = App::start().await;
        let edge = Edge::start(&app).await;
        let mut client = edge.connect().await;
        client.write(head).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head:?}: {answer}");
        assert!(!answer.ends_with("\r\n\r\n"), "a reason is given: {head:?}");
        assert!(app.has_no_connection(), "{head:?}");
        // Why there is a guard at all: without it, the same bytes go on.
        let bare = Edge::with(app.port, Limits::default(), false).await;
        let mut client = bare.connect().await;
        client.write(head).await;
        if *hyper_accepts {
            app.accept().await.head().await;
        } else {
            assert!(client.head().await.starts_with("HTTP/1.1 400"), "{head:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_is_answered_behind_the_good_ones_before_it() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    let good = "POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    client.write(&format!("{good}GET /two HTTP/1.1\nHost: a\n\nGET /three HTTP/1.1\r\nHost: a\r\n\r\n")).await;
    let mut one = app.accept().await;
    assert!(one.until("abc").await.starts_with("POST /one "));
    one.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine").await;
    let answers = client.rest().await;
    assert!(answers.starts_with("HTTP/1.1 200 OK"), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    assert!(answers.contains("fineHTTP/1.1 400 Bad Request"), "{answers}");
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_one_request() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    let answering = tokio::spawn(async move {
        let mut socket = app.accept().await;
        for _ in 0..2 {
            socket.until("0\r\n\r\n").await;
            socket.write("HTTP/1.1 204 No Content\r\n\r\n").await;
        }
        (socket, app)
    });
    for _ in 0..2 {
        for byte in b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" {
            client.write_bytes(&[*byte]).await;
            tokio::task::yield_now().await;
        }
        assert!(client.head().await.starts_with("HTTP/1.1 204"));
    }
    within(answering).await.expect("two requests");
}

#[tokio::test]
async fn a_body_that_turns_out_malformed_ends_the_connection_and_the_apps() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    client.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").await;
    let mut upstream = app.accept().await;
    upstream.until("abc").await;
    client.write("3\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let seen = upstream.rest().await;
    assert!(!seen.contains("smuggled"), "{seen}");
    client.rest().await;
}

#[tokio::test]
async fn what_is_sent_behind_a_refused_upgrade_is_looked_at_like_anything_else() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket").await;
    client.write("GET /smuggled HTTP/1.1\nHost: a\n\n").await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno").await;
    let answers = client.rest().await;
    assert!(answers.contains("noHTTP/1.1 400 Bad Request"), "{answers}");
    drop::<Socket>(upstream);
    assert!(app.has_no_connection());
}
