//! What lasts: large bodies, WebSockets and event streams, and how soon they end when their visitor may not stay.

use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::json;
use testkit::eventually;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::common::{
    PROMPTLY,
    app::{self, App, with_app},
    browser::Browser,
    client::send,
    daemon::Daemon,
    process::resident,
    stream::PATIENCE,
};

const GIGABYTE: usize = 1 << 30;
const BLOCK: usize = 1 << 20;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn inside(daemon: &Daemon, app: &App) -> Browser {
    let browser = Browser::signed_in(daemon, "admin", &daemon.admin_password()).await;
    assert_eq!(browser.open(&app.at("/")).await.1.status, 200);
    browser
}

async fn socket(browser: &Browser, app: &App) -> Socket {
    let (mut socket, _) =
        connect_async(browser.websocket(&app.at("/websocket"), &app.url)).await.expect("the upgrade is answered");
    socket.send(Message::Text("hello".into())).await.expect("it is sent");
    assert_eq!(socket.next().await.expect("an answer").expect("a message"), Message::Text("hello".into()));
    socket
}

/// How long it took until the other side had closed.
async fn ended(mut socket: Socket, since: Instant) -> Duration {
    let end =
        tokio::time::timeout(PATIENCE, async { while socket.next().await.is_some_and(|message| message.is_ok()) {} });
    end.await.expect("the connection ends");
    since.elapsed()
}

/// What was decided a moment ago is remembered for less than a second.
async fn closed(browser: &Browser, app: &App) {
    let door = || async { browser.fetch(&app.at("/")).await.status == 401 };
    eventually("the door is closed", PROMPTLY, door).await;
    assert_eq!(browser.fetch(&app.at("/")).await.code(), "not_signed_in");
}

#[tokio::test]
async fn signing_out_ends_what_is_open_and_closes_the_door() {
    let (daemon, _client, app) = with_app().await;
    let (browser, other) = (inside(&daemon, &app).await, inside(&daemon, &app).await);
    let (open, of_other) = (socket(&browser, &app).await, socket(&other, &app).await);
    let mut stream = browser.request(Method::GET, &app.at("/endless")).send().await.expect("a stream");
    stream.chunk().await.expect("it goes on").expect("bytes");
    browser.sign_out(&daemon).await;
    let out = Instant::now();
    let took = ended(open, out).await;
    assert!(took < PROMPTLY, "{took:?}");
    let rest =
        tokio::time::timeout(PROMPTLY, async { while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {} });
    rest.await.expect("the event stream ends, too");
    assert!(out.elapsed() < PROMPTLY, "{:?}", out.elapsed());
    closed(&browser, &app).await;
    // The other session goes on.
    let mut of_other = of_other;
    of_other.send(Message::Text("still".into())).await.expect("it is sent");
    assert_eq!(of_other.next().await.expect("an answer").expect("a message"), Message::Text("still".into()));
}

#[tokio::test]
async fn whoever_is_locked_or_has_the_app_switched_off_is_out() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let client = daemon.client_of("ada");
    let id = app::vcluster(&client, "lab").await;
    let app = app::listening(&client, &id, app::PORT).await;
    let browser = Browser::signed_in(&daemon, "ada", &password).await;
    browser.open(&app.at("/")).await.1.ok(200);
    let open = socket(&browser, &app).await;
    let path = format!("/api/v1/vclusters/{}/apps/{}", app.vcluster, app.id);
    send(client.request(Method::PATCH, &path).json(&json!({"enabled": false}))).await.ok(200);
    let took = ended(open, Instant::now()).await;
    assert!(took < PROMPTLY, "switched off: {took:?}");
    send(client.request(Method::PATCH, &path).json(&json!({"enabled": true}))).await.ok(200);
    eventually("it is open again", PATIENCE, || async { browser.open(&app.at("/")).await.1.status == 200 }).await;
    let open = socket(&browser, &app).await;
    daemon.cli(&["user", "lock", "ada"]);
    let took = ended(open, Instant::now()).await;
    assert!(took < PROMPTLY, "locked: {took:?}");
    closed(&browser, &app).await;
}

#[tokio::test]
async fn deleting_the_vcluster_ends_its_apps() {
    let (daemon, client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    let open = socket(&browser, &app).await;
    client.delete(&format!("/api/v1/vclusters/{}", app.vcluster)).await.ok(202);
    let took = ended(open, Instant::now()).await;
    assert!(took < PROMPTLY, "{took:?}");
}

#[tokio::test]
async fn a_gigabyte_comes_down_in_bounded_memory() {
    let (daemon, _client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    let before = resident(daemon.pid());
    let url = app.at(&format!("/download?bytes={GIGABYTE}"));
    let mut down = browser.request(Method::GET, &url).send().await.expect("an answer");
    let (mut got, mut most) = (0, before);
    while let Some(chunk) = down.chunk().await.expect("it goes on") {
        // Looked at now and then, and in the middle above all.
        if got / (64 * BLOCK) != (got + chunk.len()) / (64 * BLOCK) {
            most = most.max(resident(daemon.pid()));
        }
        got += chunk.len();
    }
    assert_eq!(got, GIGABYTE);
    assert!(most - before < 32 * 1024, "dockletd has grown by {} KiB", most - before);
}

#[tokio::test]
async fn a_gigabyte_goes_up_in_bounded_memory() {
    let (daemon, _client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    let (before, pid) = (resident(daemon.pid()), daemon.pid());
    let most = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(before));
    let (seen, block) = (most.clone(), bytes::Bytes::from(vec![b'x'; BLOCK]));
    let blocks = futures::stream::iter(0..GIGABYTE / BLOCK).map(move |at| {
        if at % 64 == 0 {
            seen.fetch_max(resident(pid), std::sync::atomic::Ordering::Relaxed);
        }
        Ok::<_, std::io::Error>(block.clone())
    });
    let up = browser.request(Method::POST, &app.at("/upload")).header("origin", &app.url);
    let up = up.header("content-length", GIGABYTE).body(reqwest::Body::wrap_stream(blocks));
    assert_eq!(browser.send(&app.at("/upload"), up).await.ok(200).text, GIGABYTE.to_string());
    let grown = most.load(std::sync::atomic::Ordering::Relaxed) - before;
    assert!(grown < 32 * 1024, "dockletd has grown by {grown} KiB");
}
