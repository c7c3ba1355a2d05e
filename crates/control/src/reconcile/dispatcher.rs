//! Publishes assignments: what the record wants of every node, as soon as it is committed, and again every now and then,
//! whether something is known to be missing or not. Knows no report.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{
    NodeId, UserId, VclusterId,
    image::Source,
    name::WorkerName,
    node::{Generation, Node},
    vcluster::Vcluster,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{catch_up::CatchUp, notices::Notices};
use crate::{
    Error, Ports,
    images::Images,
    ports::{
        coordination::{Assignment, Dispatch, Newer, Order},
        store::{FoundHomes, FoundVclusters, Store, StoreError},
    },
    vclusters::unreadable::sentence,
};

/// Between two tries while coordination does not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Between two looks at the whole record. What was committed and not published, whatever the reason, is found by then.
const PASS: Duration = Duration::from_secs(30);
/// How often in a row what is published may turn out to be newer than the record.
const MOST_RAISES: u32 = 4;

/// What is waiting to be published.
#[derive(Debug)]
pub(crate) enum Work {
    Everything,
    Assign(VclusterId),
    Withdraw(Vec<(WorkerName, NodeId, Generation)>),
}

/// Hands work to the publisher; never waits.
#[derive(Debug, Clone)]
pub struct Dispatcher(mpsc::UnboundedSender<Work>);

impl Dispatcher {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Work>) {
        // Unbounded, because every item is one committed transaction: the database is the brake.
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Publishes the orders the vcluster has when its turn comes. When the daemon is ending, the next start does it.
    pub(crate) fn dispatch(&self, vcluster: VclusterId) {
        let _ = self.0.send(Work::Assign(vcluster));
    }

    /// Publishes what the whole record wants: coordination may have lost some of it.
    pub(crate) fn dispatch_everything(&self) {
        let _ = self.0.send(Work::Everything);
    }

    /// Takes back the assignments of nodes that are gone.
    pub(crate) fn withdraw(&self, nodes: Vec<(WorkerName, NodeId, Generation)>) {
        if !nodes.is_empty() {
            let _ = self.0.send(Work::Withdraw(nodes));
        }
    }
}

pub(super) struct Publisher {
    store: Arc<dyn Store>,
    dispatch: Arc<dyn Dispatch>,
    catch_up: CatchUp,
    notices: Notices,
    work: mpsc::UnboundedReceiver<Work>,
    images: Images,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}

