//! Web servers inside of real nodes: honest and hostile ones, started in a terminal and published as apps.

use std::time::Duration;

use serde_json::json;
use testkit::eventually;

use super::{client::Client, daemon::Daemon};
use crate::vcluster_lifecycle::settled;

/// Answers by path, honestly or not; see the file.
const SERVER: &str = include_str!("app_server.py");
pub(crate) const PORT: u16 = 8050;
const PATIENCE: Duration = Duration::from_secs(20);

/// An app that listens.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) vcluster: String,
    pub(crate) id: String,
    pub(crate) label: String,
    /// `http://<label>.localhost:<port>`, without a slash at the end.
    pub(crate) url: String,
}

impl App {
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

/// A vcluster of one node for this client.
pub(crate) async fn vcluster(client: &Client, name: &str) -> String {
    let id = client.create(name, 1).await;
    settled(client, &id, "running").await;
    id
}

/// A server in node-0, published, listening.
pub(crate) async fn listening(client: &Client, vcluster: &str, port: u16) -> App {
    let app = publish(client, vcluster, port).await;
    serve(client, vcluster, port).await;
    let path = format!("/api/v1/vclusters/{vcluster}/apps");
    eventually("the app listens", PATIENCE, || async {
        let apps = client.get(&path).await.ok(200).json();
        apps.as_array().is_some_and(|apps| apps.iter().any(|found| found["id"] == app.id && found["listening"] == true))
    })
    .await;
    app
}

pub(crate) async fn publish(client: &Client, vcluster: &str, port: u16) -> App {
    let publish = json!({"node": "node-0", "port": port});
    let answer = client.post(&format!("/api/v1/vclusters/{vcluster}/apps"), &publish).await.ok(200);
    let url = answer.at("/url").trim_end_matches('/').to_owned();
    App { vcluster: vcluster.into(), id: answer.at("/id"), label: answer.at("/label"), url }
}

/// Starts the server of [`SERVER`] in a terminal of node-0.
pub(crate) async fn serve(client: &Client, vcluster: &str, port: u16) {
    let path = format!("/api/v1/vclusters/{vcluster}/nodes/node-0/terminals");
    client.post(&path, &json!({"command": ["python3", "-c", SERVER, port.to_string()]})).await.ok(201);
}

/// A daemon, a client of the administrator's, and one app of theirs.
pub(crate) async fn with_app() -> (Daemon, Client, App) {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = vcluster(&client, "lab").await;
    let app = listening(&client, &id, PORT).await;
    (daemon, client, app)
}
