//! The live feed: what happens comes by itself, in order, and is resumed where it broke off.

use reqwest::Method;

use crate::common::{
    client::send,
    daemon::Daemon,
    events::{Event, Events},
};

fn state(event: &Event) -> String {
    event.data["vcluster"]["state"].as_str().unwrap_or_default().to_owned()
}

fn sequence(event: &Event) -> i64 {
    event.id.parse().expect("a number")
}

#[tokio::test]
async fn a_watcher_sees_a_vcluster_come_and_go_and_nobody_else_does() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (client, ada) = (daemon.admin(), daemon.client_of("ada"));
    let mut others = Events::open(&ada, None).await;
    let mut events = Events::open(&client, None).await;
    let id = client.create("lab", 1).await;
    let first = events.next().await.expect("an event");
    assert_eq!((first.name.as_str(), state(&first).as_str()), ("vcluster", "creating"));
    assert_eq!(first.data["usage"]["nodes"], 1);
    events.find("it runs", |event| state(event) == "running").await;
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    let gone = events.find("it is gone", |event| event.name == "vcluster_gone").await;
    assert_eq!(gone.data["id"], id);
    assert_eq!(gone.data["usage"]["vclusters"], 0);
    // The first thing ada sees is her own.
    let hers = ada.create("hers", 1).await;
    assert_eq!(others.next().await.expect("an event").data["vcluster"]["id"], hers);
}

#[tokio::test]
async fn a_watcher_that_was_away_gets_exactly_what_it_missed_also_over_a_restart() {
    let mut daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let mut whole = Events::open(&client, None).await;
    let mut broken = Events::open(&client, None).await;
    client.create("lab", 1).await;
    let first = broken.next().await.expect("an event");
    drop(broken);
    let mut all = vec![whole.next().await.expect("an event")];
    while state(all.last().expect("one at least")) != "running" {
        all.push(whole.next().await.expect("an event"));
    }
    daemon.kill();
    daemon.start().await;
    let mut resumed = Events::open(&client, Some(&first.id)).await;
    for expected in &all[1..] {
        let event = resumed.next().await.expect("an event");
        assert_eq!((&event.id, &event.data), (&expected.id, &expected.data));
    }
    assert!(all.windows(2).all(|pair| sequence(&pair[0]) < sequence(&pair[1])));
}

#[tokio::test]
async fn a_position_nobody_remembers_says_to_read_again() {
    let daemon = Daemon::start_usual().await;
    let mut events = Events::open(&daemon.admin(), Some("1000000")).await;
    assert_eq!(events.next().await.expect("an event").name, "resync");
}

#[tokio::test]
async fn a_bad_position_is_refused_and_so_is_somebody_unknown() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let request = client.request(Method::GET, "/api/v1/events").header("last-event-id", "x");
    assert_eq!(send(request).await.problem(422, "invalid").fields(), ["Last-Event-ID"]);
    client.get("/api/v1/events?after=x").await.problem(422, "invalid");
    daemon.anonymous().get("/api/v1/events").await.problem(401, "not_signed_in");
}

#[tokio::test]
async fn the_stream_ends_with_the_session_it_stands_on_and_no_other_does() {
    let daemon = Daemon::start_usual().await;
    let (leaving, staying) = (daemon.browser(), daemon.browser());
    for browser in [&leaving, &staying] {
        browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    }
    let (mut ends, mut stays) = (Events::open(&leaving, None).await, Events::open(&staying, None).await);
    leaving.delete("/api/v1/session").await.ok(204);
    assert!(ends.next().await.is_none());
    staying.create("lab", 1).await;
    assert_eq!(stays.next().await.expect("an event").name, "vcluster");
}

#[tokio::test]
async fn the_stream_ends_when_its_user_is_locked() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let browser = daemon.browser();
    browser.sign_in("ada", &password).await.ok(200);
    let mut by_session = Events::open(&browser, None).await;
    let mut by_token = Events::open(&daemon.client_of("ada"), None).await;
    daemon.cli(&["user", "lock", "ada"]);
    assert!(by_session.next().await.is_none());
    assert!(by_token.next().await.is_none());
}
