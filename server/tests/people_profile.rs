//! One's own account over REST: password, tokens, sessions; what a token may not; and how fast what is ended ends.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    common::{
        client::{Client, send},
        daemon::{Daemon, Options},
        desk::Desk,
        events::Events,
        terminal,
    },
    vcluster_lifecycle::settled,
};

const PASSWORD: &str = "correct horse battery";
const SOON: Duration = Duration::from_secs(60);

async fn ada(daemon: &Daemon) -> Desk {
    Desk::sign_in(daemon, "ada", &daemon.add_user("ada")).await
}

async fn put(client: &Client, path: &str, body: &Value) -> crate::common::answer::Answer {
    send(client.request(Method::PUT, path).json(body)).await
}

fn ids(list: &Value) -> Vec<String> {
    let items = list.as_array().expect("a list");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_new_password_holds_at_once_and_ends_every_other_session() {
    let daemon = Daemon::start_usual().await;
    let present = daemon.add_user("ada");
    let here = Desk::sign_in(&daemon, "ada", &present).await;
    let there = Desk::sign_in(&daemon, "ada", &present).await;
    let change = |present: &str, new: &str| json!({"present": present, "new": new});
    let wrong = put(&here.client, "/api/v1/me/password", &change("wrong", PASSWORD)).await.problem(422, "invalid");
    assert_eq!(wrong.fields(), ["present"]);
    let short = put(&here.client, "/api/v1/me/password", &change(&present, "short")).await.problem(422, "invalid");
    assert_eq!(short.fields(), ["new"]);
    let unknown = json!({"present": present, "new": PASSWORD, "again": PASSWORD});
    assert_eq!(put(&here.client, "/api/v1/me/password", &unknown).await.problem(422, "invalid").fields(), ["again"]);
    let mut stream = Events::open(&there.client, None).await;
    put(&here.client, "/api/v1/me/password", &change(&present, PASSWORD)).await.ok(204);
    let begun = Instant::now();
    while stream.next().await.is_some() {}
    assert!(begun.elapsed() < crate::common::PROMPTLY, "{:?}", begun.elapsed());
    here.client.get("/api/v1/session").await.ok(200);
    there.client.get("/api/v1/session").await.problem(401, "not_signed_in");
    daemon.browser().sign_in("ada", &present).await.problem(401, "sign_in_failed");
    daemon.browser().sign_in("ada", PASSWORD).await.ok(200);
    assert!(!daemon.log().contains(PASSWORD), "a password is in no log");
}

#[tokio::test]
async fn a_token_is_shown_once_works_until_it_is_revoked_and_ends_what_it_has_open() {
    let daemon = Daemon::start_usual().await;
    let browser = ada(&daemon).await;
    let wrong = browser.client.post("/api/v1/me/tokens", &json!({"name": " ", "days": 367})).await;
    assert_eq!(wrong.problem(422, "invalid").fields(), ["name", "days"]);
    let made = browser.client.post("/api/v1/me/tokens", &json!({"name": "thesis", "days": 30})).await.ok(201);
    let (id, text) = (made.at("/token/id"), made.at("/text"));
    assert_eq!(made.header("location"), format!("/api/v1/me/tokens/{id}"));
    let list = browser.client.get("/api/v1/me/tokens").await.ok(200);
    assert!(!list.text.contains(&text) && text.starts_with(&list.at("/0/prefix")), "{}", list.text);
    assert_eq!((list.at("/0/name").as_str(), list.at("/0/state").as_str()), ("thesis", "good"));
    assert_eq!(list.json()[0]["last_used"], Value::Null);
    let token = Client::with_token(&daemon.url(), &text);
    let mut stream = Events::open(&token, None).await;
    assert_ne!(browser.client.get("/api/v1/me/tokens").await.json()[0]["last_used"], Value::Null);
    browser.client.delete(&format!("/api/v1/me/tokens/{id}")).await.ok(204);
    let begun = Instant::now();
    while stream.next().await.is_some() {}
    assert!(begun.elapsed() < crate::common::PROMPTLY, "{:?}", begun.elapsed());
    token.get("/api/v1/session").await.problem(401, "bad_token");
    assert_eq!(browser.client.get("/api/v1/me/tokens").await.at("/0/state"), "revoked");
    for path in [format!("{id}x"), "0198c0de-0000-7000-8000-000000000000".to_owned()] {
        browser.client.delete(&format!("/api/v1/me/tokens/{path}")).await.problem(404, "not_found");
    }
    assert!(!daemon.log().contains(&text), "a token is in no log");
}

#[tokio::test]
async fn a_token_neither_makes_tokens_nor_changes_who_gets_in() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let (browser, token) = (Desk::sign_in(&daemon, "ada", &password).await, daemon.client_of("ada"));
    let session = ids(&browser.client.get("/api/v1/me/sessions").await.json()).remove(0);
    let change = json!({"present": password, "new": PASSWORD});
    put(&token, "/api/v1/me/password", &change).await.problem(403, "forbidden");
    token.post("/api/v1/me/tokens", &json!({"name": "longer", "days": 366})).await.problem(403, "forbidden");
    token.delete("/api/v1/me/sessions").await.problem(403, "forbidden");
    token.delete(&format!("/api/v1/me/sessions/{session}")).await.problem(403, "forbidden");
    browser.client.get("/api/v1/session").await.ok(200);
    for (method, path) in [
        (Method::PUT, "/api/v1/me/password"),
        (Method::GET, "/api/v1/me/tokens"),
        (Method::GET, "/api/v1/me/sessions"),
        (Method::DELETE, "/api/v1/me/sessions"),
    ] {
        let request = daemon.anonymous().request(method, path).json(&change);
        send(request.header("origin", daemon.url())).await.problem(401, "not_signed_in");
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_with_the_terminals_they_have_open() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let here = Desk::sign_in(&daemon, "ada", &password).await;
    let there = Desk::sign_in(&daemon, "ada", &password).await;
    let id = here.client.create("lab", 1).await;
    settled(&here.client, &id, "running").await;
    let path = terminal::open(&here.client, &id, "node-0").await;
    let (mut kept, mut ended) = (here.attach(&path).await, there.attach(&path).await);
    let list = here.client.get("/api/v1/me/sessions").await.ok(200).json();
    let others: Vec<&Value> =
        list.as_array().expect("a list").iter().filter(|session| session["present"] == false).collect();
    let [other] = others.as_slice() else { panic!("two sessions, one of them present: {list}") };
    assert_eq!((&other["address"], list.as_array().map(Vec::len)), (&json!("127.0.0.1"), Some(2)));
    let foreign = Desk::sign_in(&daemon, "admin", &daemon.admin_password()).await;
    let address = format!("/api/v1/me/sessions/{}", other["id"].as_str().expect("an id"));
    foreign.client.delete(&address).await.problem(404, "not_found");
    here.client.delete(&address).await.ok(204);
    let begun = Instant::now();
    assert_eq!(ended.until_closed().await.map(|close| u16::from(close.code)), Some(4401));
    assert!(begun.elapsed() < crate::common::PROMPTLY, "{:?}", begun.elapsed());
    there.client.get("/api/v1/session").await.problem(401, "not_signed_in");
    here.client.delete(&address).await.problem(404, "not_found");
    kept.type_in("echo still-$((40+2))\n").await;
    kept.until("still-42").await;
    let again = Desk::sign_in(&daemon, "ada", &password).await;
    here.client.delete("/api/v1/me/sessions").await.ok(204);
    again.client.get("/api/v1/session").await.problem(401, "not_signed_in");
    assert_eq!(ids(&here.client.get("/api/v1/me/sessions").await.json()).len(), 1);
}

/// When the only session of the token's user ends if nothing more happens. A look with a token is no use of it.
async fn expires(token: &Client) -> String {
    token.get("/api/v1/me/sessions").await.ok(200).at("/0/expires_at")
}

#[tokio::test]
async fn typing_in_a_terminal_keeps_the_session_alive() {
    let daemon = Options::default().with("sign-in-idle", "8s").start().await;
    let browser = ada(&daemon).await;
    let token = daemon.client_of("ada");
    let id = browser.client.create("lab", 1).await;
    settled(&token, &id, "running").await;
    let path = terminal::open(&browser.client, &id, "node-0").await;
    let mut viewer = browser.attach(&path).await;
    viewer.type_in("echo first-$((1+1))\n").await;
    viewer.until("first-2").await;
    let before = expires(&token).await;
    for turn in 0.. {
        assert!(turn < 100, "typing puts the session's end off");
        viewer.type_in(&format!("sleep 0.2; echo turn-$(({turn}+1000))\n")).await;
        viewer.until(&format!("turn-{}", turn + 1000)).await;
        if expires(&token).await > before {
            break;
        }
    }
}

#[tokio::test]
async fn an_open_event_stream_keeps_the_session_alive_and_comes_back_for_a_new_cookie() {
    let daemon = Options::default().with("sign-in-idle", "8s").start().await;
    let browser = ada(&daemon).await;
    let token = daemon.client_of("ada");
    let before = expires(&token).await;
    let mut stream = Events::open(&browser.client, None).await;
    testkit::eventually("an open stream puts the session's end off", SOON, || async { expires(&token).await > before })
        .await;
    let ended = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(SOON, ended).await.expect("the stream ends at half the session's life");
    let answer = browser.client.get("/api/v1/session").await.ok(200);
    assert!(answer.header("set-cookie").contains("Max-Age=8"), "{:?}", answer.headers);
}

#[tokio::test]
async fn what_one_takes_of_the_disk_is_counted_and_administrators_see_it_of_all() {
    let daemon = Options::default().with("worker-disk-every", "500ms").start().await;
    daemon.add_user("ada");
    let (ada, admin) = (daemon.client_of("ada"), daemon.admin());
    let id = ada.create("lab", 1).await;
    settled(&ada, &id, "running").await;
    let counted = testkit::obtain("ada's home is counted", SOON, async || {
        let disk = ada.get("/api/v1/me/disk").await.ok(200).json();
        (disk["home_bytes"].as_u64() > Some(0)).then_some(disk)
    })
    .await;
    assert!(counted["counted_at"].is_string() && counted["hosts_missing"] == 0, "{counted}");
    let all = admin.get("/api/v1/admin/disk").await.ok(200).json();
    assert_eq!(all["items"][0]["name"], "ada", "{all}");
    assert_eq!(admin.get("/api/v1/me/disk").await.ok(200).json()["home_bytes"], 0);
}
