//! Apps: what listens in the nodes of a vcluster, and where a browser opens it.

use wire::app::{App, ChangeApp, PublishApp};

use super::{
    browser,
    named::{self, in_path},
};
use crate::{
    args::{AppChange, AppCommand, either},
    client::Client,
    failure::Failure,
    output::{Output, Table},
};

pub(super) async fn run(client: &Client, command: AppCommand, output: &Output) -> Result<(), Failure> {
    match command {
        AppCommand::Ls { vcluster } => {
            let found = named::vcluster(client, &vcluster).await?;
            let apps = named::apps(client, &found).await?;
            output.show(&apps, &table(&apps))
        }
        AppCommand::Publish { node, port, name } => {
            let (found, node) = named::node_or_first(client, &node).await?;
            let publish = PublishApp { node, port, name };
            let app: App = client.post(&format!("/vclusters/{}/apps", in_path(&found.id)), &publish).await?;
            output.show(&app, &table(std::slice::from_ref(&app)))
        }
        AppCommand::Set { vcluster, app, change } => {
            let found = named::app(client, &vcluster, &app).await?;
            let path = format!("/vclusters/{}/apps/{}", in_path(&found.vcluster), in_path(&found.id));
            let app: App = client.patch(&path, &wanted(change)).await?;
            output.show(&app, &table(std::slice::from_ref(&app)))
        }
    }
}

/// How the browser is signed in is the browser's business.
pub(super) async fn open(client: &Client, vcluster: Option<&str>, app: &str, output: &Output) -> Result<(), Failure> {
    let address = match vcluster {
        Some(vcluster) => named::app(client, vcluster, app).await?.url,
        None => client.url().to_owned(),
    };
    browser::open(&address);
    output.line(&serde_json::json!({"address": address}), &address)
}

fn wanted(change: AppChange) -> ChangeApp {
    let AppChange { name, no_name, pin, unpin, on, off } = change;
    let name = if no_name { Some(None) } else { name.map(Some) };
    ChangeApp { name, pinned: either(pin, unpin), enabled: either(on, off) }
}

fn table(apps: &[App]) -> Table {
    let row = |app: &App| {
        let state = app.state.as_str().to_owned();
        vec![app.title.clone(), app.node.clone(), app.port.to_string(), state, app.url.clone()]
    };
    Table::new(&["app", "node", "port", "state", "address"], apps.iter().map(row))
}
