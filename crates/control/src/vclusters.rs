//! What an owner does with vclusters. Each action writes intent in one transaction, tells the dispatcher, and returns;
//! the reconciler does the rest. Knows no worker and no container.

mod creation;

use std::sync::Arc;

use domain::{
    NodeId, OperationId, VclusterId, Violation,
    name::NodeName,
    operation::{Operation, OperationKind},
    quota::Usage,
    resources::Resources,
    vcluster::{ActionRefused, MOST_NODES, NewNode, Vcluster},
};

pub use creation::CreateVcluster;

use crate::{
    Error, Policy, Ports,
    actor::Actor,
    events::Events,
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
}

impl std::fmt::Debug for Vclusters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vclusters").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Vclusters {
    pub(crate) fn new(ports: &Ports, policy: Policy, events: Events, hosts: Hosts, dispatcher: Dispatcher) -> Self {
        let Ports { store, clock, entropy, .. } = ports.clone();
        Self { store, clock, entropy, policy, events, hosts, dispatcher }
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

    /// Starts what does not run; repairs a degraded or failed vcluster.
    pub async fn start(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        self.change(actor, id, OperationKind::Start, async |tx, vcluster, operation| {
            self.admit_again(tx, vcluster).await?;
            Ok(vcluster.start(operation)?)
        })
        .await
    }

    pub async fn stop(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        self.change(actor, id, OperationKind::Stop, async |_, vcluster, operation| Ok(vcluster.stop(operation)?)).await
    }

    pub async fn restart(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        self.change(actor, id, OperationKind::Restart, async |tx, vcluster, operation| {
            self.admit_again(tx, vcluster).await?;
            Ok(vcluster.restart(operation)?)
        })
        .await
    }

    /// Asks for the vcluster and everything in it but the home to be removed.
    pub async fn delete(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        self.change(actor, id, OperationKind::Delete, async |_, vcluster, operation| Ok(vcluster.delete(operation)))
            .await
    }

    pub async fn add_nodes(&self, actor: &Actor, id: VclusterId, count: i64) -> Result<Vcluster, Error> {
        let count = parse_count("count", count)?;
        self.change(actor, id, OperationKind::AddNodes, async |tx, vcluster, operation| {
            let new = self.place_nodes(tx, vcluster.owner, count, vcluster.resources, Usage::default()).await;
            // What the vcluster itself refuses is the better answer, so it is asked first with what cannot be placed, too.
            let empty = |_: &Error| Vec::new();
            vcluster.clone().add_nodes(new.as_ref().map_or_else(empty, Clone::clone), operation.clone())?;
            vcluster.add_nodes(new?, operation)?;
            Ok(true)
        })
        .await
    }

    pub async fn remove_node(&self, actor: &Actor, id: VclusterId, name: NodeName) -> Result<Vcluster, Error> {
        self.change(actor, id, OperationKind::RemoveNode, async |_, vcluster, operation| {
            vcluster.remove_node(name, operation).map_err(|refused| match refused {
                ActionRefused::NoSuchNode(..) => Error::NotFound("node"),
                refused => refused.into(),
            })
        })
        .await
    }

    /// Loads, lets `act` change it, saves, appends the event, commits, dispatches. `act` says whether it changed anything.
    async fn change<A>(&self, actor: &Actor, id: VclusterId, kind: OperationKind, act: A) -> Result<Vcluster, Error>
    where
        A: AsyncFnOnce(&mut dyn Transaction, &mut Vcluster, Operation) -> Result<bool, Error>,
    {
        let mut tx = self.store.begin().await?;
        let mut vcluster = tx
            .vcluster(id)
            .await?
            .filter(|vcluster| vcluster.owner == actor.user)
            .ok_or(Error::NotFound("vcluster"))?;
        let operation = self.operation(kind);
        if act(&mut *tx, &mut vcluster, operation).await? {
            self.save(tx, &vcluster).await?;
            metrics::counter!("docklet_operations_accepted_total", "kind" => kind.as_str()).increment(1);
            tracing::info!(vcluster = %id, operation = kind.as_str(), user = %actor.name, "operation accepted");
        }
        Ok(vcluster)
    }

    async fn save(&self, mut tx: Box<dyn Transaction>, vcluster: &Vcluster) -> Result<(), Error> {
        let now = self.clock.now();
        tx.save_vcluster(vcluster, now).await?;
        let usage = tx.usage(vcluster.owner).await?;
        let body = EventBody::Vcluster { vcluster: Box::new(vcluster.clone()), usage };
        let sequence = tx.append_event(vcluster.owner, now, &body).await?;
        let event = StoredEvent { sequence, owner: vcluster.owner, at: now, body };
        self.events.commit(tx, vec![event]).await?;
        self.dispatcher.dispatch(vcluster.clone());
        Ok(())
    }

    fn operation(&self, kind: OperationKind) -> Operation {
        let now = self.clock.now();
        Operation::begin(OperationId::new(self.entropy.id(now)), kind, now)
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
        self.policy.limits.check(used, asked).map_err(Error::LimitExceeded)?;
        // Stopped nodes keep their files on their host, so they start there or nowhere.
        self.hosts.check_same_hosts(&needs, vcluster.resources, self.policy.overcommit, &tx.worker_usage().await?)
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
        self.policy.limits.check(used, asked).map_err(Error::LimitExceeded)?;
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
