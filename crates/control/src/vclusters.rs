//! What an owner does with vclusters. Each action writes intent in one transaction, tells the dispatcher, and returns;
//! the reconciler does the rest. Knows no worker and no container.

mod creation;
mod history;

use std::sync::Arc;

use domain::{
    NodeId, OperationId, VclusterId, Violation,
    name::NodeName,
    operation::{Operation, OperationKind},
    quota::{Limits, Usage},
    resources::Resources,
    vcluster::{ActionRefused, MOST_NODES, NewNode, Vcluster},
};

pub use creation::CreateVcluster;
pub use history::Deed;

use crate::{
    Error, Policy, Ports,
    actor::Actor,
    apps,
    events::Events,
    images::Images,
    ports::{
        clock::{Clock, Entropy},
        store::{EventBody, PageRequest, Store, StoredEvent, Transaction},
    },
    reconcile::{Dispatcher, hosts::Hosts},
};

/// The longest page of a list.
pub const LONGEST_PAGE: u32 = 200;

#[derive(Clone)]
pub struct Vclusters {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    policy: Policy,
    events: Events,
    hosts: Hosts,
    dispatcher: Dispatcher,
    images: Images,
}

impl std::fmt::Debug for Vclusters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vclusters").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// A vcluster in the middle of a change.
struct Changing {
    tx: Box<dyn Transaction>,
    vcluster: Vcluster,
    operation: Operation,
}

impl Vclusters {
    pub(crate) fn new(
        ports: &Ports,
        policy: Policy,
        images: Images,
        events: Events,
        hosts: Hosts,
        dispatcher: Dispatcher,
    ) -> Self {
        let Ports { store, clock, entropy, .. } = ports.clone();
        Self { store, clock, entropy, policy, events, hosts, dispatcher, images }
    }

    /// The actor's vclusters, newest first.
    pub async fn list(&self, actor: &Actor, page: PageRequest<VclusterId>) -> Result<Vec<Vcluster>, Error> {
        let page = PageRequest { limit: page.limit.clamp(1, LONGEST_PAGE), ..page };
        Ok(self.store.vclusters_of(actor.user, page).await?)
    }

    pub async fn get(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        let vcluster = self.store.vcluster(id).await?;
        vcluster.filter(|vcluster| vcluster.owner == actor.user).ok_or(Error::NotFound("vcluster"))
    }

    /// Why no vcluster can be created now; `None` when a host is ready. For the readiness of the whole service.
    pub fn unready(&self) -> Option<String> {
        self.hosts.unready()
    }

    /// Starts what does not run; repairs a degraded or failed vcluster.
    pub async fn start(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        let mut change = self.begin(actor, id, OperationKind::Start).await?;
        self.admit_again(&mut *change.tx, &change.vcluster).await?;
        let changed = change.vcluster.start(change.operation.clone())?;
        self.finish(change, changed, actor).await
    }

    pub async fn stop(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        let mut change = self.begin(actor, id, OperationKind::Stop).await?;
        let changed = change.vcluster.stop(change.operation.clone())?;
        self.finish(change, changed, actor).await
    }

    pub async fn restart(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        let mut change = self.begin(actor, id, OperationKind::Restart).await?;
        self.admit_again(&mut *change.tx, &change.vcluster).await?;
        let changed = change.vcluster.restart(change.operation.clone())?;
        self.finish(change, changed, actor).await
    }

    /// Asks for the vcluster and everything in it but the home to be removed.
    pub async fn delete(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        let mut change = self.begin(actor, id, OperationKind::Delete).await?;
        let changed = change.vcluster.delete(change.operation.clone());
        self.finish(change, changed, actor).await
    }

    pub async fn add_nodes(&self, actor: &Actor, id: VclusterId, count: i64) -> Result<Vcluster, Error> {
        let count = parse_count("count", count)?;
        let mut change = self.begin(actor, id, OperationKind::AddNodes).await?;
        // Nodes that are there keep their image: their owner's files are in them. More of them are as new as any.
        self.images.check(&mut *change.tx, actor.user, &change.vcluster.image).await?;
        let (owner, each) = (change.vcluster.owner, change.vcluster.resources);
        let new = self.place_nodes(&mut *change.tx, owner, count, each, Usage::default()).await;
        // What the vcluster itself refuses is the better answer, so it is asked first with what cannot be placed, too.
        let empty = |_: &Error| Vec::new();
        change.vcluster.clone().add_nodes(new.as_ref().map_or_else(empty, Clone::clone), change.operation.clone())?;
        change.vcluster.add_nodes(new?, change.operation.clone())?;
        self.finish(change, true, actor).await
    }

    pub async fn remove_node(&self, actor: &Actor, id: VclusterId, name: NodeName) -> Result<Vcluster, Error> {
        let mut change = self.begin(actor, id, OperationKind::RemoveNode).await?;
        let removed = change.vcluster.remove_node(name, change.operation.clone());
        let changed = removed.map_err(|refused| match refused {
            ActionRefused::NoSuchNode(..) => Error::NotFound("node"),
            refused => refused.into(),
        })?;
        self.finish(change, changed, actor).await
    }

