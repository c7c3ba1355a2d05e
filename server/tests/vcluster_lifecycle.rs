//! A vcluster from its creation to nothing being left of it, with real containers.

use std::time::Duration;

use serde_json::json;
use testkit::{eventually, obtain};

use crate::common::{
    answer::Answer,
    client::{Client, order, send},
    daemon::Daemon,
    docker::{containers, docker, networks},
    terminal::{self, Viewer},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the vcluster and all of its nodes are in this state.
pub(crate) async fn settled(client: &Client, id: &str, state: &str) -> Answer {
    obtain(&format!("the vcluster is {state}"), PATIENCE, || async {
        let answer = client.vcluster(id).await.ok(200);
        let nodes = answer.json()["nodes"].as_array().cloned().unwrap_or_default();
        let all = nodes.iter().all(|node| node["state"] == state);
        (answer.at("/state") == state && all && answer.at("/operation/state") != "running").then_some(answer)
    })
    .await
}

pub(crate) async fn gone(client: &Client, id: &str) {
    eventually("the vcluster is gone", PATIENCE, || async { client.vcluster(id).await.status == 404 }).await;
}

#[tokio::test]
async fn created_used_stopped_started_changed_and_deleted_nothing_is_left() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let accepted = client.post("/api/v1/vclusters", &order("lab", 2)).await.ok(202);
    let id = accepted.at("/id");
    assert_eq!(accepted.header("location"), format!("/api/v1/vclusters/{id}"));
    assert_eq!((accepted.at("/state").as_str(), accepted.at("/owner").as_str()), ("creating", "admin"));

    settled(&client, &id, "running").await;
    let path = terminal::open(&client, &id, "node-1").await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("echo $((6*7))-$(hostname); ping -c1 -W2 node-0 >/dev/null && echo re\"\"ached\n").await;
    viewer.until("42-node-1").await;
    viewer.until("reached").await;
    assert_eq!(client.get("/api/v1/session").await.json()["usage"]["nodes"], 2);

    client.post(&format!("/api/v1/vclusters/{id}/nodes"), &json!({"count": 1})).await.ok(202);
    assert_eq!(settled(&client, &id, "running").await.at("/nodes/2/name"), "node-2");
    client.delete(&format!("/api/v1/vclusters/{id}/nodes/node-0")).await.ok(202);
    eventually("node-0 is gone", PATIENCE, || async {
        client.vcluster(&id).await.json()["nodes"].as_array().is_some_and(|nodes| nodes.len() == 2)
    })
    .await;

    client.act(&id, "stop").await.ok(202);
    settled(&client, &id, "stopped").await;
    let usage = client.get("/api/v1/session").await.json()["usage"].clone();
    assert_eq!((&usage["vclusters"], &usage["nodes"]), (&json!(1), &json!(0)));
    assert!(containers(daemon.installation).iter().all(|container| !container.running));
    let list = format!("/api/v1/vclusters/{id}/nodes/node-1/terminals");
    assert_eq!(client.get(&list).await.json(), json!([]), "a node that does not run has no terminals");
    client.post(&list, &json!({})).await.problem(409, "node_not_running");

    client.act(&id, "start").await.ok(202);
    settled(&client, &id, "running").await;
    let before = containers(daemon.installation);
    client.act(&id, "restart").await.ok(202);
    settled(&client, &id, "running").await;
    let after = containers(daemon.installation);
    assert!(before.iter().zip(&after).all(|(a, b)| a.id == b.id && a.started_at != b.started_at));

    let activity = format!("/api/v1/vclusters/{id}/activity");
    let newest = client.get(&format!("{activity}?limit=2")).await.ok(200);
    assert_eq!((newest.at("/items/0/kind").as_str(), newest.at("/items/1/kind").as_str()), ("restart", "start"));
    assert_eq!((newest.at("/items/0/by").as_str(), newest.at("/items/0/state").as_str()), ("admin", "succeeded"));
    let older = client.get(&format!("{activity}?cursor={}", newest.at("/next"))).await.ok(200);
    assert_eq!((older.at("/items/0/kind").as_str(), older.at("/items/4/kind").as_str()), ("stop", "create"));
    assert_eq!(older.at("/items/3/opened/what"), "terminal");
    assert_eq!(older.at("/next"), "");

    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    gone(&client, &id).await;
    client.get(&activity).await.problem(404, "not_found");
    assert_eq!(containers(daemon.installation), []);
    assert_eq!(networks(daemon.installation), [""; 0]);
    // The home stays, for the next vcluster.
    let left = daemon.cleanup.present();
    assert!(left.iter().all(|thing| thing.starts_with("volume ")), "{left:?}");
    assert_eq!(client.get("/api/v1/session").await.json()["usage"]["vclusters"], 0);
}

