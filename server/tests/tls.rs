//! HTTPS: what browsers get, certificates that are renewed while connections go on, clients that do not behave.

use std::time::Duration;

use rustix::process::Signal;
use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::client_async;

use crate::{
    common::{
        authority::Authority,
        client::{http, send},
        daemon::{Daemon, Options, command},
        events::Events,
        terminal::{self, VIEWER, Viewer},
    },
    vcluster_lifecycle::settled,
};

/// Twice as long as the daemon takes to notice a change.
const NOTICED: Duration = Duration::from_secs(10);

async fn secure() -> (Daemon, Authority) {
    let authority = Authority::new();
    authority.put(&authority.issue());
    (Options::default().with_tls(&authority).start().await, authority)
}

/// Sends these bytes over TLS and reads what comes until the other side closes.
async fn raw(authority: &Authority, daemon: &Daemon, request: &str) -> String {
    let mut stream = authority.connect(daemon.address(), "http/1.1").await;
    stream.write_all(request.as_bytes()).await.expect("it is taken");
    read_out(&mut stream).await
}

async fn read_out(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(NOTICED, stream.read_to_end(&mut answer)).await;
    // A server may close without the farewell of TLS once it has answered.
    let _ = ended.expect("the connection ends");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn browsers_get_http2_and_everybody_else_http1() {
    let (daemon, authority) = secure().await;
    let answer = daemon.anonymous().request(reqwest::Method::GET, "/healthz").send().await.expect("an answer");
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    let old = http().add_root_certificate(authority.root()).http1_only().build().expect("a client");
    let answer = old.get(format!("{}/healthz", daemon.url())).send().await.expect("an answer");
    assert_eq!(answer.version(), reqwest::Version::HTTP_11);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=15552000");
}

/// Up to four times what a request may have: what is larger is not read to its end.
#[tokio::test]
async fn a_browser_with_too_many_cookies_is_told_to_take_them_away_over_http2_as_well() {
    let (daemon, _authority) = secure().await;
    let client = daemon.anonymous();
    let get = async |name: &str, values: Vec<String>| {
        let request = client.request(reqwest::Method::GET, "/healthz");
        let request = values.iter().fold(request, |request, value| request.header(name, value));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        answer
    };
    for how_many in [30, 60] {
        let bomb = (0..how_many).map(|n| format!("bomb-{n}={}", "x".repeat(4000))).collect();
        let answer = get("cookie", bomb).await;
        assert_eq!(answer.status().as_u16(), 431, "{how_many}");
        assert_eq!(answer.headers()["clear-site-data"], "\"cookies\"");
        assert!(answer.text().await.expect("a page").contains("melde dich an"));
    }
    let other = get("x-large", vec!["x".repeat(100_000)]).await;
    assert_eq!(other.status().as_u16(), 431);
    assert!(!other.headers().contains_key("clear-site-data"), "no page elsewhere can sign anybody out");
    assert_eq!(get("cookie", vec!["small=1".into()]).await.status().as_u16(), 200);
}

#[tokio::test]
async fn cookies_are_marked_secure_and_forms_work_over_http2() {
    let (daemon, _authority) = secure().await;
    let browser = daemon.browser();
    let signed_in = browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.starts_with("__Host-docklet_session=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(browser.get("/api/v1/session").await.ok(200).at("/name"), "admin");
    let foreign = browser.request(reqwest::Method::DELETE, "/api/v1/session").header("origin", "https://evil.example");
    send(foreign).await.problem(403, "foreign_origin");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_while_a_stream_over_http2_goes_on() {
    let (daemon, authority) = secure().await;
    let first = authority.shown_by(daemon.address()).await;
    let client = daemon.admin();
    let mut events = Events::open(&client, None).await;
    authority.put(&authority.issue());
    eventually("the new certificate is shown", NOTICED, || async {
        authority.shown_by(daemon.address()).await != first
    })
    .await;
    let id = client.create("lab", 1).await;
    let event = events.next().await.expect("the stream goes on");
    assert!(event.data.to_string().contains(&id), "{event:?}");
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_kept_out_and_the_next_one_is_taken() {
    let (daemon, authority) = secure().await;
    let first = authority.shown_by(daemon.address()).await;
    let mut pair = authority.issue();
    let right = std::mem::replace(&mut pair.key, authority.issue().key);
    authority.put(&pair);
    eventually("the log names the mismatch", NOTICED, || async { daemon.log().contains("key.pem is not the key of") })
        .await;
    assert_eq!(authority.shown_by(daemon.address()).await, first, "the pair before is kept");
    pair.key = right;
    authority.put(&pair);
    eventually("the pair that fits is shown", NOTICED, || async {
        authority.shown_by(daemon.address()).await != first
    })
    .await;
    let metrics = daemon.anonymous().get("/metrics").await.ok(200).text;
    for figure in ["docklet_tls_reloads_total{outcome=\"refused\"}", "docklet_tls_certificate_expires_at_seconds "] {
        assert!(metrics.contains(figure), "{figure} in {metrics}");
    }
}

#[tokio::test]
async fn handshakes_that_stop_half_way_are_ended_and_hold_up_nobody() {
    let authority = Authority::new();
    authority.put(&authority.issue());
    let daemon = Options::default().with_tls(&authority).with("server-header-timeout", "2s").start().await;
    let mut half_open = Vec::new();
    for number in 0..300 {
        let mut connection = TcpStream::connect(daemon.address()).await.expect("it is accepted");
        // Silent ones, and some that stop inside their first record.
        if number % 2 == 0 {
            connection.write_all(&[0x16, 3, 1, 2, 0, 1, 0]).await.expect("it is taken");
        }
        half_open.push(connection);
    }
    // Through the handshake, and then not a word.
    let mut silent = authority.connect(daemon.address(), "h2").await;
    daemon.admin().get("/api/v1/vclusters").await.ok(200);
    for connection in &mut half_open {
        read_out(connection).await;
    }
    read_out(&mut silent).await;
}

#[tokio::test]
async fn plain_http_is_sent_to_https_and_never_processed() {
    let (daemon, _authority) = secure().await;
    let ask = async |request: &str| {
        let mut connection = TcpStream::connect(daemon.address()).await.expect("it is accepted");
        connection.write_all(request.as_bytes()).await.expect("it is taken");
        read_out(&mut connection).await
    };
    let answer = ask("GET /sign-in?next=/ HTTP/1.1\r\nHost: localhost:9\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 307 "), "{answer}");
    assert!(answer.contains("location: https://localhost:9/sign-in?next=/\r\n"), "{answer}");
    let answer = ask("POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("speaks TLS"), "{answer}");
}

#[tokio::test]
async fn requests_with_two_meanings_are_refused_below_tls_too() {
    let (daemon, authority) = secure().await;
    let both = "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = raw(&authority, &daemon, both).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn a_terminal_works_over_wss() {
    let (mut daemon, authority) = secure().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let path = terminal::open(&client, &id, "node-0").await;
    let request = terminal::request(&client, &path, &format!("client={VIEWER}&from=snapshot&cols=80&rows=24"));
    let stream = authority.connect(daemon.address(), "http/1.1").await;
    let (socket, _) = client_async(request, stream).await.expect("the upgrade is answered");
    let mut viewer = Viewer::over(socket, 0);
    viewer.type_in("echo over-$((1+1))-tls\n").await;
    viewer.until("over-2-tls").await;
    daemon.signal(Signal::TERM);
    let closed = viewer.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1001);
    assert!(daemon.ended(Duration::from_secs(10)).await.success());
}

#[tokio::test]
async fn the_daemon_does_not_start_with_half_a_pair_or_a_broken_one() {
    let authority = Authority::new();
    let mut pair = authority.issue();
    pair.key = authority.issue().key;
    authority.put(&pair);
    let daemon = Options::default().prepare();
    let (certificate, key) = (authority.certificate_file(), authority.key_file());
    let refused = |arguments: &[&std::ffi::OsStr]| {
        let output = command(&daemon.data).args(["serve"]).args(arguments).output();
        let output = output.expect("dockletd runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused(&["--tls-certificate".as_ref(), certificate.as_ref()]);
    assert!(said.contains("tls.certificate") && said.contains("needs tls.key"), "{said}");
    let said = refused(&["--tls-certificate".as_ref(), certificate.as_ref(), "--tls-key".as_ref(), key.as_ref()]);
    assert!(said.contains("key.pem is not the key of"), "{said}");
}
