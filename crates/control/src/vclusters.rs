//! What an owner does with vclusters. Each action writes intent in one transaction, tells the dispatcher, and returns;
//! the reconciler does the rest. Knows no worker and no container.

mod creation;
mod history;
pub(crate) mod unreadable;

use std::sync::Arc;

use domain::{
    NodeId, OperationId, VclusterId, Violation,
    name::NodeName,
    node::NodeState,
    operation::{Operation, OperationKind},
    quota::Usage,
    user::Scope,
    vcluster::{ActionRefused, MOST_NODES, NewNode, Vcluster},
};

pub use creation::CreateVcluster;
pub(crate) use creation::check_key;

use crate::{
    Error, Policy, Ports,
    actor::Actor,
    admission::{Admission, NewNodes},
    apps,
    events::Events,
    images::Images,
    ports::{
        clock::{Clock, Entropy},
        coordination::Subject,
        node::NodeAddress,
        store::{FoundVclusters, PageRequest, Store, StoreError, Transaction},
    },
    reconcile::{Dispatcher, hosts::Hosts},
    unit_of_work::UnitOfWork,
};

/// The longest page of a list.
pub const LONGEST_PAGE: u32 = 200;

/// What may be chosen of a vcluster at any time. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeVcluster {
    /// Whether what runs when its host goes down is to run again by itself.
    pub autostart: Option<bool>,
    /// What it is for; unchecked.
    pub description: Option<String>,
}

#[derive(Clone)]
pub struct Vclusters {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    policy: Arc<Policy>,
    events: Events,
    hosts: Hosts,
    admission: Arc<Admission>,
    dispatcher: Dispatcher,
    images: Images,
}

