//! The engine goes down under a whole dockletd and is back: what ran runs again, unless its owner has chosen otherwise.

use std::time::Duration;

use serde_json::json;
use testkit::{OwnEngine, obtain};

use crate::{
    common::{
        client::order,
        daemon::{Daemon, Options},
        terminal::{self, Viewer},
    },
    vcluster_lifecycle::settled,
};

/// From the engine's answer on.
const PROMISED: Duration = Duration::from_secs(30);

async fn daemon_on(engine: &OwnEngine) -> Daemon {
    Options::default().with("worker-docker", engine.socket().display()).start().await
}

#[tokio::test]
async fn what_ran_when_the_host_lost_its_power_runs_again_and_what_is_to_stay_down_does() {
    let mut engine = OwnEngine::start(&[]).await;
    let daemon = daemon_on(&engine).await;
    let client = daemon.admin();
    let mut ids = Vec::new();
    for name in ["comes-back", "stays-down"] {
        let id = client.post("/api/v1/vclusters", &order(name, 1)).await.ok(202).at("/id");
        settled(&client, &id, "running").await;
        ids.push(id);
    }
    let path = format!("/api/v1/vclusters/{}", ids[1]);
    let chosen = client.patch(&path, &json!({"autostart": false})).await.ok(200);
    assert_eq!((chosen.json()["autostart"].clone(), chosen.at("/operation/kind").as_str()), (json!(false), "create"));
    let shell = terminal::open(&client, &ids[0], "node-0").await;
    let mut viewer = Viewer::attach(&client, &shell).await;
    viewer.type_in("echo kept > /opt/mark; echo wri\"\"tten\n").await;
    viewer.until("written").await;

    engine.cut_power().await;
    engine.go_on().await;
    let again = obtain("it runs again by itself", PROMISED, || async {
        let answer = client.vcluster(&ids[0]).await.ok(200);
        (answer.at("/state") == "running" && answer.at("/operation/state") == "succeeded")
            .then_some(answer)
            .filter(|answer| answer.at("/operation/kind") == "recover")
    })
    .await;
    assert_eq!(again.at("/operation/host"), again.at("/nodes/0/worker"));
    let list = format!("/api/v1/vclusters/{}/nodes/node-0/terminals", ids[0]);
    assert_eq!(client.get(&list).await.json(), json!([]), "its terminals ended with it");
    let shell = terminal::open(&client, &ids[0], "node-0").await;
    let mut viewer = Viewer::attach(&client, &shell).await;
    viewer.type_in("cat /opt/mark\n").await;
    viewer.until("kept").await;
    let down = settled(&client, &ids[1], "failed").await;
    assert!(down.at("/reason").ends_with("the Docker Engine was restarted"), "{}", down.at("/reason"));
    client.act(&ids[1], "start").await.ok(202);
    settled(&client, &ids[1], "running").await;
}
