//! Finds what people name: `lab`, `lab/node-1`, an app, or an id.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use wire::{
    app::App,
    page::Page,
    vcluster::{Node, Vcluster},
};

use crate::{
    client::Client,
    failure::{Failure, Kind},
};

/// As many as a page may have.
const PAGE: usize = 199;
/// What JupyterLab is called here; it is also its kind.
pub(crate) const JUPYTER: &str = "jupyter";

/// All vclusters of the person, newest first.
pub(super) async fn all(client: &Client) -> Result<Vec<Vcluster>, Failure> {
    pages(client, "/vclusters?", usize::MAX).await
}

/// A list that comes a page at a time, up to so many; `path` ends where `limit=` follows.
pub(super) async fn pages<T: DeserializeOwned>(client: &Client, path: &str, most: usize) -> Result<Vec<T>, Failure> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let limit = PAGE.min(most - all.len());
        let page: Page<T> = client.get(&format!("{path}limit={limit}{cursor}")).await?;
        all.extend(page.items);
        match page.next {
            Some(next) if all.len() < most => cursor = format!("&cursor={}", in_path(&next)),
            _ => return Ok(all),
        }
    }
}

/// By name or id. A name is looked for first: an id is no name.
pub(super) async fn vcluster(client: &Client, named: &str) -> Result<Vcluster, Failure> {
    let all = all(client).await?;
    let (name, node) = named.split_once('/').unwrap_or((named, ""));
    let is_node = all.iter().any(|vcluster| vcluster.name == name && vcluster.nodes.iter().any(|one| one.name == node));
    all.into_iter().find(|vcluster| vcluster.name == named || vcluster.id == named).ok_or_else(|| match is_node {
        true => Failure::usage(format!("{named} is a node; name its vcluster: {name}")),
        false => Failure::new(Kind::NotFound, format!("You have no vcluster '{named}': docklet vc ls")),
    })
}

/// `lab/node-1`.
pub(super) async fn node(client: &Client, named: &str) -> Result<(Vcluster, String), Failure> {
    match named.split_once('/') {
        Some(_) => node_or_first(client, named).await,
        None => Err(Failure::usage(format!("Name the node, too: {named}/node-0"))),
    }
}

/// The first node where only the vcluster is named.
pub(super) async fn node_or_first(client: &Client, named: &str) -> Result<(Vcluster, String), Failure> {
    let (name, node) = match named.split_once('/') {
        Some((name, node)) => (name, Some(node)),
        None => (named, None),
    };
    let found = vcluster(client, name).await?;
    let is_it = |there: &&Node| node.is_none_or(|node| there.name == node);
    let Some(node) = found.nodes.iter().find(is_it).map(|there| there.name.clone()) else {
        let node = node.unwrap_or("node-0");
        return Err(Failure::new(Kind::NotFound, format!("'{name}' has no node '{node}': docklet vc show {name}")));
    };
    Ok((found, node))
}

pub(super) async fn apps(client: &Client, vcluster: &Vcluster) -> Result<Vec<App>, Failure> {
    client.get(&format!("/vclusters/{}/apps", in_path(&vcluster.id))).await
}

/// One that is called so. Its place is its own, whatever others are called.
pub(super) async fn app(client: &Client, vcluster: &str, named: &str) -> Result<App, Failure> {
    let found = self::vcluster(client, vcluster).await?;
    let mut called: Vec<App> = apps(client, &found).await?.into_iter().filter(|app| is_called(app, named)).collect();
    if called.iter().any(|app| place(app) == named) {
        called.retain(|app| place(app) == named);
    }
    match (called.pop(), called.is_empty()) {
        (Some(app), true) => Ok(app),
        (Some(_), false) => {
            Err(Failure::usage(format!("Several apps of '{vcluster}' are called '{named}': name one as NODE:PORT.")))
        }
        (None, _) => {
            let what = format!("'{vcluster}' has no app '{named}': docklet app ls {vcluster}");
            Err(Failure::new(Kind::NotFound, what))
        }
    }
}

/// By its title, its place, its port alone, or its id.
fn is_called(app: &App, named: &str) -> bool {
    let port = app.port.to_string();
    let is_jupyter = named == JUPYTER && app.kind.as_str() == JUPYTER;
    is_jupyter || [&app.title, &place(app), &port, &app.id].into_iter().any(|name| name == named)
}

/// `node-0:8888`: no other app of its vcluster is there.
pub(super) fn place(app: &App) -> String {
    format!("{}:{}", app.node, app.port)
}

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a part of a path or query, whatever is in it.
pub(super) fn in_path(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
