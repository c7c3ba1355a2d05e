//! Backups that are put back under running nodes: of etcd, of the record. No node is lost, none is there twice, and what cannot
//! be settled is said.

use std::{sync::OnceLock, time::Duration};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use testkit::{EtcdProgram, RealPostgres, eventually};

use crate::{
    common::{
        client::{Client, send},
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

/// Where the record is. It is backed up and restored as docs/admin/backup.md says.
enum Kept {
    File,
    Server {
        server: &'static RealPostgres,
        url: String,
    },
    /// The whole data directory: the file, and etcd's data of the same time.
    All {
        program: EtcdProgram,
        copy: OnceLock<TempDir>,
    },
}

impl Kept {
    fn options(&self) -> Options {
        match self {
            Self::File => Options::default(),
            Self::Server { url, .. } => Options::default().with("database-url", url),
            Self::All { program, .. } => Options::default().with("etcd-binary", program.path().display()),
        }
    }

    /// While the daemon runs.
    async fn back_up(&self, daemon: &Daemon) {
        let backup = daemon.data.join("backup");
        if let Self::All { program, copy } = self {
            copy.set(program.copy(&daemon.data.join("etcd")).await).expect("one copy");
        }
        match self {
            Self::File | Self::All { .. } => drop(daemon.sqlite3(&format!(".backup '{}'", backup.display()))),
            Self::Server { server, url } => {
                let file = backup.to_str().expect("text");
                server.run("pg_dump", &["--format=custom", "--file", file, url]);
            }
        }
    }

    /// While no daemon runs.
    async fn restore(&self, daemon: &Daemon) {
        let backup = daemon.data.join("backup");
        if let Self::All { program, copy } = self {
            program.put_back(&daemon.data.join("etcd"), copy.get().expect("a copy")).await;
        }
        match self {
            Self::File | Self::All { .. } => {
                for side in ["docklet.db-wal", "docklet.db-shm"] {
                    // They belong to the file that is replaced.
                    let _ = std::fs::remove_file(daemon.data.join(side));
                }
                std::fs::copy(&backup, daemon.data.join("docklet.db")).expect("restored");
            }
            Self::Server { server, url } => {
                let file = backup.to_str().expect("text");
                server.run("pg_restore", &["--clean", "--if-exists", "--single-transaction", "--dbname", url, file]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_restored_from_a_backup_under_running_nodes_loses_and_doubles_none() {
    nothing_is_lost_or_doubled_by_a_restore(&Kept::File).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restored_from_a_dump_under_running_nodes_loses_and_doubles_none() {
    let server = RealPostgres::shared();
    let url = server.url(&server.database(None));
    nothing_is_lost_or_doubled_by_a_restore(&Kept::Server { server, url }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_data_directory_restored_under_running_nodes_loses_and_doubles_none() {
    let kept = Kept::All { program: EtcdProgram::new(), copy: OnceLock::new() };
    nothing_is_lost_or_doubled_by_a_restore(&kept).await;
}

async fn nothing_is_lost_or_doubled_by_a_restore(kept: &Kept) {
    let mut daemon = kept.options().start().await;
    let client = daemon.admin();
    let (early, gone) = (lab(&daemon, &client, "early").await, lab(&daemon, &client, "gone").await);
    kept.back_up(&daemon).await;
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

    daemon.signal(Signal::TERM);
    assert!(daemon.ended(SOON).await.success());
    kept.restore(&daemon).await;
    daemon.start().await;
    settled(&client, &early.0, "running").await;
    assert_untouched(&daemon, &restarted, "early");
    // With etcd set back as well, nothing contradicts the record.
    if !matches!(kept, Kept::All { .. }) {
        said(&client, "the record was older").await;
    }
    // The record does not know whose `late` is: its node is kept, with all that is in it.
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

#[tokio::test(flavor = "multi_thread")]
async fn a_vcluster_that_cannot_be_read_stands_beside_the_others_and_its_owner_and_administrators_can_delete_it() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    daemon.add_user("bob");
    let (admin, ada) = (daemon.admin(), daemon.client_of("ada"));
    let (broken, good) = (lab(&daemon, &ada, "broken").await, lab(&daemon, &ada, "good").await);
    let damaged = ada.create("damaged", 1).await;
    settled(&ada, &damaged, "running").await;
    daemon.sqlite3("UPDATE vclusters SET intent = 'sleeping' WHERE name IN ('broken', 'damaged')");

    let listed = ada.get("/api/v1/vclusters").await.ok(200).json();
    assert_eq!((&listed["items"][0]["id"], listed["items"].as_array().map(Vec::len)), (&json!(good.0), Some(1)));
    assert_eq!(
        (&listed["unreadable"][0]["id"], listed["unreadable"].as_array().map(Vec::len)),
        (&json!(damaged), Some(2))
    );
    let sentence = listed["unreadable"][0]["reason"].as_str().expect("a sentence");
    assert!(
        sentence.contains("cannot be read from the record") && sentence.contains("Restore the record"),
        "{sentence}"
    );
    let browser = daemon.browser();
    browser.sign_in("ada", &password).await.ok(200);
    let page = browser.get("/").await.ok(200).text;
    assert!(page.contains("cannot be read from the record") && page.contains(">good<"), "{page}");
    said(&admin, "cannot be read from the record").await;
    assert_untouched(&daemon, &broken.1, "broken");

    let by_form = |id: &str| browser.request(Method::POST, "/actions/delete-unreadable").form(&[("id", id)]);
    assert_eq!(send(by_form(&good.0)).await.status, 404, "what can be read is deleted where its name is asked for");
    send(by_form(&damaged)).await.ok(200);
    let path = |id: &str| format!("/api/v1/vclusters/{id}");
    daemon.client_of("bob").delete(&path(&broken.0)).await.problem(404, "not_found");
    admin.delete(&path(&good.0)).await.problem(404, "not_found");
    admin.delete(&path(&broken.0)).await.ok(204);
    eventually("their containers are gone", SOON, || async {
        [&broken.0, &damaged].iter().all(|id| container_of(&daemon, id).is_none())
    })
    .await;
    let listed = ada.get("/api/v1/vclusters").await.ok(200).json();
    assert_eq!((listed["items"].as_array().map(Vec::len), listed.get("unreadable")), (Some(1), None));
    assert_untouched(&daemon, &good.1, "good");
}