impl std::fmt::Debug for Vclusters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vclusters").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// A page of one owner's vclusters, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub vclusters: Vec<Vcluster>,
    /// Those that cannot be read, each with the sentence about it.
    pub unreadable: Vec<(VclusterId, String)>,
    /// What the next page begins behind; `None` on the last one.
    pub next: Option<VclusterId>,
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
        // Shared, not copied: several use-cases hold all of this, and every request holds those.
        let admission = Arc::new(Admission::new(hosts.clone(), &policy));
        let policy = Arc::new(policy);
        Self { store, clock, entropy, policy, events, hosts, admission, dispatcher, images }
    }

    /// The actor's vclusters, newest first.
    pub async fn list(&self, actor: &Actor, page: PageRequest<VclusterId>) -> Result<Listed, Error> {
        let limit = page.limit.clamp(1, LONGEST_PAGE);
        // One more than asked for tells whether there is another page.
        let FoundVclusters { mut vclusters, mut unreadable } =
            self.store.vclusters_of(actor.user, PageRequest { limit: limit + 1, ..page }).await?;
        let ids = vclusters.iter().map(|vcluster| vcluster.id).chain(unreadable.iter().map(|(id, _)| *id));
        let mut ids: Vec<VclusterId> = ids.collect();
        ids.sort_by(|one, other| other.cmp(one));
        let last = ids.get(limit as usize - 1).copied();
        let next = last.filter(|_| ids.len() > limit as usize);
        if let Some(last) = next {
            vclusters.retain(|vcluster| vcluster.id >= last);
            unreadable.retain(|(id, _)| *id >= last);
        }
        let unreadable = unreadable.into_iter().map(|(id, fault)| (id, unreadable::sentence(id, &fault))).collect();
        Ok(Listed { vclusters, unreadable, next })
    }

    pub async fn get(&self, actor: &Actor, id: VclusterId) -> Result<Vcluster, Error> {
        actor.own(self.store.vcluster(id).await?)
    }

    /// Where a node of the actor's is that can be reached into.
    pub(crate) async fn running_node(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
    ) -> Result<NodeAddress, Error> {
        actor.may(Scope::Ssh)?;
        let vcluster = self.get(actor, id).await?;
        let node = vcluster.node(name).ok_or(Error::NotFound("node"))?;
        if node.state != NodeState::Running {
            return Err(Error::NodeNotRunning { node: node.name.to_string(), state: node.state.as_str() });
        }
        Ok(NodeAddress::of(node))
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

    /// Asks for the vcluster and everything in it but the home to be removed. `None` when it could not be read: then it is
    /// out of the record at once.
    pub async fn delete(&self, actor: &Actor, id: VclusterId) -> Result<Option<Vcluster>, Error> {
        let mut change = match self.begin(actor, id, OperationKind::Delete).await {
            Err(Error::Store(StoreError::Unreadable { .. })) => {
                return self.delete_unreadable(actor, id).await.map(|()| None);
            }
            begun => begun?,
        };
        let changed = change.vcluster.delete(change.operation.clone());
        self.finish(change, changed, actor).await.map(Some)
    }

    pub async fn add_nodes(&self, actor: &Actor, id: VclusterId, count: i64) -> Result<Vcluster, Error> {
        let count = parse_count("count", count)?;
        let mut change = self.begin(actor, id, OperationKind::AddNodes).await?;
        // Nodes that are there keep their image: their owner's files are in them. More of them are as new as any.
        let quota = change.tx.quota_assignment(actor.user).await?;
        let runtime = self.images.check(&mut *change.tx, &quota, &change.vcluster.image).await?;
        let (owner, each, runtime) = (change.vcluster.owner, change.vcluster.resources, runtime.as_ref());
        let new = NewNodes { owner, quota: &quota, count, each, runtime, beside: Usage::default() };
        let new = self.place_nodes(&mut *change.tx, new).await.map(|(nodes, _)| nodes);
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

    /// Keeps what is chosen. No operation: nothing is done now.
    pub async fn change(&self, actor: &Actor, id: VclusterId, change: ChangeVcluster) -> Result<Vcluster, Error> {
        actor.may(Scope::Vclusters)?;
        let description = change.description.map(|text| text.parse()).transpose();
        let description = description.map_err(|fault| Error::Invalid(vec![fault]))?;
        let tx = self.store.begin().await?;
        let before = actor.own(tx.vcluster(id).await?)?;
        let vcluster = Vcluster {
            autostart: change.autostart.unwrap_or(before.autostart),
            description: description.unwrap_or_else(|| before.description.clone()),
            ..before.clone()
        };
        if vcluster != before {
            self.keep(tx, &vcluster, false).await?;
            tracing::info!(vcluster = %vcluster.id, user = %actor.name, "choice kept");
        }
        Ok(vcluster)
    }

    /// Loads the actor's vcluster for this kind of operation; its transaction keeps out other changes until `finish`.
    async fn begin(&self, actor: &Actor, id: VclusterId, kind: OperationKind) -> Result<Changing, Error> {
        actor.may(Scope::Vclusters)?;
        let tx = self.store.begin().await?;
        let vcluster = actor.own(tx.vcluster(id).await?)?;
        Ok(Changing { tx, vcluster, operation: self.operation(actor, kind) })
    }

    /// When something has changed: saves, appends the event, commits, dispatches.
    async fn finish(&self, change: Changing, changed: bool, actor: &Actor) -> Result<Vcluster, Error> {
        let Changing { tx, vcluster, operation } = change;
        if changed {
            self.keep(tx, &vcluster, operation.kind == OperationKind::AddNodes).await?;
            let kind = operation.kind.as_str();
            metrics::counter!("docklet_operations_accepted_total", "kind" => kind).increment(1);
            tracing::info!(vcluster = %vcluster.id, operation = kind, user = %actor.name, "operation accepted");
        }
        Ok(vcluster)
    }

    async fn keep(&self, tx: Box<dyn Transaction>, vcluster: &Vcluster, has_new_nodes: bool) -> Result<(), Error> {
        let mut work = UnitOfWork::new(tx, self.clock.now());
        work.save(vcluster).await?;
        if has_new_nodes {
            apps::give_jupyter(&mut *work.tx, &*self.clock, &*self.entropy, vcluster).await?;
        }
        self.commit(work, vcluster.id).await
    }

    async fn commit(&self, work: UnitOfWork, id: VclusterId) -> Result<(), Error> {
        let dispatcher = self.dispatcher.clone();
        Ok(work.commit(&self.events, move || dispatcher.dispatch(Subject::Vcluster(id))).await?)
    }

    fn operation(&self, actor: &Actor, kind: OperationKind) -> Operation {
        let now = self.clock.now();
        Operation::begin(OperationId::new(self.entropy.id(now)), kind, now).asked_by(actor.user)
    }

    /// Checks that what a start takes again fits.
    async fn admit_again(&self, tx: &mut dyn Transaction, vcluster: &Vcluster) -> Result<(), Error> {
        self.admission.again(tx, vcluster, &vcluster.start_needs()).await
    }

    /// Finds hosts for new nodes, which all run with the same runtime. Returns also what their owner holds with them.
    async fn place_nodes(&self, tx: &mut dyn Transaction, new: NewNodes<'_>) -> Result<(Vec<NewNode>, Usage), Error> {
        let runtime = new.runtime.cloned();
        let (workers, usage) = self.admission.place(tx, new).await?;
        let now = self.clock.now();
        let node = |worker| NewNode { id: NodeId::new(self.entropy.id(now)), worker, runtime: runtime.clone() };
        Ok((workers.into_iter().map(node).collect(), usage))
    }
}

/// 1–16, or a violation of `field`.
fn parse_count(field: &str, count: i64) -> Result<u8, Error> {
    u8::try_from(count).ok().filter(|count| (1..=MOST_NODES).contains(count)).ok_or_else(|| {
        Error::Invalid(vec![Violation::new(field, format!("must be a whole number between 1 and {MOST_NODES}"))])
    })
}
