//! dockletd as a user that is not root, in the engine's group: as the service in docs/admin/install.md.

use std::{os::unix::fs::MetadataExt as _, path::PathBuf};

use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    common::{
        app::{self, PORT},
        browser::Browser,
        client::Client,
        daemon::{Daemon, Options},
        docker::{containers, docker},
        stream::PATIENCE,
        terminal::{self, Viewer},
    },
    vcluster_lifecycle::{gone, settled},
};

/// With a vcluster of one node that runs.
async fn with_node() -> (Daemon, Client, String) {
    let daemon = Options::default().without_power().start().await;
    let owner = std::fs::metadata(format!("/proc/{}", daemon.pid())).expect("it runs").uid();
    assert_ne!(owner, 0, "it is not root");
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    (daemon, client, id)
}

fn directories_of_nodes(daemon: &Daemon) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(daemon.data.join("nodes")).expect("listed");
    let mut all: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    all.sort();
    all
}

#[tokio::test]
async fn without_root_a_vcluster_is_made_used_found_again_and_deleted() {
    let (mut daemon, client, id) = with_node().await;
    let path = terminal::open(&client, &id, "node-0").await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer.type_in("echo over-$((6*7))\n").await;
    viewer.until("over-42").await;
    let app = app::listening(&client, &id, PORT).await;
    daemon.kill();
    daemon.start().await;
    let browser = Browser::signed_in(&daemon, "admin", &daemon.admin_password()).await;
    assert_eq!(browser.open(&app.at("/")).await.1.status, 200);
    let mut viewer = Viewer::attach_from(&client, &path, &viewer.offset.to_string(), viewer.sent()).await;
    viewer.type_in("echo still-$((6*7))\n").await;
    viewer.until("still-42").await;
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    gone(&client, &id).await;
    assert_eq!((containers(daemon.installation), directories_of_nodes(&daemon)), (vec![], vec![]));
}

/// What `doctor` says of directories that were left; `None` when there are none.
fn left(daemon: &Daemon) -> Option<String> {
    let said = daemon.try_cli(&["doctor", "--json"]).stdout;
    let report: Value = serde_json::from_slice(&said).expect("JSON");
    let found = report["findings"].as_array().expect("findings").iter().find(|it| it["check"] == "left directories")?;
    Some(format!("{}: {} → {}", found["level"], found["what"], found["mend"]))
}

#[tokio::test]
async fn a_node_of_before_is_told_once_and_what_it_has_written_is_put_aside_with_a_word_from_doctor() {
    let (mut daemon, client, id) = with_node().await;
    assert_eq!(left(&daemon), None);
    let directory = directories_of_nodes(&daemon).remove(0);
    daemon.kill();
    // Nodes had one directory, writable, before they were handed their sockets.
    std::fs::remove_dir_all(directory.with_extension("offer")).expect("removed");
    for _ in 0..2 {
        daemon.start().await;
        let known = || async { client.vcluster(&id).await.ok(200).json()["nodes"][0]["made_before"] == true };
        eventually("it is known as one of before", PATIENCE, known).await;
        terminal::open(&client, &id, "node-0").await;
        daemon.kill();
    }
    daemon.start().await;
    let activity = client.get(&format!("/api/v1/vclusters/{id}/activity")).await.ok(200).json();
    let items = activity["items"].as_array().expect("a list").iter();
    // Of the terminals nothing is said that was not written yet when the daemon was killed.
    let done: Vec<_> = items.filter(|entry| entry["kind"] != "opened").collect();
    assert_eq!(done.iter().map(|entry| &entry["kind"]).collect::<Vec<_>>(), ["made_before", "create"]);
    let sentence = "node-0: created by an older Docklet; remove it and add another node to get new features";
    assert_eq!((&done[0]["reason"], &done[0]["state"]), (&json!(sentence), &json!("succeeded")));
    let mount = format!("{}:/mine", directory.display());
    docker(&["run", "--rm", "--volume", &mount, "docklet/base", "mkdir", "-p", "/mine/deep/deeper"]);
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    gone(&client, &id).await;
    let aside = directory.with_extension("left");
    assert_eq!(directories_of_nodes(&daemon), std::slice::from_ref(&aside));
    let said = left(&daemon).expect("a finding");
    let nodes = daemon.data.join("nodes");
    assert!(said.starts_with("\"warning\"") && said.contains(&aside.display().to_string()), "{said}");
    assert!(said.contains(&format!("As root: rm -rf {}/*.left", nodes.display())), "{said}");
    let mount = format!("{}:/nodes", nodes.display());
    docker(&["run", "--rm", "--volume", &mount, "docklet/base", "sh", "-c", "rm -rf /nodes/*.left"]);
    assert_eq!(left(&daemon), None);
}
