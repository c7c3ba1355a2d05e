//! Administration over REST and on the command line beside a running daemon: people, health, configuration.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use crate::common::{
    answer::Answer,
    client::{Client, order, send},
    daemon::{Daemon, Options, try_cli},
    desk::Desk,
    events::Events,
};

async fn patch(client: &Client, name: &str, body: &Value) -> Answer {
    send(client.request(Method::PATCH, &format!("/api/v1/admin/users/{name}")).json(body)).await
}

async fn root(daemon: &Daemon) -> Desk {
    Desk::sign_in(daemon, "admin", &daemon.admin_password()).await
}

#[tokio::test]
async fn for_everybody_else_there_is_nothing() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let (browser, token) = (Desk::sign_in(&daemon, "ada", &password).await, daemon.client_of("ada"));
    let endpoints = [
        (Method::GET, "/api/v1/admin/users"),
        (Method::GET, "/api/v1/admin/users?limit=x"),
        (Method::POST, "/api/v1/admin/users"),
        (Method::GET, "/api/v1/admin/users/admin"),
        (Method::PATCH, "/api/v1/admin/users/ada"),
        (Method::POST, "/api/v1/admin/users/admin/password"),
        (Method::DELETE, "/api/v1/admin/users/admin/sessions"),
        (Method::GET, "/api/v1/admin/health"),
        (Method::GET, "/api/v1/admin/config"),
        (Method::GET, "/api/v1/admin/disk"),
        (Method::GET, "/api/v1/admin/images"),
        (Method::POST, "/api/v1/admin/images"),
        (Method::DELETE, "/api/v1/admin/images"),
    ];
    let body = |path: &str| match path {
        "/api/v1/admin/users" => json!({"name": "eve", "role": "admin"}),
        "/api/v1/admin/users/ada" => json!({"role": "admin"}),
        "/api/v1/admin/images" => json!({"pattern": "lab/*"}),
        _ => json!({}),
    };
    let nonsense = [json!([]), json!({"name": 7}), json!({"no such field": true})];
    for (method, path) in endpoints {
        for client in [&browser.client, &token] {
            let answer = send(client.request(method.clone(), path).json(&body(path))).await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{method} {path}: {}", answer.text);
            for body in &nonsense {
                let answer = send(client.request(method.clone(), path).json(body)).await;
                assert_eq!(answer.status, 404, "no field is told of: {method} {path}: {}", answer.text);
            }
        }
        let nobody = daemon.anonymous().request(method.clone(), path).json(&body(path));
        send(nobody.header("origin", daemon.url())).await.problem(401, "not_signed_in");
    }
    assert!(!daemon.cli(&["user", "list"]).contains("eve"));
}

