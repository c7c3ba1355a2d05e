//! The terminal's WebSocket: what is refused, what ends it, and that no byte is lost.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use testkit::eventually;
use tokio_tungstenite::{connect_async, tungstenite::Message};
use wire::terminal::{ClientFrame, MAX_CLIENT_FRAME};

use crate::{
    common::{
        PROMPTLY,
        client::Client,
        daemon::{Daemon, Options},
        process::resident,
        stream::refused,
        terminal::{self, VIEWER, Viewer, request},
    },
    vcluster_lifecycle::settled,
};

/// A daemon with one node and a terminal on it.
async fn with_terminal() -> (Daemon, Client, String) {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let path = terminal::open(&client, &id, "node-0").await;
    (daemon, client, path)
}

#[tokio::test]
async fn what_cannot_be_attached_is_an_ordinary_problem() {
    let (daemon, client, path) = with_terminal().await;
    let problem = async |path: &str, query: &str| {
        let (status, body) = refused(request(&client, path, query)).await;
        let body: serde_json::Value = serde_json::from_str(&body).expect("a problem");
        let field = body["violations"][0]["field"].as_str().unwrap_or_default().to_owned();
        (status, body["code"].as_str().expect("a code").to_owned(), field)
    };
    let viewer = format!("client={VIEWER}");
    let expected = |status: u16, code: &str, field: &str| (status, code.to_owned(), field.to_owned());
    assert_eq!(problem(&path, "").await, expected(422, "invalid", "client"));
    assert_eq!(problem(&path, "client=xyz").await, expected(422, "invalid", "client"));
    assert_eq!(problem(&path, &format!("{viewer}&from=-1")).await, expected(422, "invalid", "from"));
    for (cols, rows) in [("0", "0"), ("65535", "65535"), ("-1", "24"), ("x", "24")] {
        let query = format!("{viewer}&cols={cols}&rows={rows}");
        assert_eq!(problem(&path, &query).await, expected(422, "invalid", "cols"), "{query}");
    }
    let beyond = format!("{viewer}&from=999999999");
    assert_eq!(problem(&path, &beyond).await, expected(422, "offset_beyond_end", ""));
    assert_eq!(problem(&format!("{path}x"), &viewer).await, expected(404, "not_found", ""));
    let nobody = Client::anonymous(&daemon.url());
    let (status, body) = refused(request(&nobody, &path, &viewer)).await;
    assert!(status == 401 && body.contains("not_signed_in"), "{status} {body}");
    let mut other = request(&client, &path, &viewer);
    other.headers_mut().insert("sec-websocket-protocol", "chat".parse().expect("a header"));
    let (status, body) = refused(other).await;
    assert!(status == 400 && body.contains("docklet.terminal.v1"), "{status} {body}");
    client.get(&format!("{path}?{viewer}")).await.problem(400, "malformed");
}

#[tokio::test]
async fn the_same_shell_goes_on_at_the_same_byte_after_the_daemon_was_killed() {
    let (mut daemon, client, path) = with_terminal().await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("for i in $(seq 100000 100400); do echo line-$i; sleep 0.01; done; echo o\"\"ver\n").await;
    viewer.until("line-100050").await;
    let (seen, offset, sent) = (viewer.seen.clone(), viewer.offset, viewer.sent());
    daemon.kill();
    daemon.start().await;
    let mut resumed = Viewer::attach_from(&client, &path, &offset.to_string(), sent).await;
    resumed.until("over").await;
    let all = String::from_utf8([seen, resumed.seen.clone()].concat()).expect("text");
    // The shell's own control sequences may stand before the first line.
    let lines: Vec<&str> = all.lines().filter_map(|line| line.find("line-1").map(|at| &line[at..])).collect();
    let expected: Vec<String> = (100_000..=100_400).map(|i| format!("line-{i}")).collect();
    assert_eq!(lines, expected, "every line once, in order");
    resumed.type_in("echo still-$((1+1))\n").await;
    resumed.until("still-2").await;
}

#[tokio::test]
async fn an_orderly_end_says_going_away_and_the_exit_of_a_shell_is_said() {
    let (mut daemon, client, path) = with_terminal().await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("echo h\"\"ere\n").await;
    viewer.until("here").await;
    daemon.signal(Signal::TERM);
    let closed = viewer.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1001);
    assert!(daemon.ended(Duration::from_secs(10)).await.success());
    daemon.start().await;
    let offset = viewer.offset.to_string();
    let mut viewer = Viewer::attach_from(&client, &path, &offset, viewer.sent()).await;
    viewer.type_in("exit 3\n").await;
    let closed = viewer.until_closed().await.expect("a close frame");
    assert_eq!((u16::from(closed.code), viewer.exit), (1000, Some(wire::terminal::Exit::Code(3))));
}

