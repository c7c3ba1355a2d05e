//! A fork bomb in every node of an owner: it takes what that owner may have, and nothing of others'.

use std::{path::Path, process::Command, time::Duration};

use serde_json::json;
use testkit::eventually;

use crate::{
    common::{
        client::order,
        daemon::Options,
        docker::{Container, containers, docker},
    },
    vcluster_lifecycle::settled,
};

const PIDS: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);
/// A shell's bomb ends when it cannot fork; this one goes on trying.
const BOMB: &str = "import os\nwhile True:\n try: os.fork()\n except OSError: pass";

/// How many processes are in the node, counted from the host.
fn processes(node: &Container) -> usize {
    let namespace = |process: &Path| std::fs::read_link(process.join("ns/pid")).ok();
    let first = docker(&["inspect", "--format", "{{.State.Pid}}", &node.id]);
    let its = namespace(&Path::new("/proc").join(first)).expect("we may look into the node");
    let all = std::fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
    all.filter(|process| namespace(&process.path()).as_ref() == Some(&its)).count()
}

/// A whole pipeline of new processes works in there.
fn forks(node: &Container) -> bool {
    let line = "for i in 1 2 3 4 5 6 7 8; do echo $i | cat; done | wc -l";
    let output = Command::new("docker").args(["exec", &node.id, "sh", "-c", line]).output().expect("the host forks");
    output.status.success() && String::from_utf8_lossy(&output.stdout).trim() == "8"
}

#[tokio::test]
async fn a_fork_bomb_in_all_nodes_of_an_owner_leaves_other_owners_and_the_host_forking() {
    let options = Options::default().with("worker-pids", PIDS).with("limits-pids", 2 * PIDS);
    let daemon = options.start().await;
    for name in ["ada", "grace"] {
        daemon.add_user(name);
    }
    let (ada, grace) = (daemon.client_of("ada"), daemon.client_of("grace"));
    let id = grace.create("bystander", 1).await;
    settled(&grace, &id, "running").await;
    let bystander = containers(daemon.installation).remove(0);
    let mut roomy = order("bombs", 2);
    roomy["resources"]["memory_mib"] = json!(512);
    let bombs = ada.post("/api/v1/vclusters", &roomy).await.ok(202).at("/id");
    settled(&ada, &bombs, "running").await;
    let refused = ada.post("/api/v1/vclusters", &order("more", 1)).await.problem(422, "limit_exceeded");
    assert_eq!(refused.at("/violations/0/message"), "needs 100 processes, but your limit of 200 leaves 0");
    let nodes: Vec<Container> =
        containers(daemon.installation).into_iter().filter(|node| node.id != bystander.id).collect();
    assert_eq!(nodes.len(), 2);
    for node in &nodes {
        docker(&["exec", "--detach", &node.id, "python3", "-c", BOMB]);
    }
    for node in &nodes {
        // Threads count as well, so processes alone come close to the limit.
        eventually("the bomb takes all it may", PATIENCE, || async { processes(node) > PIDS * 3 / 4 }).await;
    }
    for round in 0..5 {
        assert!(nodes.iter().all(|node| processes(node) <= PIDS), "round {round}");
        assert!(forks(&bystander), "the other owner's node in round {round}");
    }
    daemon.anonymous().get("/readyz").await.ok(200);
    let more = grace.create("more", 1).await;
    settled(&grace, &more, "running").await;
    ada.delete(&format!("/api/v1/vclusters/{bombs}")).await.ok(202);
    eventually("the bombs are gone", PATIENCE, || async { ada.vcluster(&bombs).await.status == 404 }).await;
}
