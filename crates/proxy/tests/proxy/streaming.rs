//! Bodies pass as they come, in both directions, at the pace of the slower side.

use std::time::Duration;

use proxy::Limits;

use crate::world::{App, Edge, Socket, within};

const MEGABYTE: usize = 1024 * 1024;
/// More than all buffers on the way hold together.
const LARGE: usize = 64 * MEGABYTE;

#[tokio::test]
async fn a_large_upload_and_a_large_download_pass_whole() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.connect().await;
    client.write(&format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n")).await;
    let app = tokio::spawn(async move {
        let mut upstream = app.accept().await;
        assert!(upstream.head().await.contains(&format!("content-length: {LARGE}\r\n")));
        for number in 0..LARGE / MEGABYTE {
            let piece = upstream.exactly(MEGABYTE).await;
            assert!(piece.iter().all(|byte| usize::from(*byte) == number), "piece {number}");
        }
        upstream.write(&format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n")).await;
        for number in 0..LARGE / MEGABYTE {
            upstream.write_bytes(&vec![u8::try_from(number).expect("small"); MEGABYTE]).await;
        }
    });
    for number in 0..LARGE / MEGABYTE {
        client.write_bytes(&vec![u8::try_from(number).expect("small"); MEGABYTE]).await;
    }
    client.head().await;
    for number in 0..LARGE / MEGABYTE {
        assert!(client.exactly(MEGABYTE).await.iter().all(|byte| usize::from(*byte) == number), "piece {number}");
    }
    within(app).await.expect("the app got it all");
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_app() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("GET / HTTP/1.1").await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write(&format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n")).await;
    let (mut taken, piece) = (0, vec![7; MEGABYTE]);
    // Until nothing is taken any more: kernels' buffers, and little of ours.
    while let Ok(written) =
        tokio::time::timeout(Duration::from_millis(500), tokio::io::AsyncWriteExt::write(&mut upstream.0, &piece)).await
    {
        taken += written.expect("a living connection");
        assert!(taken < LARGE / 2, "it is buffered without end");
    }
    client.head().await;
    let reading = tokio::spawn(async move { client.exactly(LARGE).await.len() });
    while taken < LARGE {
        let rest = (LARGE - taken).min(MEGABYTE);
        upstream.write_bytes(&piece[..rest]).await;
        taken += rest;
    }
    assert_eq!(within(reading).await.expect("all of it"), LARGE);
}

#[tokio::test]
async fn an_event_is_there_before_the_next_one_is_sent() {
    let mut app = App::start().await;
    let limits = Limits { idle: Duration::from_millis(50), ..Limits::default() };
    let edge = Edge::with_limits(&app, limits).await;
    let mut client = edge.ask("GET /events HTTP/1.1").await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n").await;
    client.head().await;
    for number in 0..3 {
        upstream.write(&format!("data: {number}\n\n")).await;
        client.until(&format!("data: {number}\n\n")).await;
        // Longer than any other body may be silent.
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    edge.revoked.cancel();
    client.rest().await;
    assert_eq!(upstream.rest().await, "", "and a revoked one ends");
}

/// The app is always ahead of its reader, so nothing is ever waited for.
#[tokio::test]
async fn a_download_without_a_pause_ends_with_its_permission() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("GET / HTTP/1.1").await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\n\r\n").await;
    let writing = tokio::spawn(async move {
        let piece = vec![7; MEGABYTE];
        while tokio::io::AsyncWriteExt::write_all(&mut upstream.0, &piece).await.is_ok() {}
    });
    client.head().await;
    for _ in 0..8 {
        client.exactly(MEGABYTE).await;
    }
    edge.revoked.cancel();
    client.rest().await;
    within(writing).await.expect("the app sees the end");
}

#[tokio::test]
async fn both_directions_may_stream_at_once_in_chunks() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked").await;
    let mut upstream = app.accept().await;
    assert!(upstream.head().await.contains("transfer-encoding: chunked\r\n"));
    upstream.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    client.head().await;
    for word in ["one", "two", "six"] {
        client.write(&format!("3\r\n{word}\r\n")).await;
        upstream.until(&format!("3\r\n{word}\r\n")).await;
        upstream.write(&format!("3\r\n{word}\r\n")).await;
        client.until(&format!("3\r\n{word}\r\n")).await;
    }
    client.write("0\r\n\r\n").await;
    upstream.until("0\r\n\r\n").await;
    upstream.write("0\r\n\r\n").await;
    client.until("0\r\n\r\n").await;
}

#[tokio::test]
async fn trailers_pass_both_ways() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nTE: trailers\r\nConnection: TE";
    let mut client = edge.ask(head).await;
    client.write("3\r\nabc\r\n0\r\nX-Sum: up\r\n\r\n").await;
    let mut upstream = app.accept().await;
    assert!(upstream.until("x-sum: up\r\n\r\n").await.contains("te: trailers\r\n"));
    upstream.write("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: down\r\n\r\n").await;
    client.until("x-sum: down\r\n\r\n").await;
}