#[tokio::test]
async fn people_are_added_found_and_listed_a_page_at_a_time() {
    let daemon = Daemon::start_usual().await;
    let admin = daemon.admin();
    let added = admin.post("/api/v1/admin/users", &json!({"name": "ada"})).await.ok(201);
    assert_eq!(added.header("location"), "/api/v1/admin/users/ada");
    daemon.browser().sign_in("ada", &added.at("/password")).await.ok(200);
    let chosen = json!({"name": "bob", "password": "correct horse battery"});
    assert_eq!(admin.post("/api/v1/admin/users", &chosen).await.ok(201).json()["password"], Value::Null);
    let wrong = json!({"name": "Bob!", "password": "short"});
    let wrong = admin.post("/api/v1/admin/users", &wrong).await.problem(422, "invalid");
    assert_eq!(wrong.fields(), ["name", "password"]);
    let taken = admin.post("/api/v1/admin/users", &chosen).await.problem(409, "name_taken");
    assert_eq!(taken.fields(), ["name"]);
    let names = |answer: &Answer| {
        let items = answer.json()["items"].clone();
        let items = items.as_array().expect("a list").clone();
        items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let first = admin.get("/api/v1/admin/users?limit=2").await.ok(200);
    assert_eq!((names(&first), first.at("/next").as_str()), (vec!["ada".into(), "admin".into()], "admin"));
    let second = admin.get("/api/v1/admin/users?limit=2&cursor=admin").await.ok(200);
    assert_eq!((names(&second), second.json().get("next")), (vec!["bob".into()], None));
    assert_eq!(names(&admin.get("/api/v1/admin/users?search=AD").await.ok(200)), ["ada", "admin"]);
    assert_eq!(admin.get("/api/v1/admin/users?limit=0").await.problem(422, "invalid").fields(), ["limit"]);
    assert_eq!(admin.get("/api/v1/admin/users?cursor=%00").await.problem(422, "invalid").fields(), ["cursor"]);
    let ada = admin.get("/api/v1/admin/users/ada").await.ok(200).json();
    assert_eq!((&ada["person"]["locked"], &ada["sessions"], &ada["tokens"]), (&json!(false), &json!(1), &json!(0)));
    assert!(ada["person"]["last_sign_in"].is_string());
    for nobody in ["eve", "..", "%2e%2e", "Ada%00"] {
        admin.get(&format!("/api/v1/admin/users/{nobody}")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn locking_ends_what_is_open_and_unlocking_lets_in_again() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let admin = daemon.admin();
    let (browser, token) = (Desk::sign_in(&daemon, "ada", &password).await, daemon.client_of("ada"));
    let mut streams = [Events::open(&browser.client, None).await, Events::open(&token, None).await];
    assert_eq!(patch(&admin, "ada", &json!({"locked": true})).await.ok(200).json()["locked"], true);
    let begun = Instant::now();
    for stream in &mut streams {
        while stream.next().await.is_some() {}
    }
    assert!(begun.elapsed() < crate::common::PROMPTLY, "{:?}", begun.elapsed());
    browser.client.get("/api/v1/session").await.problem(401, "not_signed_in");
    token.get("/api/v1/session").await.problem(401, "bad_token");
    patch(&admin, "ada", &json!({"locked": false})).await.ok(200);
    token.get("/api/v1/session").await.ok(200);
    daemon.browser().sign_in("ada", &password).await.ok(200);
}

#[tokio::test]
async fn limits_of_one_s_own_hold_for_the_next_order() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (admin, ada) = (daemon.admin(), daemon.client_of("ada"));
    let limits = json!({"limits": {"nodes": 1, "cpus": 0.5}});
    let person = patch(&admin, "ada", &limits).await.ok(200).json();
    assert_eq!((&person["limits"]["nodes"], &person["own_limits"]["memory_mib"]), (&json!(1), &Value::Null));
    let refused = ada.post("/api/v1/vclusters", &order("lab", 2)).await.problem(422, "limit_exceeded");
    assert_eq!(refused.fields(), ["nodes", "resources.cpus"]);
    assert_eq!(ada.get("/api/v1/session").await.ok(200).json()["limits"]["nodes"], 1);
    ada.post("/api/v1/vclusters", &order("lab", 1)).await.ok(202);
    let wrong = json!({"limits": {"nodes": -1, "cpus": 1e12, "memory_mib": null}});
    let wrong = patch(&admin, "ada", &wrong).await.problem(422, "invalid");
    assert_eq!(wrong.fields(), ["limits.nodes", "limits.cpus"]);
    assert_eq!(
        patch(&admin, "ada", &json!({"limits": {"gpus": 1}})).await.problem(422, "invalid").fields(),
        ["limits.gpus"]
    );
    let usual = patch(&admin, "ada", &json!({"limits": {}})).await.ok(200).json();
    assert_eq!(usual["own_limits"]["nodes"], Value::Null);
}

#[tokio::test]
async fn a_group_s_limits_hold_for_who_is_put_into_it() {
    let daemon = Options::default().with("limits-groups", "students: nodes=1, staff: nodes=20").start().await;
    daemon.add_user("ada");
    let (admin, ada) = (daemon.admin(), daemon.client_of("ada"));
    let person = patch(&admin, "ada", &json!({"group": "students"})).await.ok(200).json();
    assert_eq!((&person["group"], &person["limits"]["nodes"]), (&json!("students"), &json!(1)));
    ada.post("/api/v1/vclusters", &order("lab", 2)).await.problem(422, "limit_exceeded");
    let wrong = patch(&admin, "ada", &json!({"group": "nobody"})).await.problem(422, "invalid");
    assert_eq!(wrong.fields(), ["group"]);
    daemon.cli(&["user", "group", "ada", "staff"]);
    let shown = daemon.cli(&["user", "limits", "ada"]);
    assert!(shown.contains("0 of 20  (group staff)"), "{shown}");
    let detail = admin.get("/api/v1/admin/users/ada").await.ok(200).json();
    assert_eq!((&detail["groups"], &detail["usual_limits"]["nodes"]), (&json!(["staff", "students"]), &json!(20)));
    daemon.cli(&["user", "group", "ada"]);
    assert_eq!(admin.get("/api/v1/admin/users/ada").await.ok(200).json()["person"]["group"], Value::Null);
}

#[tokio::test]
async fn nobody_judges_themselves_and_a_token_reaches_no_administrator() {
    let daemon = Daemon::start_usual().await;
    let (browser, token) = (root(&daemon).await, daemon.admin());
    patch(&browser.client, "admin", &json!({"role": "user"})).await.problem(409, "conflict");
    patch(&browser.client, "admin", &json!({"locked": true})).await.problem(409, "conflict");
    browser.client.post("/api/v1/admin/users/admin/password", &json!({})).await.problem(409, "conflict");
    let eve = json!({"name": "eve", "role": "admin"});
    token.post("/api/v1/admin/users", &eve).await.problem(403, "forbidden");
    browser.client.post("/api/v1/admin/users", &eve).await.ok(201);
    token.post("/api/v1/admin/users/eve/password", &json!({})).await.problem(403, "forbidden");
    patch(&token, "eve", &json!({"role": "user"})).await.problem(403, "forbidden");
    patch(&browser.client, "eve", &json!({"role": "user"})).await.ok(200);
    token.post("/api/v1/admin/users/eve/password", &json!({})).await.ok(200);
}

#[tokio::test]
async fn a_reset_password_and_a_sign_out_end_what_is_open() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let admin = daemon.admin();
    let (browser, token) = (Desk::sign_in(&daemon, "ada", &password).await, daemon.client_of("ada"));
    let given = admin.post("/api/v1/admin/users/ada/password", &json!({})).await.ok(200);
    browser.client.get("/api/v1/session").await.problem(401, "not_signed_in");
    token.get("/api/v1/session").await.ok(200);
    let short = json!({"password": "short"});
    let short = admin.post("/api/v1/admin/users/ada/password", &short).await.problem(422, "invalid");
    assert_eq!(short.fields(), ["password"]);
    let again = Desk::sign_in(&daemon, "ada", &given.at("/password")).await;
    admin.delete("/api/v1/admin/users/ada/sessions").await.ok(204);
    again.client.get("/api/v1/session").await.problem(401, "not_signed_in");
    token.get("/api/v1/session").await.ok(200);
    admin.delete("/api/v1/admin/users/ada/sessions?tokens=maybe").await.problem(422, "invalid");
    admin.delete("/api/v1/admin/users/ada/sessions?tokens=true").await.ok(204);
    token.get("/api/v1/session").await.problem(401, "bad_token");
    assert!(!daemon.log().contains(&given.at("/password")), "a password is in no log");
}

#[tokio::test]
async fn health_says_what_dockletd_stands_on_and_configuration_hides_its_secrets() {
    let daemon = Options::default().with("etcd-password", "hunter2hunter2").start().await;
    let admin = daemon.admin();
    let health = admin.get("/api/v1/admin/health").await.ok(200).json();
    let parts = health["parts"].as_array().expect("a list");
    let names: Vec<&str> = parts.iter().filter_map(|part| part["name"].as_str()).collect();
    assert_eq!(names, ["database", "coordination", "engine", "hosts"]);
    assert!(parts.iter().all(|part| part["ready"] == true), "{health}");
    assert!(parts[..3].iter().all(|part| part["version"].is_string()), "{health}");
    let host = &health["hosts"][0];
    assert!(host["ready"] == true && host["cpus"].as_f64() > Some(0.0) && host["held"]["nodes"] == 0, "{health}");
    assert!(health["disk"]["total_bytes"].as_u64() >= health["disk"]["free_bytes"].as_u64(), "{health}");
    let config = admin.get("/api/v1/admin/config").await.ok(200);
    assert!(!config.text.contains("hunter2"), "{}", config.text);
    let settings = config.json();
    let find = |section: &str, key: &str| {
        let all = settings.as_array().expect("a list");
        let found = all.iter().find(|setting| setting["section"] == section && setting["key"] == key);
        found.unwrap_or_else(|| panic!("no {section}.{key}: {settings}")).clone()
    };
    let secret = find("etcd", "password");
    assert_eq!((secret["value"].as_str(), secret["source"].as_str()), (Some("(set)"), Some("flag --etcd-password")));
    assert_eq!(find("limits", "vclusters")["source"], "default");
    assert_eq!(find("server", "listen")["changed"], true);
}

#[tokio::test]
async fn every_endpoint_is_in_the_description() {
    let daemon = Daemon::start_usual().await;
    let document = daemon.anonymous().get("/api/v1/openapi.json").await.ok(200).json();
    for (path, methods) in [
        ("/api/v1/me/password", &["put"][..]),
        ("/api/v1/me/tokens", &["get", "post"]),
        ("/api/v1/me/tokens/{token}", &["delete"]),
        ("/api/v1/me/sessions", &["get", "delete"]),
        ("/api/v1/me/sessions/{session}", &["delete"]),
        ("/api/v1/admin/users", &["get", "post"]),
        ("/api/v1/admin/users/{name}", &["get", "patch"]),
        ("/api/v1/admin/users/{name}/password", &["post"]),
        ("/api/v1/admin/users/{name}/sessions", &["delete"]),
        ("/api/v1/admin/health", &["get"]),
        ("/api/v1/admin/config", &["get"]),
    ] {
        for method in methods {
            assert!(document["paths"][path].get(method).is_some(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_command_line_does_the_same_beside_a_running_daemon() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let ada = daemon.client_of("ada");
    let limits = daemon.cli(&["user", "limits", "ada", "--nodes", "1", "--cpus", "0.5"]);
    assert!(limits.contains("nodes       0 of 1\n") && limits.contains("vclusters   0 of 20  (default)"), "{limits}");
    ada.post("/api/v1/vclusters", &order("lab", 2)).await.problem(422, "limit_exceeded");
    let limits = daemon.cli(&["user", "limits", "ada", "--nodes", "default"]);
    assert!(limits.contains("nodes       0 of 32  (default)") && limits.contains("cpus        0 of 0.5\n"), "{limits}");
    for wrong in [["user", "limits", "ada", "--nodes", "many"], ["user", "limits", "ada", "--cpus", "-1"]] {
        assert!(!try_cli(&daemon.data, &wrong).status.success(), "{wrong:?}");
    }
    ada.get("/api/v1/admin/users").await.problem(404, "not_found");
    daemon.cli(&["user", "role", "ada", "admin"]);
    ada.get("/api/v1/admin/users").await.problem(403, "needs_scope");
    daemon.client_of("ada").get("/api/v1/admin/users").await.ok(200);
    daemon.cli(&["user", "lock", "admin"]);
    let last = try_cli(&daemon.data, &["user", "role", "ada", "user"]);
    assert!(String::from_utf8_lossy(&last.stderr).contains("only administrator"), "{last:?}");
    daemon.cli(&["user", "unlock", "admin"]);
    daemon.cli(&["user", "role", "ada", "user"]);
    let token = daemon.cli(&["token", "create", "--user", "ada", "--expires", "1d", "--name", "thesis"]);
    assert!(daemon.cli(&["token", "list", "--user", "ada"]).contains("thesis"), "{token}");
}
