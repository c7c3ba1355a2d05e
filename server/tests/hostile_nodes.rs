//! Thirty-two nodes in their tenants' hands at once, each asked again and again: others do not notice.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use futures::future::join_all;
use testkit::hostile::{HostileNode, Misdeed};

use crate::{
    common::{
        client::Client,
        daemon::{Daemon, Options},
        stream,
        terminal::{self, Viewer},
    },
    vcluster_lifecycle::settled,
};

/// What an answer may take on a machine that runs the attack, too. What it takes is measured by `make bench`.
const PROMPTLY: Duration = Duration::from_secs(4);
const ROUNDS: usize = 40;

/// Where the daemon reaches its nodes.
fn sockets(daemon: &Daemon) -> Vec<PathBuf> {
    let nodes = std::fs::read_dir(daemon.data.join("nodes")).expect("the nodes' directory");
    nodes.flatten().map(|entry| entry.path().join("init.sock")).filter(|path| path.exists()).collect()
}

async fn vcluster(client: &Client, name: &str) -> String {
    let order = serde_json::json!({"name": name, "image": "docklet/base", "nodes": 16, "resources": {"cpus": 0.1, "memory_mib": 64}});
    client.post("/api/v1/vclusters", &order).await.ok(202).at("/id")
}

/// Asks one node for its terminals until the others have seen enough.
async fn ask(client: &Client, list: String, rounds_left: &AtomicUsize, answers: &AtomicUsize) {
    while rounds_left.load(Ordering::SeqCst) > 0 {
        let answer = client.get(&list).await;
        assert!(matches!(answer.status, 502..=504), "{list}: {} {}", answer.status, answer.text);
        answers.fetch_add(1, Ordering::SeqCst);
    }
}

fn open_files(daemon: &Daemon) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", daemon.pid())).expect("our process").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_hostile_nodes_at_once_hold_up_neither_the_daemon_nor_others_terminals() {
    let overcommit = Options::default().with("worker-cpu-overcommit", 100).with("worker-memory-overcommit", 100);
    let daemon = overcommit.with("limits-nodes", 40).start().await;
    let tenant = daemon.admin();
    let ids = [vcluster(&tenant, "evil-1").await, vcluster(&tenant, "evil-2").await];
    for id in &ids {
        settled(&tenant, id, "running").await;
    }
    let evil = sockets(&daemon);
    assert_eq!(evil.len(), 32);
    daemon.add_user("ada");
    let ada = daemon.client_of("ada");
    let victim = ada.create("lab", 1).await;
    settled(&ada, &victim, "running").await;
    let mut viewer = Viewer::attach(&ada, &terminal::open(&ada, &victim, "node-0").await).await;
    viewer.type_in("echo re\"\"ady\n").await;
    viewer.until("ready").await;
    let _nodes: Vec<HostileNode> = evil
        .iter()
        .zip(Misdeed::ALL.into_iter().cycle())
        .map(|(place, misdeed)| HostileNode::take_place(place, misdeed))
        .collect();
    let (rounds_left, answers) = (AtomicUsize::new(ROUNDS), AtomicUsize::new(0));
    let lists = ids
        .iter()
        .flat_map(|id| (0..16).map(move |node| format!("/api/v1/vclusters/{id}/nodes/node-{node}/terminals")));
    let attack = join_all(lists.map(|list| ask(&tenant, list, &rounds_left, &answers)));
    let others = async {
        let anonymous = daemon.anonymous();
        for round in 0..ROUNDS {
            let began = Instant::now();
            anonymous.get("/healthz").await.ok(200);
            viewer.type_in(&format!("echo round-$(({round}+1000))\n")).await;
            viewer.until(&format!("round-{}", round + 1000)).await;
            assert!(began.elapsed() < PROMPTLY, "round {round} took {:?}", began.elapsed());
            rounds_left.fetch_sub(1, Ordering::SeqCst);
            // As fast as the attack, so that it is under way all the time.
            let seen = answers.load(Ordering::SeqCst);
            testkit::eventually("the attack goes on", stream::PATIENCE, || async {
                answers.load(Ordering::SeqCst) >= seen + 8
            })
            .await;
        }
    };
    tokio::join!(attack, others);
    let open = open_files(&daemon);
    assert!(open < 4_000, "{open} descriptors are open");
    for id in &ids {
        tenant.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    }
    for id in &ids {
        testkit::eventually("the hostile vclusters are gone", Duration::from_secs(60), || async {
            tenant.vcluster(id).await.status == 404
        })
        .await;
    }
    daemon.anonymous().get("/readyz").await.ok(200);
}