#[tokio::test]
async fn a_client_that_waits_for_leave_to_send_gets_it_when_the_app_is_there() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("PUT / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue").await;
    assert!(client.head().await.starts_with("HTTP/1.1 100 Continue"));
    client.write("hello").await;
    let mut upstream = app.accept().await;
    assert!(!upstream.until("hello").await.contains("expect"));
    upstream.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").await;
    assert!(client.head().await.starts_with("HTTP/1.1 201 Created"));
}

#[tokio::test]
async fn an_answer_without_a_body_keeps_its_length() {
    for (method, status) in [("HEAD", "200 OK"), ("GET", "304 Not Modified")] {
        let mut app = App::start().await;
        let edge = Edge::start(&app).await;
        let mut client = edge.ask(&format!("{method} / HTTP/1.1")).await;
        let mut upstream = app.accept().await;
        for _ in 0..2 {
            assert!(upstream.head().await.starts_with(method));
            upstream.write(&format!("HTTP/1.1 {status}\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n")).await;
            let head = client.head().await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
            assert!(head.contains("content-length: 1234\r\n") || status.starts_with("304"), "{head}");
            client.write(&format!("{method} / HTTP/1.1\r\nHost: abc.localhost\r\n\r\n")).await;
        }
        assert_eq!(edge.dialled(), 1, "on the same connection");
    }
}

#[tokio::test]
async fn an_early_answer_arrives_while_the_upload_goes_on() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("PUT / HTTP/1.1\r\nContent-Length: 100000000").await;
    client.write_bytes(&vec![0; MEGABYTE]).await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 6\r\n\r\nno way").await;
    assert!(client.until("no way").await.starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn an_upload_that_breaks_off_or_stalls_is_not_the_apps_fault() {
    let mut app = App::start().await;
    let edge = Edge::with_limits(&app, Limits { head: Duration::from_millis(200), ..Limits::default() }).await;
    let mut client = edge.ask("PUT / HTTP/1.1\r\nContent-Length: 10").await;
    client.write("half").await;
    let mut upstream: Socket = app.accept().await;
    upstream.until("half").await;
    client.until("Send: Upload(").await;
    let mut client = edge.ask("PUT / HTTP/1.1\r\nContent-Length: 10").await;
    client.write("half").await;
    let mut upstream = app.accept().await;
    upstream.until("half").await;
    drop(client);
    assert_eq!(upstream.rest().await, "", "closed, not completed");
}

#[tokio::test]
async fn the_upload_ends_when_the_client_leaves_a_download() {
    let mut app = App::start().await;
    let edge = Edge::start(&app).await;
    let mut client = edge.ask("GET / HTTP/1.1").await;
    let mut upstream = app.accept().await;
    upstream.head().await;
    upstream.write("HTTP/1.1 200 OK\r\n\r\nfirst").await;
    client.until("first").await;
    drop(client);
    assert_eq!(upstream.rest().await, "");
}
