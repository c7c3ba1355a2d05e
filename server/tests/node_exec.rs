//! Commands in a node as WebSockets: what is refused before the upgrade and behind it, and what ends all of it.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;
use wire::{
    exec::{ClientFrame, MAX_DATA, MAX_ORDER},
    terminal::Exit,
};

use crate::{
    common::{
        PROMPTLY, app,
        client::Client,
        daemon::{Daemon, Options},
        exec::{Exec, path, request},
        stream::refused,
    },
    vcluster_lifecycle::settled,
};

#[tokio::test]
async fn what_can_be_refused_without_the_command_is_an_ordinary_problem() {
    let daemon = Options::default().with("limits-streams", 1).start().await;
    daemon.add_user("ada");
    let (client, ada) = (daemon.admin(), daemon.client_of("ada"));
    let id = app::vcluster(&client, "lab").await;
    let exec = path(&id);
    let problem = async |client: &Client, path: &str| {
        let (status, body) = refused(request(client, path)).await;
        let body: serde_json::Value = serde_json::from_str(&body).expect("a problem");
        (status, body["code"].as_str().expect("a code").to_owned())
    };
    assert_eq!(problem(&ada, &exec).await, (404, "not_found".to_owned()), "as what does not exist");
    assert_eq!(problem(&client, &exec.replace("node-0", "node-7")).await.0, 404);
    assert_eq!(problem(&daemon.anonymous(), &exec).await.0, 401);
    let mut other = request(&client, &exec);
    other.headers_mut().insert("sec-websocket-protocol", "docklet.port.v1".parse().expect("a header"));
    let (status, body) = refused(other).await;
    assert!(status == 400 && body.contains("docklet.exec.v1"), "{status} {body}");
    let held = Exec::connect(&client, &exec).await;
    assert_eq!(problem(&client, &exec).await, (429, "too_many_streams".to_owned()));
    drop(held);
    client.act(&id, "stop").await.ok(202);
    settled(&client, &id, "stopped").await;
    let stopped = || async {
        match problem(&client, &exec).await {
            // The place of the one before is given back in a moment.
            (429, _) => None,
            refused => Some(refused),
        }
    };
    assert_eq!(testkit::obtain("a problem", PROMPTLY, stopped).await, (409, "node_not_running".to_owned()));
}

#[tokio::test]
async fn a_command_is_run_to_its_end_and_what_is_none_is_refused_in_a_frame() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let exec = path(&app::vcluster(&client, "lab").await);
    let mut cat = Exec::start(&client, &exec, &["sh", "-c", "cat; echo wrong >&2; exit 3"]).await;
    cat.send(ClientFrame::Stdin(b"in\0")).await;
    cat.send(ClientFrame::StdinEnd).await;
    assert_eq!(cat.closed().await, 1000);
    assert_eq!((&*cat.stdout, &*cat.stderr, cat.exit), (&b"in\0"[..], &b"wrong\n"[..], Some(Exit::Code(3))));
    let mut sleeping = Exec::start(&client, &exec, &["sh", "-c", "echo up; sleep 1000"]).await;
    sleeping.until("up").await;
    sleeping.send(ClientFrame::Signal(15)).await;
    assert_eq!((sleeping.closed().await, sleeping.exit), (1000, Some(Exit::Signal(15))));
    for (order, code, words) in [
        (r#"{"command":["no-such-program"]}"#, "no_program", "no-such-program"),
        (r#"{"command":[]}"#, "invalid", "must begin with the name of a program"),
        (r#"{"command":["a\u0000b"]}"#, "invalid", "NUL"),
        (r#"{"command":["true"],"shell":1}"#, "invalid", "shell"),
        ("true", "invalid", "object"),
        ("ls -l", "malformed", "not JSON"),
    ] {
        let mut refused = Exec::connect(&client, &exec).await;
        refused.send_raw(Message::Text(order.into())).await;
        assert_eq!(refused.closed().await, 1000, "{order}");
        let (told, message) = refused.error.expect("an error");
        assert!(told == code && message.contains(words), "{order}: {told} {message}");
    }
}

#[tokio::test]
async fn whoever_breaks_the_protocol_is_cut_off() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let exec = path(&app::vcluster(&client, "lab").await);
    let mut early = Exec::connect(&client, &exec).await;
    early.send(ClientFrame::StdinEnd).await;
    assert_eq!(early.closed().await, 1002);
    for (message, code) in [
        (Message::Text("more".into()), 1002),
        (Message::Binary(vec![0x81, 1].into()), 1002),
        (Message::Binary(vec![1; MAX_DATA + 2].into()), 1002),
        (Message::Binary(vec![1; MAX_ORDER + 1].into()), 1009),
    ] {
        let mut broken = Exec::start(&client, &exec, &["sleep", "1000"]).await;
        broken.send_raw(message).await;
        // Of what is longer than any message the rest is not read, and the client may learn no more than that.
        assert!(broken.until_closed().await.is_none_or(|frame| u16::from(frame.code) == code), "{code}");
        assert_eq!((broken.exit, broken.error), (None, None));
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token_it_was_opened_with_and_with_dockletd_and_so_does_its_command() {
    let mut daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let ada = daemon.client_of("ada");
    let exec = path(&app::vcluster(&ada, "lab").await);
    let mut running = Exec::start(&ada, &exec, &["sh", "-c", "echo up; exec sleep 98765"]).await;
    running.until("up").await;
    let listed = daemon.cli(&["token", "list", "--user", "ada"]);
    let token = listed.split_whitespace().next().expect("the id of the only one");
    daemon.cli(&["token", "revoke", "--user", "ada", token]);
    assert_eq!(running.closed().await, 4401);
    let again = daemon.client_of("ada");
    let over = || async {
        let mut looking = Exec::start(&again, &exec, &["pgrep", "-f", "sleep 9876[5]"]).await;
        looking.closed().await;
        looking.exit == Some(Exit::Code(1))
    };
    testkit::eventually("the command has ended", PROMPTLY, over).await;
    let mut running = Exec::start(&again, &exec, &["sh", "-c", "echo up; exec sleep 1000"]).await;
    running.until("up").await;
    daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(running.closed().await, 1001);
    assert!(daemon.ended(Duration::from_secs(10)).await.success());
}
