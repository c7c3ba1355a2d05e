//! Apps of an actor's vclusters: found, published, changed, entered, and decided about request by request.
//!
//! Knows no HTTP: cookies, hosts and pages are the edge's. Only the owner sees or enters an app; for other users,
//! administrators included, it does not exist.
//!
//! `probe` asks nodes · `app_set` decides what is recorded (pure), `record` writes it · `view` is what an owner sees ·
//! `entrance` turns a portal session into an app's own · `decision` says, for each request, who is inside and where it
//! goes · `live` and `watch` tell while a page looks

mod app_set;
mod brief_cache;
mod decision;
mod entrance;
mod live;
mod probe;
mod record;
mod view;
mod watch;

use std::sync::Arc;

use domain::{
    AppId, VclusterId,
    app::{self, App, AppKind, AppName, JUPYTER_SERVICE, MOST_PER_NODE},
    name::NodeName,
    node::{Node, NodeIntent},
    quota_policy::QuotaPolicy,
    user::Scope,
};

pub use crate::secret::{cookie_digest, nonce_digest};
pub use decision::{Decision, Target};
pub use entrance::{EntryCode, Opened};
pub use live::{Live, NodeUsage};
pub(crate) use record::{give_jupyter, give_new_jupyter};
pub use view::AppView;

use self::{decision::Decisions, record::Names, watch::Watches};
use crate::{
    Error, Ports,
    actor::Actor,
    events::Events,
    openings::Openings,
    ports::{
        clock::{Clock, Entropy},
        node::{NodeAddress, NodeLink, ServiceStatus},
        store::{Store, Transaction},
        usage::Usages,
    },
    vclusters::Vclusters,
};

/// What an owner changes of an app; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppChange {
    /// `Some(None)` takes the name away.
    pub name: Option<Option<String>>,
    pub pinned: Option<bool>,
    pub enabled: Option<bool>,
}

#[derive(Clone)]
pub struct Apps {
    store: Arc<dyn Store>,
    nodes: Arc<dyn NodeLink>,
    usages: Arc<dyn Usages>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    vclusters: Vclusters,
    events: Events,
    decisions: Arc<Decisions>,
    watches: Watches,
    quota_policy: QuotaPolicy,
    openings: Openings,
}

impl std::fmt::Debug for Apps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Apps").finish_non_exhaustive()
    }
}

impl Apps {
    pub(crate) fn new(
        ports: &Ports,
        vclusters: Vclusters,
        events: Events,
        quota_policy: QuotaPolicy,
        openings: Openings,
    ) -> Self {
        let Ports { store, nodes, usages, clock, entropy, .. } = ports.clone();
        let (decisions, watches) = (Arc::default(), Watches::default());
        Self { store, nodes, usages, clock, entropy, vclusters, events, decisions, watches, quota_policy, openings }
    }

    /// Probes all running nodes, records what is new there, and lists what listens and what the owner wants to see.
    pub async fn list(&self, actor: &Actor, id: VclusterId) -> Result<Vec<AppView>, Error> {
        let vcluster = self.vclusters.get(actor, id).await?;
        let probed = probe::probe(&*self.nodes, &vcluster).await;
        let recorded = self.record(&vcluster, &probed, Names::Keep).await?;
        Ok(view::views(&vcluster, recorded.apps, &probed))
    }

    /// One app, with what is seen of it.
    pub async fn view(&self, actor: &Actor, id: VclusterId, app: AppId) -> Result<AppView, Error> {
        let vcluster = self.vclusters.get(actor, id).await?;
        let apps = self.store.apps_of(id).await?;
        let app = apps.into_iter().find(|candidate| candidate.id == app).ok_or(Error::NotFound("app"))?;
        let probed = probe::probe(&*self.nodes, &vcluster).await;
        view::view(&vcluster, app, &probed).ok_or(Error::NotFound("app"))
    }

