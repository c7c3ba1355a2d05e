//! Letting an SSH key in, over REST: who may, what a key is, and what an image without sshd answers.

use serde_json::json;
use testkit::eventually;

use crate::{
    common::{
        answer::Answer,
        client::{Client, order},
        daemon::Daemon,
        docker::{containers, docker},
        stream::PATIENCE,
    },
    vcluster_lifecycle::settled,
};

pub(crate) const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOIjBsaZ67RoMJj6WOT61KhyBLfet1uY6B5QRGTar2RT";

async fn authorize(client: &Client, vcluster: &str, node: &str, key: &str) -> Answer {
    client.post(&format!("/api/v1/vclusters/{vcluster}/nodes/{node}/ssh"), &json!({"public_key": key})).await
}

/// Until sshd has made its keys, which it does when the first node of a home starts.
async fn let_in(client: &Client, vcluster: &str, node: &str, key: &str) -> Answer {
    let asked = || async { Some(authorize(client, vcluster, node, key).await).filter(|answer| answer.status != 409) };
    testkit::obtain("the key is let in", PATIENCE, asked).await.ok(200)
}

#[tokio::test]
async fn a_key_is_let_in_once_for_all_nodes_of_a_home() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 2).await;
    settled(&client, &id, "running").await;
    let told = let_in(&client, &id, "node-0", &format!("{KEY} ada@home\n")).await.json();
    assert_eq!(told["user"], "root");
    let host_key = told["host_keys"][0].as_str().expect("a key");
    assert!(host_key.starts_with("ssh-ed25519 AAAA") && host_key.split(' ').count() == 2, "{host_key}");
    let again = let_in(&client, &id, "node-1", &format!("{KEY} another name")).await.json();
    assert_eq!(again, told, "one home, one host key");
    for node in containers(daemon.installation) {
        let all = docker(&["exec", &node.id, "cat", "/root/.ssh/authorized_keys"]);
        let ours: Vec<&str> = all.lines().filter(|line| line.starts_with(KEY)).collect();
        assert_eq!(ours, [format!("{KEY} ada@home")], "{all}");
        let own = docker(&["exec", &node.id, "cat", "/root/.ssh/docklet_host_ed25519.pub"]);
        assert!(own.starts_with(host_key), "{own}");
        assert_eq!(docker(&["exec", &node.id, "stat", "--format=%a", "/root/.ssh/authorized_keys"]), "600");
    }
}

#[tokio::test]
async fn what_is_no_key_or_nobodys_node_is_refused() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (client, ada) = (daemon.admin(), daemon.client_of("ada"));
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    for key in ["", "ssh-ed25519 AAAA", &format!("restrict {KEY}"), &format!("{KEY} a\n{KEY} b"), &"x".repeat(9000)] {
        let answer = authorize(&client, &id, "node-0", key).await.problem(422, "invalid");
        assert_eq!(answer.fields(), ["public_key"]);
    }
    let path = format!("/api/v1/vclusters/{id}/nodes/node-0/ssh");
    client.post(&path, &json!({})).await.problem(422, "invalid");
    authorize(&ada, &id, "node-0", KEY).await.problem(404, "not_found");
    authorize(&client, &id, "node-7", KEY).await.problem(404, "not_found");
    authorize(&daemon.anonymous(), &id, "node-0", KEY).await.problem(401, "not_signed_in");
    client.act(&id, "stop").await.ok(202);
    settled(&client, &id, "stopped").await;
    authorize(&client, &id, "node-0", KEY).await.problem(409, "node_not_running");
}

#[tokio::test]
async fn an_image_without_sshd_says_so_and_what_works_instead() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    // As it is on the engine: it need not be in a registry that answers here.
    client.post("/api/v1/admin/images", &json!({"pattern": "debian:bookworm"})).await.ok(201);
    let mut order = order("lab", 1);
    order["image"] = json!("debian:bookworm");
    let id = client.post("/api/v1/vclusters", &order).await.ok(202).at("/id");
    eventually("it runs", PATIENCE, || async { client.vcluster(&id).await.at("/state") == "running" }).await;
    let refused = authorize(&client, &id, "node-0", KEY).await.problem(409, "conflict");
    assert_eq!(
        refused.at("/detail"),
        "This node has no sshd that runs: not in this image; `docklet ssh` opens a terminal without it."
    );
}