impl Publisher {
    pub(super) fn new(
        ports: &Ports,
        catch_up: CatchUp,
        notices: Notices,
        work: mpsc::UnboundedReceiver<Work>,
        images: Images,
    ) -> Self {
        Self { store: ports.store.clone(), dispatch: ports.dispatch.clone(), catch_up, notices, work, images }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut everything = true;
        let mut pass = Instant::now();
        loop {
            if everything {
                pass = Instant::now() + PASS;
            }
            let done = if everything { self.publish_everything().await } else { self.publish_next(&stop, pass).await };
            match done {
                // Others may have been published all the time, and something overlooked none the less.
                Ok(()) => everything = Instant::now() >= pass,
                Err(Stopped::Cancelled) => return,
                Err(Stopped::Failed(error)) => {
                    tracing::warn!(error = %error, "assignments could not be published; all are published again");
                    metrics::counter!("docklet_reconcile_errors_total", "loop" => "dispatcher").increment(1);
                    everything = true;
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(RETRY) => {}
                    }
                }
            }
        }
    }

    /// What is committed while this runs is in the queue, so it is published behind this and nothing is lost.
    async fn publish_everything(&self) -> Result<(), Stopped> {
        // Before the record is read: what another process commits and publishes meanwhile is not taken for surplus.
        let round = self.dispatch.open_round().await.map_err(Error::from)?;
        let FoundVclusters { mut vclusters, unreadable } = self.store.all_vclusters().await.map_err(Error::from)?;
        let sources = self.images.sources().await.map_err(Error::from)?;
        let found = self.store.homes(None).await.map_err(Error::from)?;
        let notices = unreadable.iter().map(|(id, fault)| sentence(*id, fault)).chain(sources.remark());
        self.notices.set_unreadable(notices.chain(found.unreadable.values().map(|fault| no_home(fault))).collect());
        let mut spared: BTreeSet<_> = unreadable.into_iter().map(|(id, _)| id).collect();
        let homeless = |vcluster: &mut Vcluster| found.unreadable.contains_key(&vcluster.owner);
        spared.extend(vclusters.extract_if(.., homeless).map(|vcluster| vcluster.id));
        let of = |vcluster: &Vcluster| assignments_of(vcluster, sources.of(&vcluster.image), &found.homes);
        let assignments: Vec<Assignment> = vclusters.iter().flat_map(of).collect();
        let newer = self.dispatch.close_round(round, &assignments, &spared).await.map_err(Error::from)?;
        tracing::debug!(assignments = assignments.len(), "all assignments published");
        Ok(self.catch_up(newer).await?)
    }

    async fn publish_next(&mut self, stop: &CancellationToken, pass: Instant) -> Result<(), Stopped> {
        let work = tokio::select! {
            () = stop.cancelled() => return Err(Stopped::Cancelled),
            work = self.work.recv() => work.ok_or(Stopped::Cancelled)?,
            () = tokio::time::sleep_until(pass) => return Ok(()),
        };
        match work {
            Work::Everything => return self.publish_everything().await,
            Work::Assign(vcluster) => self.publish(vcluster).await?,
            Work::Withdraw(nodes) => self.dispatch.withdraw(&nodes).await.map_err(Error::from)?,
        }
        Ok(())
    }

    /// From the record: what has waited here while coordination was away may be an earlier state than what is published.
    async fn publish(&self, vcluster: VclusterId) -> Result<(), Error> {
        let vcluster = match self.store.vcluster(vcluster).await {
            Ok(Some(vcluster)) => vcluster,
            // Gone meanwhile, or what a pass tells administrators of.
            Ok(None) | Err(StoreError::Unreadable { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let newer = self.dispatch.assign(&self.assignments(&vcluster).await?).await?;
        self.catch_up(newer).await
    }

    /// Empty when it is not known whether the owner has a home: a pass tells administrators of it.
    async fn assignments(&self, vcluster: &Vcluster) -> Result<Vec<Assignment>, Error> {
        let source = self.images.source(&vcluster.image).await?;
        let FoundHomes { homes, unreadable } = self.store.homes(Some(vcluster.owner)).await?;
        Ok(if unreadable.is_empty() { assignments_of(vcluster, source, &homes) } else { Vec::new() })
    }

    async fn catch_up(&self, mut newer: Vec<Newer>) -> Result<(), Error> {
        for _ in 0..MOST_RAISES {
            if newer.is_empty() {
                return Ok(());
            }
            let raised = self.catch_up.raise(newer).await?;
            let mut assignments = Vec::new();
            for vcluster in &raised {
                assignments.extend(self.assignments(vcluster).await?);
            }
            newer = self.dispatch.assign(&assignments).await?;
        }
        tracing::warn!(
            nodes = newer.len(),
            "what is published is still newer than the record; the next pass looks again"
        );
        Ok(())
    }
}

enum Stopped {
    Cancelled,
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Whose home was made on which worker.
type Homes = BTreeSet<(UserId, WorkerName)>;

fn no_home(fault: &str) -> String {
    format!(
        "where a user's home was made cannot be read from the record ({fault}): the nodes of that user are left as they are, \
         and no order reaches them. Restore the record from a backup, or mend the line in the database"
    )
}

fn assignments_of(vcluster: &Vcluster, source: Source, homes: &Homes) -> Vec<Assignment> {
    vcluster.nodes.iter().map(|node| assignment_of(vcluster, node, source, homes)).collect()
}

fn assignment_of(vcluster: &Vcluster, node: &Node, source: Source, homes: &Homes) -> Assignment {
    Assignment {
        node: node.id,
        worker: node.worker.clone(),
        generation: node.generation,
        order: Order::of(node.intent),
        vcluster: vcluster.id,
        vcluster_name: vcluster.name.clone(),
        owner: vcluster.owner,
        name: node.name,
        image: vcluster.image.clone(),
        source,
        runtime: node.runtime.clone(),
        resources: vcluster.resources,
        subnet: vcluster.subnet,
        ip: node.ip,
        has_home: homes.contains(&(vcluster.owner, node.worker.clone())),
    }
}
