//! Clients that do not behave.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::common::{
    client::Client,
    daemon::{Daemon, Options},
};

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

/// Every address of 127.0.0.0/8 is this machine's: each test client can come from one of its own.
async fn connect_from(source: [u8; 4], daemon: &Daemon) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from((source, 0))).expect("an address of this machine");
    socket.connect(daemon.address()).await.expect("it is accepted")
}

async fn is_served(connection: &mut TcpStream) -> bool {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = Vec::new();
    connection.write_all(request).await.is_ok()
        && connection.read_to_end(&mut answer).await.is_ok()
        && answer.starts_with(b"HTTP/1.1 200")
}

/// Served, and still open.
async fn is_answered(connection: &mut TcpStream) -> bool {
    let mut answer = Vec::new();
    if connection.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.is_err() {
        return false;
    }
    while !answer.ends_with(b"ok\n") {
        match connection.read_buf(&mut answer).await {
            Ok(read) if read > 0 => {}
            _ => return false,
        }
    }
    answer.starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn whoever_takes_all_connections_gives_way_to_whoever_has_fewer() {
    let daemon =
        Options::default().with("server-max-connections", 16).with("server-header-timeout", "60s").start().await;
    let mut greedy = Vec::new();
    for _ in 0..32 {
        greedy.push(connect_from([127, 0, 0, 9], &daemon).await);
    }
    let mut others = Vec::new();
    for number in 0..6 {
        let mut other = connect_from([127, 0, 0, 10], &daemon).await;
        assert!(is_answered(&mut other).await, "there is a place for number {number} of another address");
        others.push(other);
    }
    let mut oldest = greedy.remove(0);
    let ended = tokio::time::timeout(Duration::from_secs(5), oldest.read(&mut [0; 1])).await.expect("it was ended");
    assert!(ended.is_err() || ended.is_ok_and(|read| read == 0));
    let mut served = 0;
    for connection in &mut greedy {
        served += u32::from(is_served(connection).await);
    }
    // The client that has waited for the daemon's start may have had one of the places for a moment.
    assert!((8..=10).contains(&served), "{served} of 32 have a place besides the others' 6 of 16");
}

/// Behind a proxy all come from one address; what counts is what each has under way.
#[tokio::test]
async fn one_client_behind_a_proxy_takes_only_its_share() {
    let daemon = Options::default()
        .with("server-trusted-proxies", "127.0.0.0/8")
        .with("server-max-connections-per-address", 2)
        .start()
        .await;
    let admin = daemon.admin();
    let feed = |client: &'static str| {
        admin.request(reqwest::Method::GET, "/api/v1/events").header("x-forwarded-for", client).send()
    };
    let held = [feed("198.51.100.1").await.expect("a feed"), feed("198.51.100.1").await.expect("a feed")];
    assert_eq!(feed("198.51.100.1").await.expect("an answer").status().as_u16(), 429);
    assert_eq!(feed("198.51.100.2").await.expect("a feed").status().as_u16(), 200, "another client");
    drop(held);
    eventually("its share is free again", Duration::from_secs(10), || async {
        feed("198.51.100.1").await.expect("an answer").status().as_u16() == 200
    })
    .await;
}

#[tokio::test]
async fn one_user_has_as_many_streams_as_their_group_may() {
    let daemon = Options::default().with("limits-groups", "course: streams=2").with("limits-streams", 3).start().await;
    daemon.add_user("ada");
    let (admin, ada) = (daemon.admin(), daemon.client_of("ada"));
    let group = reqwest::Method::PATCH;
    let changed = admin.request(group, "/api/v1/admin/users/ada").json(&serde_json::json!({"group": "course"}));
    assert_eq!(changed.send().await.expect("an answer").status().as_u16(), 200);
    let feed = |client: &Client| client.request(reqwest::Method::GET, "/api/v1/events").send();
    let held = [feed(&ada).await.expect("a feed"), feed(&ada).await.expect("a feed")];
    ada.get("/api/v1/events").await.problem(429, "too_many_streams");
    ada.get("/api/v1/vclusters").await.ok(200);
    assert_eq!(feed(&admin).await.expect("a feed").status().as_u16(), 200, "somebody else");
    drop(held);
    eventually("there is room again", Duration::from_secs(10), || async {
        feed(&ada).await.expect("an answer").status().as_u16() == 200
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let daemon = Daemon::start_usual().await;
    let request = daemon.anonymous().request(reqwest::Method::GET, "/healthz").header("x-large", "x".repeat(100_000));
    assert_eq!(request.send().await.expect("an answer").status().as_u16(), 431);
}

/// An app may have set them; a person could not get rid of them by anything the console shows.
#[tokio::test]
async fn a_browser_with_too_many_cookies_is_told_to_take_them_away() {
    let daemon = Daemon::start_usual().await;
    let get = |name: &'static str, value: String| {
        daemon.anonymous().request(reqwest::Method::GET, "/").header(name, value).send()
    };
    let bomb = (0..30).map(|n| format!("bomb-{n}={}", "x".repeat(4000))).collect::<Vec<_>>().join("; ");
    let answer = get("cookie", bomb).await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 431);
    assert_eq!(answer.headers()["clear-site-data"], "\"cookies\"");
    let page = answer.text().await.expect("a page");
    assert!(page.contains("sign in") && page.contains("melde dich an"), "{page}");
    let other = get("x-large", "x".repeat(100_000)).await.expect("an answer");
    assert!(!other.headers().contains_key("clear-site-data"), "no page elsewhere can sign anybody out");
}