#[tokio::test]
async fn a_vcluster_whose_subnet_was_taken_while_it_was_stopped_starts_in_another_one_with_its_files() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 2).await;
    let subnet = settled(&client, &id, "running").await.at("/subnet");
    let path = terminal::open(&client, &id, "node-0").await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("echo ke\"\"pt | tee /var/tmp/mark\n").await;
    viewer.until("kept").await;
    client.act(&id, "stop").await.ok(202);
    settled(&client, &id, "stopped").await;

    let foreign = Foreign::instead_of(&id, &subnet);
    client.act(&id, "start").await.ok(202);
    let moved = settled(&client, &id, "running").await.at("/subnet");
    assert_ne!(moved, subnet);
    let path = terminal::open(&client, &id, "node-0").await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("cat /var/tmp/mark; ssh node-1 echo re\"\"ached\n").await;
    viewer.until("kept").await;
    viewer.until("reached").await;
    drop(foreign);
}

/// A network that is not ours, on a subnet that was a vcluster's.
struct Foreign(String);

impl Foreign {
    fn instead_of(vcluster: &str, subnet: &str) -> Self {
        let filter = format!("label=docklet.vcluster={vcluster}");
        let ours = docker(&["network", "ls", "--quiet", "--filter", &filter]);
        docker(&["network", "rm", &ours]);
        let name = format!("foreign-{vcluster}");
        docker(&["network", "create", "--subnet", subnet, &name]);
        Self(name)
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        docker(&["network", "rm", &self.0]);
    }
}

#[tokio::test]
async fn actions_that_do_not_fit_are_refused_with_what_is_in_the_way() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let mut small = order("lab", 1);
    small["resources"]["cpus"] = json!(0.05);
    let id = client.post("/api/v1/vclusters", &small).await.ok(202).at("/id");
    settled(&client, &id, "running").await;
    let nodes = format!("/api/v1/vclusters/{id}/nodes");
    for count in [0, -1, 1_000_000_000] {
        let answer = client.post(&nodes, &json!({"count": count})).await.problem(422, "invalid");
        assert_eq!(answer.fields(), ["count"]);
    }
    client.post(&nodes, &json!({"count": 16})).await.problem(409, "conflict");
    client.delete(&format!("{nodes}/node-0")).await.problem(409, "conflict");
    client.delete(&format!("{nodes}/node-7")).await.problem(404, "not_found");
    client.delete(&format!("{nodes}/node-00")).await.problem(404, "not_found");
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    let refused = client.act(&id, "start").await;
    // Being deleted, or gone already.
    assert!(matches!(refused.code().as_str(), "conflict" | "not_found"), "{}", refused.text);
    gone(&client, &id).await;
}

#[tokio::test]
async fn an_idempotency_key_makes_one_vcluster_however_often_it_is_sent() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let post = async |key: &str, name: &str| {
        let request = client.request(reqwest::Method::POST, "/api/v1/vclusters").json(&order(name, 1));
        send(request.header("idempotency-key", key.to_owned())).await
    };
    let (first, second) = tokio::join!(post("one", "lab"), post("one", "lab"));
    assert_eq!(first.ok(202).at("/id"), second.ok(202).at("/id"));
    post("one", "other").await.problem(409, "idempotency_mismatch");
    post("two", "lab").await.problem(409, "name_taken");
    for key in ["", &"k".repeat(129), "a b"] {
        let answer = post(key, "lab").await.problem(422, "invalid");
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
    }
}

#[tokio::test]
async fn a_vcluster_is_described_when_it_is_made_and_at_any_time_after() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let mut wanted = order("lab", 1);
    wanted["description"] = json!("for the thesis\nchapter 3 · 论文 ");
    let made = client.post("/api/v1/vclusters", &wanted).await.ok(202);
    assert_eq!(made.at("/description"), "for the thesis\nchapter 3 · 论文");
    let (id, path) = (made.at("/id"), format!("/api/v1/vclusters/{}", made.at("/id")));
    let changed = client.patch(&path, &json!({"description": ""})).await.ok(200);
    assert_eq!((changed.at("/description").as_str(), &changed.json()["autostart"]), ("", &json!(true)));
    let refused = client.patch(&path, &json!({"description": "x".repeat(501)})).await;
    assert_eq!((refused.status, refused.at("/violations/0/field").as_str()), (422, "description"));
    assert_eq!(client.vcluster(&id).await.ok(200).at("/description"), "", "what is refused changes nothing");
    client.delete(&path).await.ok(202);
    gone(&client, &id).await;
}

#[tokio::test]
async fn a_list_comes_in_pages_newest_first() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    for name in ["a", "b", "c"] {
        client.create(name, 1).await;
    }
    let page = async |query: &str| client.get(&format!("/api/v1/vclusters?{query}")).await.ok(200);
    let names = |page: &Answer| {
        let items = page.json()["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let first = page("limit=2").await;
    assert_eq!(names(&first), ["c", "b"]);
    let second = page(&format!("limit=2&cursor={}", first.at("/next"))).await;
    assert_eq!(names(&second), ["a"]);
    assert!(second.json().get("next").is_none());
    assert_eq!(names(&page("").await), ["c", "b", "a"]);
    assert!(page("limit=3").await.json().get("next").is_none(), "a page that is just full is the last");
}
