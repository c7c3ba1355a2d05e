//! What nodes are run with, seen from outside: an image's runtime, a group's, and one that the engine does not have.

use serde_json::{Value, json};

use crate::{
    common::{
        client::order,
        daemon::{Daemon, Options},
        docker::{containers, docker},
    },
    vcluster_lifecycle::settled,
};

/// Every engine has it beside `runc`.
const SECOND: &str = "io.containerd.runc.v2";

async fn health(daemon: &Daemon) -> Value {
    daemon.admin().get("/api/v1/admin/health").await.ok(200).json()
}

#[tokio::test]
async fn an_image_s_runtime_is_what_its_nodes_are_made_with_before_that_of_the_group() {
    let daemon = Options::default().with("limits-groups", "students: runtime=runc").start().await;
    daemon.add_user("ada");
    daemon.cli(&["user", "group", "ada", "students"]);
    let (admin, ada) = (daemon.admin(), daemon.client_of("ada"));
    let runtimes = health(&daemon).await["hosts"][0]["runtimes"].clone();
    let has = |name: &str| runtimes.as_array().is_some_and(|all| all.iter().any(|one| one == name));
    assert!(has("runc") && has(SECOND), "{runtimes}");

    let allow = async |body: Value| admin.post("/api/v1/admin/images", &body).await;
    let line = allow(json!({"pattern": "docklet/base", "runtime": SECOND})).await.ok(201).json();
    assert_eq!((&line["pattern"], &line["runtime"]), (&json!("docklet/base"), &json!(SECOND)));
    let id = ada.create("lab", 1).await;
    let lab = settled(&ada, &id, "running").await;
    assert_eq!(lab.at("/nodes/0/runtime"), SECOND);
    let made_with = |id: &str| docker(&["inspect", "--format", "{{.HostConfig.Runtime}}", id]);
    assert_eq!(made_with(&containers(daemon.installation)[0].id), SECOND);

    let again = allow(json!({"pattern": "docklet/base"})).await.ok(201).json();
    assert_eq!(again["runtime"], Value::Null, "the same line without one");
    let other = ada.create("other", 1).await;
    let other = settled(&ada, &other, "running").await;
    assert_eq!(other.at("/nodes/0/runtime"), "runc", "the group's");
    assert_eq!(ada.vcluster(&id).await.at("/nodes/0/runtime"), SECOND, "it keeps its own");
    let bad = allow(json!({"pattern": "lab/*", "runtime": "/usr/bin/runsc"})).await.problem(422, "invalid");
    assert_eq!(bad.fields(), ["runtime"]);
}

#[tokio::test]
async fn an_order_with_a_runtime_that_the_engine_does_not_have_is_refused_by_its_name() {
    let group = "students: runtime=docklet-no-such-runtime";
    let daemon = Options::default().with("limits-groups", group).start().await;
    daemon.add_user("ada");
    daemon.cli(&["user", "group", "ada", "students"]);
    let refused = daemon.client_of("ada").post("/api/v1/vclusters", &order("lab", 1)).await.problem(422, "no_room");
    assert_eq!(refused.fields(), ["image"]);
    let rule = refused.at("/violations/0/message");
    let said =
        "is to run with the runtime docklet-no-such-runtime, and no host that takes nodes has it; ask an administrator";
    assert!(rule.starts_with(said), "{rule}");
    let notices = health(&daemon).await["notices"].to_string();
    assert!(notices.contains("the runtime docklet-no-such-runtime is set for an image or a group"), "{notices}");
}
