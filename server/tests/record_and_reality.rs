//! Backups that are put back under running nodes: of etcd, of the record. No node is lost, none is there twice, and what cannot
//! be settled is said.

use std::time::Duration;

use rustix::process::Signal;
use testkit::{EtcdProgram, eventually};

use crate::{
    common::{
        client::Client,
        daemon::{Daemon, Options},
        docker::{Container, containers, docker},
    },
    vcluster_lifecycle::settled,
};

const SOON: Duration = Duration::from_secs(60);

async fn with(program: &EtcdProgram) -> Daemon {
    Options::default().with("etcd-binary", program.path().display()).start().await
}

/// A vcluster of one node with a file outside the home; its container.
async fn lab(daemon: &Daemon, client: &Client, name: &str) -> (String, Container) {
    let id = client.create(name, 1).await;
    settled(client, &id, "running").await;
    let container = container_of(daemon, &id).expect("a container");
    docker(&["exec", &container.id, "sh", "-c", &format!("echo {name} > /opt/file")]);
    (id, container)
}

fn container_of(daemon: &Daemon, vcluster: &str) -> Option<Container> {
    containers(daemon.installation).into_iter().find(|container| container.vcluster == vcluster)
}

fn assert_untouched(daemon: &Daemon, container: &Container, name: &str) {
    assert_eq!(container_of(daemon, &container.vcluster).as_ref(), Some(container), "{name} is the same container");
    assert_eq!(docker(&["exec", &container.id, "cat", "/opt/file"]), name);
}

async fn said(client: &Client, words: &str) {
    eventually(words, SOON, || async {
        let health = client.get("/api/v1/admin/health").await.ok(200).json();
        let notices = health["notices"].as_array().cloned().unwrap_or_default();
        notices.iter().any(|notice| notice["text"].as_str().is_some_and(|text| text.contains(words)))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_etcds_data_under_a_running_daemon_replaces_no_node() {
    let program = EtcdProgram::new();
    let daemon = with(&program).await;
    let client = daemon.admin();
    let etcd = daemon.data.join("etcd");
    let (early, gone) = (lab(&daemon, &client, "early").await, lab(&daemon, &client, "gone").await);
    let copy = program.copy(&etcd).await;
    // What the copy does not know: a vcluster that is gone, and a new one.
    client.delete(&format!("/api/v1/vclusters/{}", gone.0)).await.ok(202);
    eventually("it is gone", SOON, || async { container_of(&daemon, &gone.0).is_none() }).await;
    let late = lab(&daemon, &client, "late").await;

    program.put_back(&etcd, &copy).await;
    // The worker carries out orders again, so it has made of the copy whatever it makes of it.
    let after = lab(&daemon, &client, "after").await;
    client.act(&after.0, "stop").await.ok(202);
    settled(&client, &after.0, "stopped").await;
    assert_untouched(&daemon, &early.1, "early");
    assert_untouched(&daemon, &late.1, "late");
    for id in [&early.0, &late.0] {
        settled(&client, id, "running").await;
    }
    assert!(container_of(&daemon, &gone.0).is_none(), "what only the copy knows is not made again");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loss_of_all_of_etcds_data_costs_nothing() {
    let program = EtcdProgram::new();
    let daemon = with(&program).await;
    let client = daemon.admin();
    let before = lab(&daemon, &client, "before").await;
    program.lose(&daemon.data.join("etcd")).await;
    let after = lab(&daemon, &client, "after").await;
    assert_untouched(&daemon, &before.1, "before");
    settled(&client, &before.0, "running").await;
    settled(&client, &after.0, "running").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_restored_from_a_backup_under_running_nodes_loses_and_doubles_none() {
    let mut daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let (early, gone) = (lab(&daemon, &client, "early").await, lab(&daemon, &client, "gone").await);
    daemon.signal(Signal::TERM);
    assert!(daemon.ended(SOON).await.success());
    let (file, backup) = (daemon.data.join("docklet.db"), daemon.data.join("backup.db"));
    std::fs::copy(&file, &backup).expect("a backup");
    daemon.start().await;
    // Behind the backup: a later order, a vcluster that goes, one that comes.
    client.act(&early.0, "restart").await.ok(202);
    settled(&client, &early.0, "running").await;
    let restarted = container_of(&daemon, &early.0).expect("a container");
    client.delete(&format!("/api/v1/vclusters/{}", gone.0)).await.ok(202);
    eventually("it is gone", SOON, || async { client.vcluster(&gone.0).await.status == 404 }).await;
    // It gets the subnet of the one that is gone.
    let late = lab(&daemon, &client, "late").await;
    // Each start raises the record's term, which etcd then knows and the backup does not.
    for _ in 0..2 {
        daemon.kill();
        daemon.start().await;
    }

    daemon.kill();
    for side in ["docklet.db-wal", "docklet.db-shm"] {
        // They belong to the file that is replaced.
        let _ = std::fs::remove_file(daemon.data.join(side));
    }
    std::fs::copy(&backup, &file).expect("restored");
    daemon.start().await;
    settled(&client, &early.0, "running").await;
    assert_untouched(&daemon, &restarted, "early");
    said(&client, "the record was older").await;
    // Nobody knows whose it is: it is kept, with all that is in it.
    said(&client, "no record claims").await;
    eventually("it is paused", SOON, || async {
        docker(&["inspect", "--format", "{{.State.Status}}", &late.1.id]) == "paused"
    })
    .await;
    // What the record says holds: the vcluster that was deleted behind the backup is there again. Another has its subnet now, so
    // it says that it cannot be brought up, and its owner's repair finds it another one.
    settled(&client, &gone.0, "failed").await;
    client.act(&gone.0, "start").await.ok(202);
    settled(&client, &gone.0, "running").await;
    client.act(&early.0, "restart").await.ok(202);
    settled(&client, &early.0, "running").await;
    assert_eq!(containers(daemon.installation).len(), 3, "none is there twice");
    docker(&["rm", "--force", &late.1.id]);
}
