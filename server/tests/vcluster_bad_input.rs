//! Requests that are not right: a clear answer that names field and rule, and nothing half made.

use std::time::Duration;

use reqwest::{Body, Method};
use serde_json::{Value, json};
use testkit::obtain;

use crate::common::{
    client::{Client, order, send},
    daemon::{Daemon, Options},
    docker,
    process::resident,
};

const UNKNOWN: &str = "0198c0de-0000-7000-8000-000000000000";

fn with(field: &str, value: Value) -> Value {
    let mut order = order("lab", 1);
    *order.pointer_mut(field).expect("a field of the order") = value;
    order
}

async fn refused(client: &Client, body: &Value, field: &str) -> String {
    let answer = client.post("/api/v1/vclusters", body).await.problem(422, "invalid");
    assert_eq!(answer.fields(), [field], "{body}");
    answer.at("/violations/0/message")
}

async fn nothing_was_made(daemon: &Daemon, client: &Client) {
    assert_eq!(client.get("/api/v1/vclusters").await.ok(200).json()["items"], json!([]));
    assert_eq!(client.get("/api/v1/session").await.ok(200).json()["usage"]["nodes"], 0);
    assert_eq!(docker::containers(daemon.installation), []);
    assert_eq!(docker::networks(daemon.installation), [""; 0]);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_with_its_rule() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    for name in ["", "../", "l\u{0430}b", "Lab", "lab-", "9", "a b", &"a".repeat(300)] {
        refused(&client, &with("/name", json!(name)), "name").await;
    }
    for nodes in
        [json!(0), json!(-1), json!(17), json!(1_000_000_000), json!(1.5), json!("2"), json!(1e300), json!(null)]
    {
        let rule = refused(&client, &with("/nodes", nodes), "nodes").await;
        assert!(rule.starts_with("must be a whole number"), "{rule}");
    }
    for cpus in [json!(0), json!(-1), json!(1e9), json!("1")] {
        refused(&client, &with("/resources/cpus", cpus), "resources.cpus").await;
    }
    for memory in [json!(0), json!(-1), json!(1), json!(i64::MAX), json!(0.5)] {
        refused(&client, &with("/resources/memory_mib", memory), "resources.memory_mib").await;
    }
    for image in ["", "UPPER", "a b", "../x", "x:tag:tag", &"a".repeat(300)] {
        refused(&client, &with("/image", json!(image)), "image").await;
    }
    let all = json!({"name": "", "image": "", "nodes": 0, "resources": {"cpus": 0, "memory_mib": 0}});
    let answer = client.post("/api/v1/vclusters", &all).await.problem(422, "invalid");
    assert_eq!(answer.fields(), ["name", "image", "nodes", "resources.cpus", "resources.memory_mib"]);
    nothing_was_made(&daemon, &client).await;
}

#[tokio::test]
async fn bodies_that_are_no_order_are_refused() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let mut unknown = order("lab", 1);
    unknown["resources"]["gpus"] = json!(1);
    assert!(refused(&client, &unknown, "resources.gpus").await.contains("cpus, memory_mib"));
    refused(&client, &json!({"name": "lab", "image": "x", "nodes": 1}), "resources").await;
    refused(&client, &json!([]), "body").await;
    let post = || client.request(Method::POST, "/api/v1/vclusters").header("content-type", "application/json");
    let with_more = format!("{} x", order("lab", 1));
    for body in ["", "{", "name=lab", "\u{0}", with_more.as_str()] {
        send(post().body(body.to_owned())).await.problem(400, "malformed");
    }
    send(client.request(Method::POST, "/api/v1/vclusters").body("{}")).await.problem(400, "malformed");
    nothing_was_made(&daemon, &client).await;
}

#[tokio::test]
async fn a_body_of_100_mb_is_refused_without_being_read() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let post = || client.request(Method::POST, "/api/v1/vclusters").header("content-type", "application/json");
    let before = resident(daemon.pid());
    let announced = send(post().body(vec![b' '; 100_000_000])).await.problem(413, "too_large");
    assert!(announced.at("/detail").contains("262144 bytes"));
    // Without a length dockletd does not know before how much will come.
    let chunks = futures::stream::iter((0..1000).map(|_| Ok::<_, std::io::Error>(vec![b' '; 100_000])));
    send(post().body(Body::wrap_stream(chunks))).await.problem(413, "too_large");
    let grown = resident(daemon.pid()).saturating_sub(before);
    assert!(grown < 20_000, "dockletd has grown by {grown} KiB");
    send(post().body(" ".repeat(262_144))).await.problem(400, "malformed");
}

