//! What becomes of a request to an app: who is inside by its cookie, and where it goes.
//!
//! Asked for every request, so answers are kept for a moment and shared. A visitor who has signed out, was locked or
//! has lost the app is out when that moment is over. What the record says is kept 400 ms, that nothing listens 150 ms.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    AppId,
    app::{App, AppKind, AppLabel, JUPYTER_SERVICE},
    name::VclusterName,
    node::Generation,
    vcluster::{Intent, VclusterState},
};

use super::{Apps, brief_cache::BriefCache, is_wanted, probe};
use crate::{
    Error,
    actor::Actor,
    ports::{
        node::{NodeAddress, ServiceStatus},
        store::Admission,
    },
    secret,
};

const RECORD_KEPT: TimeDelta = TimeDelta::milliseconds(400);
const CLOSED_KEPT: TimeDelta = TimeDelta::milliseconds(150);
const MOST_KEPT: usize = 8192;
/// For the page that says why a service failed: its last lines.
const LOG_LINES: usize = 20;

/// A visitor of an app who may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub app: App,
    pub user: Actor,
    /// Names the visit: the digest of its cookie.
    pub session: String,
    pub vcluster_name: VclusterName,
    /// What there is to say about the vcluster's state.
    pub reason: Option<String>,
    /// Of the node's order: connections into an earlier life of the node are of no use.
    pub generation: Generation,
    pub target: Target,
}

/// Where a request to an app goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The node runs. Whether something listens shows when it is dialled.
    Ready(NodeAddress, u16),
    /// The node does not run.
    Stopped(VclusterState),
    /// The node runs and nothing listens.
    NotListening {
        service: Option<ServiceStatus>,
        /// The last lines of the service's log, when it has failed.
        log: Option<String>,
    },
    /// Its owner has switched it off.
    Off,
}

/// What was decided a moment ago.
pub(super) struct Decisions {
    by_cookie: BriefCache<[u8; 32], Option<Arc<Decision>>>,
    closed: BriefCache<AppId, Arc<Decision>>,
}

impl Default for Decisions {
    fn default() -> Self {
        Self { by_cookie: BriefCache::new(RECORD_KEPT, MOST_KEPT), closed: BriefCache::new(CLOSED_KEPT, MOST_KEPT) }
    }
}

impl Decisions {
    pub(super) fn clear(&self) {
        self.by_cookie.clear();
        self.closed.clear();
    }
}

impl Apps {
    /// What becomes of a request to the app of this label that shows this cookie. [`Error::NoAppSession`] for every cookie
    /// that is not good there.
    pub async fn decide(&self, label: &AppLabel, secret: &str) -> Result<Arc<Decision>, Error> {
        if !secret::is_well_formed(secret) {
            return Err(Error::NoAppSession);
        }
        let (key, now) = (secret::digest(secret), self.clock.now());
        let decided = self.decisions.by_cookie.get(&key, now, || async {
            metrics::counter!("docklet_app_admissions_read_total").increment(1);
            let admission = self.store.admission(&hex::encode(key)).await?;
            Ok(admission.and_then(|admission| decision(admission, now)).map(Arc::new))
        });
        let decision = decided.await?.filter(|decision| decision.app.label == *label).ok_or(Error::NoAppSession)?;
        match self.decisions.closed.peek(&decision.app.id, now) {
            Some(closed) if closed.session == decision.session => Ok(closed),
            Some(closed) => Ok(Arc::new(Decision { target: closed.target.clone(), ..(*decision).clone() })),
            None => Ok(decision),
        }
    }

    /// Nothing listens where this decision led: what there is to say instead. Requests of one moment share the answer.
    pub async fn closed(&self, decision: &Decision) -> Result<Arc<Decision>, Error> {
        let Target::Ready(node, _) = &decision.target else { return Ok(Arc::new(decision.clone())) };
        let closed = self.decisions.closed.get(&decision.app.id, self.clock.now(), || async {
            let target = self.why_closed(&decision.app, node).await;
            Ok(Arc::new(Decision { target, ..decision.clone() }))
        });
        let closed = closed.await?;
        if closed.session == decision.session {
            return Ok(closed);
        }
        Ok(Arc::new(Decision { target: closed.target.clone(), ..decision.clone() }))
    }

    async fn why_closed(&self, app: &App, node: &NodeAddress) -> Target {
        if app.kind != AppKind::Jupyter {
            return Target::NotListening { service: None, log: None };
        }
        let service = probe::service(&*self.nodes, node, JUPYTER_SERVICE).await.unwrap_or_else(|error| {
            tracing::debug!(node = %node.node, %error, "a node does not say what its services do");
            None
        });
        let failed = service.as_ref().is_some_and(|service| service.state.has_failed());
        let log = if failed { self.nodes.service_log(node, JUPYTER_SERVICE).await.ok() } else { None };
        Target::NotListening { service, log: log.map(|log| last_lines(&log)).filter(|log| !log.is_empty()) }
    }

    /// Starts what is behind the app, for a visitor who waits for it. `None` when there is nothing to start.
    pub async fn start_for(&self, decision: &Decision) -> Result<Option<ServiceStatus>, Error> {
        let vcluster = self.vclusters.get(&decision.user, decision.app.vcluster).await?;
        let node = vcluster.node_by_id(decision.app.node_id).ok_or(Error::NotFound("app"))?;
        let stopped = || Error::NodeNotRunning { node: node.name.to_string(), state: node.state.as_str() };
        let started = self.start_at(&decision.app, &probe::address(node).ok_or_else(stopped)?).await;
        self.decisions.closed.clear();
        started
    }

    /// The same visit by the record and no memory, for a request that the node has not answered: it may have been
    /// stopped or removed a moment ago. What is remembered is forgotten.
    pub async fn decide_anew(&self, decision: &Decision) -> Result<Arc<Decision>, Error> {
        self.decisions.clear();
        let admission = self.store.admission(&decision.session).await?;
        let decided = admission.and_then(|admission| self::decision(admission, self.clock.now()));
        decided.map(Arc::new).ok_or(Error::NoAppSession)
    }

    /// Whether the visit with this digest still is one, by the record and no memory.
    pub async fn admitted(&self, session: &str) -> Result<bool, Error> {
        let admission = self.store.admission(session).await?;
        Ok(admission.and_then(|admission| decision(admission, self.clock.now())).is_some())
    }
}

/// `None` for a visitor who may not be inside: the portal session has ended, its user is locked or not the owner, the
/// app or what it belongs to is being removed.
fn decision(admission: Admission, now: DateTime<Utc>) -> Option<Decision> {
    let Admission { session, app, user, expires_at, vcluster } = admission;
    let user = Actor::of(user).filter(|actor| actor.user == app.owner && actor.user == vcluster.owner)?;
    let node = vcluster.node_by_id(app.node_id).filter(|node| is_wanted(node))?;
    if expires_at <= now || vcluster.intent == Intent::Deleted {
        return None;
    }
    let target = match probe::address(node) {
        _ if !app.enabled => Target::Off,
        Some(node) => Target::Ready(node, app.port),
        None => Target::Stopped(vcluster.state()),
    };
    let (session, reason, generation) = (session.digest, vcluster.reason(), node.generation);
    Some(Decision { app, user, session, vcluster_name: vcluster.name, reason, generation, target })
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}