#[tokio::test]
async fn one_user_looks_at_as_many_terminals_as_their_group_may() {
    let daemon =
        Options::default().with("limits-groups", "course: terminals=2").with("limits-terminals", 3).start().await;
    daemon.add_user("ada");
    let (admin, ada) = (daemon.admin(), daemon.client_of("ada"));
    admin.patch("/api/v1/admin/users/ada", &json!({"group": "course"})).await.ok(200);
    let (lab, other) = (ada.create("lab", 1).await, admin.create("lab", 1).await);
    settled(&ada, &lab, "running").await;
    settled(&admin, &other, "running").await;
    let (one, two) = (terminal::open(&ada, &lab, "node-0").await, terminal::open(&ada, &lab, "node-0").await);
    let first = Viewer::attach(&ada, &one).await;
    let mut second = Viewer::attach(&ada, &two).await;
    let third = terminal::open(&ada, &lab, "node-0").await;
    let viewer = format!("client={VIEWER}");
    for path in [&third, &one] {
        let (status, body) = refused(request(&ada, path, &viewer)).await;
        assert!(status == 429 && body.contains("too_many_streams") && body.contains("2 terminals"), "{status} {body}");
    }
    second.type_in("echo h\"\"ere\n").await;
    second.until("here").await;
    let of_another = terminal::open(&admin, &other, "node-0").await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(Viewer::attach(&admin, &of_another).await);
    }
    assert_eq!(refused(request(&admin, &of_another, &viewer)).await.0, 429, "the usual limit for everybody else");
    drop(first);
    let room = || async { connect_async(request(&ada, &third, &viewer)).await.is_ok() };
    eventually("there is room again", PROMPTLY, room).await;
}

#[tokio::test]
async fn whoever_is_locked_or_signs_out_stops_typing() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let browser = daemon.browser();
    browser.sign_in("ada", &password).await.ok(200);
    let ada = daemon.client_of("ada");
    let id = ada.create("lab", 1).await;
    settled(&ada, &id, "running").await;
    let path = terminal::open(&ada, &id, "node-0").await;
    let mut viewer = Viewer::attach(&ada, &path).await;
    daemon.cli(&["user", "lock", "ada"]);
    let locked = Instant::now();
    let closed = viewer.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 4401);
    assert!(locked.elapsed() < PROMPTLY, "{:?}", locked.elapsed());
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_cut_off_and_the_terminal_lives_on() {
    let (_daemon, client, path) = with_terminal().await;
    let too_long = vec![1; MAX_CLIENT_FRAME + 1];
    let broken = [
        (Message::Text("ls\n".into()), 1002),
        (Message::Binary(vec![].into()), 1002),
        (Message::Binary(vec![0x81; 20].into()), 1002),
        (Message::Binary(vec![4, 0].into()), 1002),
        (Message::Binary(too_long.into()), 1009),
    ];
    for (message, code) in broken {
        let mut viewer = Viewer::attach(&client, &path).await;
        viewer.send_raw(message.clone()).await;
        let closed = viewer.until_closed().await;
        assert_eq!(closed.map(|frame| u16::from(frame.code)), Some(code), "{:?}", &message.into_data().get(..4));
    }
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("echo a\"\"live\n").await;
    viewer.until("alive").await;
}

#[tokio::test]
async fn a_viewer_that_never_reads_costs_little_and_does_not_hold_up_the_others() {
    let (daemon, client, path) = with_terminal().await;
    let mut reading = Viewer::attach(&client, &path).await;
    let query = "client=ffffffffffffffffffffffffffffffff&from=snapshot";
    let (_never_reads, _) = connect_async(request(&client, &path, query)).await.expect("the upgrade is answered");
    let before = resident(daemon.pid());
    reading.type_in("head -c 30000000 /dev/zero | tr '\\0' x; echo; echo o\"\"ver\n").await;
    reading.until("over").await;
    assert!(reading.offset > 30_000_000);
    let grown = resident(daemon.pid()).saturating_sub(before);
    assert!(grown < 4096, "dockletd has grown by {grown} KiB");
}

#[tokio::test]
async fn ctrl_c_acts_under_a_flood_and_the_size_is_what_the_viewer_says() {
    let (_daemon, client, path) = with_terminal().await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.send(ClientFrame::Resize { cols: 97, rows: 31 }).await;
    viewer.type_in("stty size; yes\n").await;
    viewer.until("31 97").await;
    viewer.until("\ny\r\ny\r\ny").await;
    let flooded = Instant::now();
    viewer.type_in("\u{3}").await;
    viewer.type_in("echo stopped-$((20+2))\n").await;
    viewer.until("stopped-22").await;
    assert!(flooded.elapsed() < PROMPTLY, "{:?}", flooded.elapsed());
}