#[tokio::test]
async fn more_than_the_limits_or_the_host_have_is_said_field_by_field() {
    let limits =
        Options::default().with("limits-nodes", 2).with("limits-cpus", 1000).with("limits-memory-mib", 1_u64 << 40);
    let daemon = limits.start().await;
    let client = daemon.admin();
    let answer = client.post("/api/v1/vclusters", &order("lab", 3)).await.problem(422, "limit_exceeded");
    assert_eq!(answer.fields(), ["nodes"]);
    assert!(answer.at("/violations/0/message").contains("your limit of 2 leaves 2"), "{}", answer.text);
    let more_than_any_host = with("/resources/memory_mib", json!(32 * 1024 * 1024));
    let answer = client.post("/api/v1/vclusters", &more_than_any_host).await.problem(422, "no_room");
    assert_eq!(answer.fields(), ["resources.memory_mib"]);
    nothing_was_made(&daemon, &client).await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_beside_the_field() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    client.create("lab", 1).await;
    let answer = client.post("/api/v1/vclusters", &order("lab", 1)).await.problem(409, "name_taken");
    assert_eq!(answer.fields(), ["name"]);
    assert_eq!(client.get("/api/v1/vclusters").await.json()["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn an_unknown_image_fails_with_a_reason_and_gives_back_what_it_reserved() {
    let daemon = Options::default().with("images-registries", "localhost:1").start().await;
    let client = daemon.admin();
    // A registry that refuses connections at once.
    let body = with("/image", json!("localhost:1/no-such/image"));
    let id = client.post("/api/v1/vclusters", &body).await.ok(202).at("/id");
    let failed = obtain("it fails", Duration::from_secs(30), || async {
        Some(client.vcluster(&id).await).filter(|answer| answer.at("/state") == "failed")
    })
    .await;
    assert!(failed.at("/reason").contains("localhost:1/no-such/image"), "{}", failed.text);
    assert_eq!(failed.at("/operation/state"), "failed");
    assert_eq!(client.get("/api/v1/session").await.json()["usage"]["nodes"], 0);
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
}

#[tokio::test]
async fn ids_of_nothing_and_of_somebody_else_are_answered_alike() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (ada, admin) = (daemon.client_of("ada"), daemon.admin());
    let id = ada.create("lab", 1).await;
    let answer_of = async |path: String, method: Method| {
        let mut request = admin.request(method.clone(), &path);
        if method == Method::POST {
            request = request.json(&json!({"count": 1}));
        }
        let answer = send(request).await.problem(404, "not_found");
        (answer.at("/title"), answer.at("/detail"))
    };
    let tails = [
        ("", Method::GET),
        ("", Method::DELETE),
        ("/stop", Method::POST),
        ("/nodes", Method::POST),
        ("/nodes/node-0", Method::DELETE),
        ("/nodes/node-0/terminals", Method::GET),
    ];
    for (tail, method) in tails {
        let of = async |id: &str| answer_of(format!("/api/v1/vclusters/{id}{tail}"), method.clone()).await;
        let foreign = of(&id).await;
        assert_eq!(foreign, of(UNKNOWN).await, "{method} {tail}");
        assert_eq!(foreign, of("no-id").await, "{method} {tail}");
    }
    ada.vcluster(&id).await.ok(200);
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist_are_problems() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    for path in ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/vclusters", "/api/v1/vclusters/x/y/z"] {
        client.get(path).await.problem(404, "not_found");
    }
    let answer = send(client.request(Method::PUT, "/api/v1/vclusters")).await.problem(405, "method_not_allowed");
    assert!(answer.header("allow").contains("POST"), "{:?}", answer.headers);
    for query in ["limit=0", "limit=1000", "limit=x", "limit=-1"] {
        let answer = client.get(&format!("/api/v1/vclusters?{query}")).await.problem(422, "invalid");
        assert_eq!(answer.fields(), ["limit"]);
    }
    let answer = client.get("/api/v1/vclusters?cursor=x").await.problem(422, "invalid");
    assert_eq!(answer.fields(), ["cursor"]);
}
