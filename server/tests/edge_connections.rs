//! Clients that do not behave.

use std::time::{Duration, Instant};

use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::common::daemon::{Daemon, Options};

#[tokio::test]
async fn a_thousand_half_open_connections_do_no_harm() {
    let daemon = Options::default().with("server-header-timeout", "2s").start().await;
    let mut half_open = Vec::new();
    for number in 0..1000 {
        let mut connection = TcpStream::connect(daemon.address()).await.expect("it is accepted");
        // Silent ones, and some that stop in the middle.
        if number % 2 == 0 {
            connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").await.expect("it is taken");
        }
        half_open.push(connection);
    }
    let begun = Instant::now();
    daemon.admin().get("/api/v1/vclusters").await.ok(200);
    assert!(begun.elapsed() < crate::common::PROMPTLY, "{:?}", begun.elapsed());
    for connection in &mut half_open {
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(Duration::from_secs(10), connection.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "the daemon ends a connection that says nothing");
    }
}

#[tokio::test]
async fn no_more_than_the_configured_connections_are_served_and_the_next_ones_wait() {
    let daemon = Options::default().with("server-max-connections", 2).with("server-header-timeout", "3s").start().await;
    let address = daemon.address();
    let held = [TcpStream::connect(address).await, TcpStream::connect(address).await];
    let begun = Instant::now();
    let anonymous = daemon.anonymous();
    eventually("the third is served once one of the two has been ended", Duration::from_secs(10), || async {
        anonymous.get("/healthz").await.status == 200
    })
    .await;
    assert!(begun.elapsed() > Duration::from_millis(500), "it had to wait");
    drop(held);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let daemon = Daemon::start_usual().await;
    let request = daemon.anonymous().request(reqwest::Method::GET, "/healthz").header("x-large", "x".repeat(100_000));
    assert_eq!(request.send().await.expect("an answer").status().as_u16(), 431);
}