    /// Makes an app of a port, whether something listens there or not, and pins it. Doing it again changes the name at most.
    pub async fn publish(
        &self,
        actor: &Actor,
        id: VclusterId,
        node: NodeName,
        port: i64,
        name: Option<&str>,
    ) -> Result<App, Error> {
        actor.may(Scope::Vclusters)?;
        let (port, name) = check_publication(port, name)?;
        let mut tx = self.store.begin().await?;
        let vcluster = actor.own(tx.vcluster(id).await?)?;
        let node = vcluster.node(node).filter(|node| is_wanted(node)).ok_or(Error::NotFound("node"))?;
        let records = tx.apps_of(id).await?;
        let records: Vec<&App> = records.iter().filter(|app| app.node_id == node.id).collect();
        let app = match records.iter().find(|app| app.port == port) {
            Some(known) => {
                if !known.pinned {
                    self.check_room(&mut *tx, actor).await?;
                }
                let app = App { pinned: true, name: name.or_else(|| known.name.clone()), ..(*known).clone() };
                tx.save_app(&app).await?;
                app
            }
            None => {
                self.check_room(&mut *tx, actor).await?;
                if records.len() >= MOST_PER_NODE {
                    let least = app_set::least_wanted(&records).ok_or(Error::TooManyApps(node.name.to_string()))?;
                    tx.remove_app(least.id).await?;
                }
                let app = App { pinned: true, name, ..self.draw(&mut *tx, &vcluster, node, port).await? };
                tx.insert_app(&app).await?;
                app
            }
        };
        tx.commit().await?;
        self.changed(id);
        Ok(app)
    }

    /// For one more that is kept for its owner, whatever listens: the others are bounded by their nodes.
    async fn check_room(&self, tx: &mut dyn Transaction, actor: &Actor) -> Result<(), Error> {
        let most = self.quota_policy.shares(tx.quota_assignment(actor.user).await?.group.as_ref()).apps;
        if tx.pinned_apps(actor.user).await? < u64::from(most) { Ok(()) } else { Err(Error::TooManyPins(most)) }
    }

    /// Renames, pins, switches on or off. Switching off ends every session in the app.
    pub async fn update(&self, actor: &Actor, id: VclusterId, app: AppId, change: AppChange) -> Result<App, Error> {
        actor.may(Scope::Vclusters)?;
        let name = change.name.map(|name| name.map(|name| parse_name(&name)).transpose()).transpose()?;
        let mut tx = self.store.begin().await?;
        actor.own(tx.vcluster(id).await?)?;
        let known = tx.app(app).await?.filter(|app| app.vcluster == id).ok_or(Error::NotFound("app"))?;
        if change.pinned == Some(true) && !known.pinned {
            self.check_room(&mut *tx, actor).await?;
        }
        let app = App {
            name: name.unwrap_or_else(|| known.name.clone()),
            pinned: change.pinned.unwrap_or(known.pinned),
            enabled: change.enabled.unwrap_or(known.enabled),
            ..known
        };
        tx.save_app(&app).await?;
        if !app.enabled {
            tx.end_app_sessions(app.id).await?;
        }
        tx.commit().await?;
        self.decisions.clear();
        self.changed(id);
        Ok(app)
    }

    /// Starts the service behind an app; `None` for a plain port, which only its owner's program can open.
    pub async fn start(&self, actor: &Actor, id: VclusterId, app: AppId) -> Result<Option<ServiceStatus>, Error> {
        actor.may(Scope::Vclusters)?;
        let vcluster = self.vclusters.get(actor, id).await?;
        let apps = self.store.apps_of(id).await?;
        let app = apps.into_iter().find(|candidate| candidate.id == app).ok_or(Error::NotFound("app"))?;
        if !app.enabled {
            return Err(Error::AppOff(app.title()));
        }
        let node = vcluster.node_by_id(app.node_id).ok_or(Error::NotFound("app"))?;
        let stopped = Error::NodeNotRunning { node: node.name.to_string(), state: node.state.as_str() };
        self.start_at(&app, &probe::address(node).ok_or(stopped)?).await
    }

    async fn start_at(&self, app: &App, node: &NodeAddress) -> Result<Option<ServiceStatus>, Error> {
        match app.kind {
            AppKind::Port => Ok(None),
            AppKind::Jupyter => {
                let started = self.nodes.start_service(node, JUPYTER_SERVICE).await?;
                self.changed(app.vcluster);
                Ok(Some(started))
            }
        }
    }

    /// Pages that watch the vcluster's apps are to see a change of theirs.
    fn changed(&self, id: VclusterId) {
        self.watches.notify(id);
    }
}

fn is_wanted(node: &Node) -> bool {
    node.intent != NodeIntent::Absent
}

fn check_publication(port: i64, name: Option<&str>) -> Result<(u16, Option<AppName>), Error> {
    let mut faults = Vec::new();
    let port = app::parse_port(port).map_err(|fault| faults.push(fault)).ok();
    let name = name.map(str::parse).transpose().map_err(|fault| faults.push(fault)).ok();
    match (port, name) {
        (Some(port), Some(name)) => Ok((port, name)),
        _ => Err(Error::Invalid(faults)),
    }
}

fn parse_name(name: &str) -> Result<AppName, Error> {
    name.parse().map_err(|fault| Error::Invalid(vec![fault]))
}