    /// Whether what runs when its host goes down is to run again by itself. No operation: nothing is done now.
    pub async fn set_autostart(&self, actor: &Actor, id: VclusterId, autostart: bool) -> Result<Vcluster, Error> {
        let mut tx = self.store.begin().await?;
        let vcluster = tx.vcluster(id).await?.filter(|vcluster| vcluster.owner == actor.user);
        let mut vcluster = vcluster.ok_or(Error::NotFound("vcluster"))?;
        if vcluster.autostart != autostart {
            vcluster.autostart = autostart;
            self.keep(tx, &vcluster, false).await?;
            tracing::info!(vcluster = %vcluster.id, autostart, user = %actor.name, "choice kept");
        }
        Ok(vcluster)
    }

    /// Loads the actor's vcluster for an operation of this kind; nobody else changes it until `finish`.
    async fn begin(&self, actor: &Actor, id: VclusterId, kind: OperationKind) -> Result<Changing, Error> {
        let mut tx = self.store.begin().await?;
        let vcluster = tx.vcluster(id).await?.filter(|vcluster| vcluster.owner == actor.user);
        Ok(Changing {
            tx,
            vcluster: vcluster.ok_or(Error::NotFound("vcluster"))?,
            operation: self.operation(actor, kind),
        })
    }

    /// When something has changed: saves, appends the event, commits, dispatches.
    async fn finish(&self, change: Changing, changed: bool, actor: &Actor) -> Result<Vcluster, Error> {
        let Changing { tx, vcluster, operation } = change;
        if changed {
            self.save(tx, &vcluster).await?;
            let kind = operation.kind.as_str();
            metrics::counter!("docklet_operations_accepted_total", "kind" => kind).increment(1);
            tracing::info!(vcluster = %vcluster.id, operation = kind, user = %actor.name, "operation accepted");
        }
        Ok(vcluster)
    }

    /// An accepted operation.
    async fn save(&self, tx: Box<dyn Transaction>, vcluster: &Vcluster) -> Result<(), Error> {
        let has_new_nodes = matches!(vcluster.operation.kind, OperationKind::Create | OperationKind::AddNodes);
        self.keep(tx, vcluster, has_new_nodes).await
    }

    async fn keep(&self, mut tx: Box<dyn Transaction>, vcluster: &Vcluster, has_new_nodes: bool) -> Result<(), Error> {
        let now = self.clock.now();
        tx.save_vcluster(vcluster, now).await?;
        if has_new_nodes {
            apps::give_jupyter(&mut *tx, &*self.clock, &*self.entropy, vcluster).await?;
        }
        let usage = tx.usage(vcluster.owner).await?;
        let body = EventBody::Vcluster { vcluster: Box::new(vcluster.clone()), usage };
        let sequence = tx.append_event(vcluster.owner, now, &body).await?;
        let event = StoredEvent { sequence, owner: vcluster.owner, at: now, body };
        let (dispatcher, id) = (self.dispatcher.clone(), vcluster.id);
        Ok(self.events.commit(tx, vec![event], move || dispatcher.dispatch(id)).await?)
    }

    fn operation(&self, actor: &Actor, kind: OperationKind) -> Operation {
        let now = self.clock.now();
        Operation::begin(OperationId::new(self.entropy.id(now)), kind, now).asked_by(actor.user)
    }

    /// Checks that what a start takes again fits the owner's limits and the hosts.
    async fn admit_again(&self, tx: &mut dyn Transaction, vcluster: &Vcluster) -> Result<(), Error> {
        let needs = vcluster.start_needs();
        if needs.is_empty() {
            return Ok(());
        }
        let count = u32::try_from(needs.len()).unwrap_or(u32::MAX);
        let asked = Usage::of_nodes(count, vcluster.resources);
        let used = tx.usage(vcluster.owner).await?;
        self.limits(tx, vcluster.owner).await?.check(used, asked).map_err(Error::LimitExceeded)?;
        // Stopped nodes keep their files on their host, so they start there or nowhere.
        self.hosts.check_same_hosts(&needs, vcluster.resources, self.policy.overcommit, &tx.worker_usage().await?)
    }

    /// What the owner may hold: read with what is decided by it, so that a change holds for the next order.
    async fn limits(&self, tx: &mut dyn Transaction, owner: domain::UserId) -> Result<Limits, Error> {
        Ok(self.policy.allowances.of(&tx.standing(owner).await?))
    }

    /// Checks limits and finds hosts for new nodes; `beside` is what is asked for together with them.
    async fn place_nodes(
        &self,
        tx: &mut dyn Transaction,
        owner: domain::UserId,
        count: u8,
        each: Resources,
        beside: Usage,
    ) -> Result<Vec<NewNode>, Error> {
        let asked = Usage::of_nodes(u32::from(count), each).plus(beside);
        let used = tx.usage(owner).await?;
        self.limits(tx, owner).await?.check(used, asked).map_err(Error::LimitExceeded)?;
        let workers = self.hosts.place(u32::from(count), each, self.policy.overcommit, &tx.worker_usage().await?)?;
        let now = self.clock.now();
        Ok(workers.into_iter().map(|worker| NewNode { id: NodeId::new(self.entropy.id(now)), worker }).collect())
    }
}

/// 1–16, or a violation of `field`.
fn parse_count(field: &str, count: i64) -> Result<u8, Error> {
    u8::try_from(count).ok().filter(|count| (1..=MOST_NODES).contains(count)).ok_or_else(|| {
        Error::Invalid(vec![Violation::new(field, format!("must be a whole number between 1 and {MOST_NODES}"))])
    })
}
