//! The engine goes down under a whole dockletd and is back: what ran runs again, unless its owner has chosen otherwise.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{OwnEngine, eventually, obtain};

use crate::{
    common::{
        client::order,
        daemon::{Daemon, Options},
        docker::{Container, containers_on},
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

/// Longer than the engine is given to answer a question, which is longer than a worker's lease.
const NOTICED: Duration = Duration::from_secs(90);
/// An answer of a process that has nothing to wait for, on a machine that has much else to do.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Two vclusters; one is to be restarted while the engine hangs, the other is left alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_hangs_costs_its_host_nothing_and_doubles_no_node() {
    let engine = OwnEngine::start(&[]).await;
    let daemon = daemon_on(&engine).await;
    let client = daemon.admin();
    let mut ids = Vec::new();
    for name in ["restarted", "untouched"] {
        let id = client.create(name, 2).await;
        settled(&client, &id, "running").await;
        ids.push(id);
    }
    let containers = || containers_on(&|arguments| engine.docker(arguments), daemon.installation);
    let of = |id: &str| containers().into_iter().filter(|one| one.vcluster == id).collect::<Vec<Container>>();
    let (restarted, untouched) = (of(&ids[0]), of(&ids[1]));
    let shell = terminal::open(&client, &ids[1], "node-0").await;

    engine.freeze();
    client.act(&ids[0], "restart").await.ok(202);
    eventually("the engine is missed", NOTICED, || async {
        let asked = Instant::now();
        daemon.anonymous().get("/healthz").await.ok(200);
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
        let nodes = client.vcluster(&ids[0]).await.ok(200).json()["nodes"].clone();
        nodes.as_array().expect("nodes").iter().all(|node| {
            node["reason"].as_str().is_some_and(|reason| reason.starts_with("the Docker Engine does not answer"))
        })
    })
    .await;
    let mut viewer = Viewer::attach(&client, &shell).await;
    viewer.type_in("echo st\"\"ill here\n").await;
    viewer.until("still here").await;
    engine.thaw();

    for id in &ids {
        settled(&client, id, "running").await;
    }
    let names = |all: &[Container]| all.iter().map(|one| one.host_name.clone()).collect::<Vec<_>>();
    assert_eq!(of(&ids[1]), untouched, "what nobody touched was not restarted");
    assert_eq!(names(&of(&ids[0])), names(&restarted), "no node is there twice");
    assert!(of(&ids[0]).iter().all(|one| one.running && !restarted.contains(one)), "it was restarted");
    assert!(!daemon.log().contains("worker does not answer"), "the host was there all the time");
}
