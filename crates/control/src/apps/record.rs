//! Bringing the record of a vcluster's apps up to what was seen of its nodes, and making new apps.

use domain::{
    AppId, NodeId,
    app::{App, AppKind, AppLabel, JUPYTER_NODE, JUPYTER_PORT},
    node::Node,
    vcluster::{Intent, Vcluster},
};

use super::{Apps, app_set, is_wanted, probe::ProbeResult};
use crate::{
    Error,
    ports::{
        clock::{Clock, Entropy},
        node::ListeningPort,
        store::Transaction,
    },
};

impl Apps {
    /// Brings the record up to what was seen; returns the apps as they are recorded then.
    pub(super) async fn record(
        &self,
        vcluster: &Vcluster,
        probed: &ProbeResult,
        names: Names,
    ) -> Result<Recorded, Error> {
        let apps = self.store.apps_of(vcluster.id).await?;
        if vcluster.intent == Intent::Deleted || !is_behind(vcluster, &apps, probed, names) {
            return Ok(Recorded { apps, wrote: false });
        }
        let mut tx = self.store.begin().await?;
        // Again, in a transaction that keeps out other writers: two lists that see the same new port make one app.
        let vcluster = tx.vcluster(vcluster.id).await?.ok_or(Error::NotFound("vcluster"))?;
        let apps = tx.apps_of(vcluster.id).await?;
        for node in vcluster.nodes.iter().filter(|node| is_wanted(node)) {
            let records = of_node(&apps, node.id);
            let change = app_set::change(&records, &wanted_ports(node, probed));
            for app in change.remove {
                tx.remove_app(app).await?;
            }
            for port in change.add {
                let app = self.draw(&mut *tx, &vcluster, node, port).await?;
                let process = probed.port(node.id, port).and_then(|port| port.process.clone());
                tx.insert_app(&App { process, ..app }).await?;
            }
        }
        for app in renamed(&apps, probed) {
            tx.save_app(&app).await?;
        }
        let apps = tx.apps_of(vcluster.id).await?;
        tx.commit().await?;
        Ok(Recorded { apps, wrote: true })
    }

    /// A new app of this port, under a label of its own.
    pub(super) async fn draw(
        &self,
        tx: &mut dyn Transaction,
        vcluster: &Vcluster,
        node: &Node,
        port: u16,
    ) -> Result<App, Error> {
        draw(tx, &*self.clock, &*self.entropy, vcluster, node, port).await
    }
}

/// The apps as they are recorded now, and whether that had to be brought up to date.
pub(super) struct Recorded {
    pub(super) apps: Vec<App>,
    pub(super) wrote: bool,
}

/// Whether to write down that another process listens than was written down before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Keep,
    /// A node that changes them all the time must not make us write all the time.
    Leave,
}

fn is_behind(vcluster: &Vcluster, apps: &[App], probed: &ProbeResult, names: Names) -> bool {
    let wanted = vcluster.nodes.iter().filter(|node| is_wanted(node));
    let changes = |node: &Node| !app_set::change(&of_node(apps, node.id), &wanted_ports(node, probed)).is_empty();
    wanted.into_iter().any(changes) || (names == Names::Keep && renamed(apps, probed).next().is_some())
}

/// What listens, and JupyterLab's port from the beginning.
fn wanted_ports(node: &Node, probed: &ProbeResult) -> Vec<ListeningPort> {
    let mut ports = probed.ports.get(&node.id).cloned().unwrap_or_default();
    if node.name == JUPYTER_NODE && !ports.iter().any(|port| port.port == JUPYTER_PORT) {
        ports.push(ListeningPort { port: JUPYTER_PORT, process: None, loopback_only: true });
    }
    ports
}

fn renamed<'a>(apps: &'a [App], probed: &'a ProbeResult) -> impl Iterator<Item = App> + 'a {
    apps.iter().filter_map(|app| {
        let process = probed.port(app.node_id, app.port)?.process.clone()?;
        (app.process.as_ref() != Some(&process)).then(|| App { process: Some(process), ..app.clone() })
    })
}

fn of_node(apps: &[App], node: NodeId) -> Vec<&App> {
    apps.iter().filter(|app| app.node_id == node).collect()
}

/// The app that every vcluster has from its beginning, if its node has none yet.
pub(crate) async fn give_jupyter(
    tx: &mut dyn Transaction,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    vcluster: &Vcluster,
) -> Result<(), Error> {
    let apps = tx.apps_of(vcluster.id).await?;
    match vcluster.node(JUPYTER_NODE) {
        Some(node) if apps.iter().any(|app| app.node_id == node.id && app.port == JUPYTER_PORT) => Ok(()),
        _ => give_new_jupyter(tx, clock, entropy, vcluster).await,
    }
}

/// The same for a vcluster that has no app yet.
pub(crate) async fn give_new_jupyter(
    tx: &mut dyn Transaction,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    vcluster: &Vcluster,
) -> Result<(), Error> {
    let Some(node) = vcluster.node(JUPYTER_NODE) else { return Ok(()) };
    let app = draw(tx, clock, entropy, vcluster, node, JUPYTER_PORT).await?;
    Ok(tx.insert_app(&app).await?)
}

async fn draw(
    tx: &mut dyn Transaction,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
    vcluster: &Vcluster,
    node: &Node,
    port: u16,
) -> Result<App, Error> {
    let now = clock.now();
    let jupyter = node.name == JUPYTER_NODE && port == JUPYTER_PORT;
    Ok(App {
        id: AppId::new(entropy.id(now)),
        label: fresh_label(tx, entropy).await?,
        vcluster: vcluster.id,
        owner: vcluster.owner,
        node: node.name,
        node_id: node.id,
        port,
        kind: if jupyter { AppKind::Jupyter } else { AppKind::Port },
        name: None,
        pinned: false,
        enabled: true,
        process: None,
        created_at: now,
    })
}

async fn fresh_label(tx: &mut dyn Transaction, entropy: &dyn Entropy) -> Result<AppLabel, Error> {
    loop {
        let mut bits = [0; 8];
        entropy.fill(&mut bits);
        let label = AppLabel::from_random(u64::from_be_bytes(bits));
        if tx.app_labelled(&label).await?.is_none() {
            return Ok(label);
        }
    }
}
