//! What a token may over REST, by its scopes: everything else is refused with a sentence that names the scope, before a stream
//! is opened.

use serde_json::{Value, json};

use crate::{
    common::{
        app,
        client::{Client, order},
        daemon::Daemon,
        desk::Desk,
        exec::{self, Exec},
        port,
        stream::refused,
        terminal,
    },
    jobs::{job, submit},
    node_ssh::KEY,
    vcluster_lifecycle::settled,
};

/// With a token of this user for these scopes.
fn client_for(daemon: &Daemon, user: &str, scopes: &str) -> Client {
    let token = daemon.cli(&["token", "create", "--user", user, "--expires", "1h", "--scope", scopes]);
    Client { token: Some(token.trim().to_owned()), ..daemon.anonymous() }
}

async fn scopes(client: &Client) -> Value {
    client.get("/api/v1/session").await.ok(200).json()["scopes"].clone()
}

/// Whether running a script beside the home, and reading what one has written, is refused.
async fn cannot_run(client: &Client, held: i64) {
    let refused = client.post("/api/v1/jobs", &job("true")).await.problem(403, "needs_scope");
    assert!(refused.at("/detail").contains("the scope ssh"), "{}", refused.text);
    for action in ["cancel", "hold", "release", "requeue"] {
        client.post(&format!("/api/v1/jobs/{held}/{action}"), &json!({})).await.problem(403, "needs_scope");
    }
    client.get(&format!("/api/v1/jobs/{held}/output")).await.problem(403, "needs_scope");
}

/// A job that does not start.
async fn held_job(client: &Client) -> i64 {
    let mut held = job("true");
    held["hold"] = json!(true);
    submit(client, &held).await
}

/// Whether reaching into the node is refused, in each of its ways.
async fn cannot_reach(client: &Client, vcluster: &str) {
    let node = format!("/api/v1/vclusters/{vcluster}/nodes/node-0");
    client.post(&format!("{node}/terminals"), &json!({})).await.problem(403, "needs_scope");
    client.get(&format!("{node}/terminals")).await.problem(403, "needs_scope");
    client.post(&format!("{node}/ssh"), &json!({"public_key": KEY})).await.problem(403, "needs_scope");
    let terminal = format!("{node}/terminals/none");
    for request in [
        exec::request(client, &exec::path(vcluster)),
        port::request(client, &port::path(vcluster, "22")),
        terminal::request(client, &terminal, &format!("client={}&cols=80&rows=24", terminal::VIEWER)),
    ] {
        let (status, body) = refused(request).await;
        assert!(status == 403 && body.contains("needs_scope") && body.contains("the scope ssh"), "{status} {body}");
    }
}

#[tokio::test]
async fn a_token_that_may_read_lists_and_does_nothing_else() {
    let daemon = Daemon::start_usual().await;
    let admin = daemon.admin();
    assert_eq!(scopes(&admin).await, json!(["read", "vclusters", "ssh", "admin"]), "where nothing is said");
    let id = app::vcluster(&admin, "lab").await;
    let reader = client_for(&daemon, "admin", "read");
    assert_eq!(scopes(&reader).await, json!(["read"]));
    assert_eq!(reader.get("/api/v1/vclusters").await.ok(200).at("/items/0/name"), "lab");
    for path in ["activity", "apps"] {
        reader.get(&format!("/api/v1/vclusters/{id}/{path}")).await.ok(200);
    }
    let refused = reader.post("/api/v1/vclusters", &order("other", 1)).await.problem(403, "needs_scope");
    assert!(refused.at("/detail").contains("the scope vclusters"), "{}", refused.text);
    reader.act(&id, "stop").await.problem(403, "needs_scope");
    reader.delete(&format!("/api/v1/vclusters/{id}")).await.problem(403, "needs_scope");
    reader.patch(&format!("/api/v1/vclusters/{id}"), &json!({"description": "x"})).await.problem(403, "needs_scope");
    cannot_reach(&reader, &id).await;
    let held = held_job(&admin).await;
    cannot_run(&reader, held).await;
    reader.get(&format!("/api/v1/jobs/{held}")).await.ok(200);
    let refused = reader.get("/api/v1/admin/users").await.problem(403, "needs_scope");
    assert!(refused.at("/detail").contains("the scope admin"), "{}", refused.text);
    daemon.add_user("ada");
    client_for(&daemon, "ada", "read,admin").get("/api/v1/admin/users").await.problem(404, "not_found");
    client_for(&daemon, "admin", "admin").get("/api/v1/admin/users").await.ok(200);
}

#[tokio::test]
async fn a_token_for_nodes_reaches_them_and_one_for_vclusters_acts_on_them() {
    let daemon = Daemon::start_usual().await;
    let id = app::vcluster(&daemon.admin(), "lab").await;
    let ssh = client_for(&daemon, "admin", "ssh");
    let mut program = Exec::start(&ssh, &exec::path(&id), &["echo", "reached"]).await;
    program.until("reached").await;
    terminal::open(&ssh, &id, "node-0").await;
    let held = held_job(&ssh).await;
    ssh.act(&id, "stop").await.problem(403, "needs_scope");
    ssh.post("/api/v1/vclusters", &order("other", 1)).await.problem(403, "needs_scope");
    let acting = client_for(&daemon, "admin", "vclusters");
    cannot_reach(&acting, &id).await;
    cannot_run(&acting, held).await;
    acting.act(&id, "stop").await.ok(202);
    settled(&acting, &id, "stopped").await;
}

#[tokio::test]
async fn a_person_chooses_what_a_token_may() {
    let daemon = Daemon::start_usual().await;
    let ada = Desk::sign_in(&daemon, "ada", &daemon.add_user("ada")).await.client;
    let make = async |scopes: Value| {
        let mut order = json!({"name": "thesis", "days": 1});
        if !scopes.is_null() {
            order["scopes"] = scopes;
        }
        ada.post("/api/v1/me/tokens", &order).await
    };
    let usual = make(Value::Null).await.ok(201);
    assert_eq!(usual.json()["token"]["scopes"], json!(["read", "vclusters", "ssh"]));
    let made = make(json!(["ssh"])).await.ok(201);
    let token = Client::with_token(&daemon.url(), &made.at("/text"));
    assert_eq!(scopes(&token).await, json!(["read", "ssh"]));
    for (wrong, field) in [(json!(["root"]), "scopes[0]"), (json!("ssh"), "scopes"), (json!(["admin"]), "scopes")] {
        assert_eq!(make(wrong).await.problem(422, "invalid").fields(), [field]);
    }
    let listed = token.get("/api/v1/me/tokens").await.ok(200).json();
    let listed = listed.as_array().expect("a list");
    let (present, others): (Vec<&Value>, Vec<&Value>) = listed.iter().partition(|one| one["present"] == true);
    assert_eq!((present.len(), &present[0]["scopes"]), (1, &json!(["read", "ssh"])));
    let address = |one: &Value| format!("/api/v1/me/tokens/{}", one["id"].as_str().expect("an id"));
    token.delete(&address(others[0])).await.problem(403, "needs_scope");
    token.delete(&address(present[0])).await.ok(204);
    token.get("/api/v1/session").await.problem(401, "bad_token");
    let acting = Client::with_token(&daemon.url(), &usual.at("/text"));
    acting.delete(&address(others[0])).await.ok(204);
    acting.get("/api/v1/session").await.problem(401, "bad_token");
}
