//! Whether nodes may hold what they are to hold: within their owner's limits, with room on the hosts, with their runtime
//! there. Every order after which a node holds something it did not hold passes here. Decides inside the
//! transaction that writes the order down. Knows no vcluster's lifecycle.

use domain::{
    UserId,
    allowance::Allowances,
    name::{RuntimeName, WorkerName},
    node::Node,
    quota::Usage,
    resources::Resources,
    vcluster::Vcluster,
};
use scheduler::Overcommit;

use crate::{Error, Policy, ports::store::Transaction, reconcile::hosts::Hosts};

#[derive(Debug, Clone)]
pub(crate) struct Admission {
    hosts: Hosts,
    allowances: Allowances,
    overcommit: Overcommit,
}

/// Nodes that are not there yet.
#[derive(Debug)]
pub(crate) struct NewNodes<'a> {
    pub(crate) owner: UserId,
    pub(crate) count: u8,
    pub(crate) each: Resources,
    pub(crate) runtime: Option<&'a RuntimeName>,
    /// What is asked for together with them.
    pub(crate) beside: Usage,
}

impl Admission {
    pub(crate) fn new(hosts: Hosts, policy: &Policy) -> Self {
        Self { hosts, allowances: policy.allowances.clone(), overcommit: policy.overcommit }
    }

    /// A host for each of them.
    pub(crate) async fn place(&self, tx: &mut dyn Transaction, new: NewNodes<'_>) -> Result<Vec<WorkerName>, Error> {
        let NewNodes { owner, count, each, runtime, beside } = new;
        let count = u32::from(count);
        self.check_limits(tx, owner, Usage::of_nodes(count, each).plus(beside)).await?;
        self.hosts.place(count, each, runtime, self.overcommit, &tx.worker_usage().await?)
    }

    /// Whether these nodes of the vcluster, which hold nothing now, may run again. Stopped nodes keep their files on their
    /// host, so they start there or nowhere.
    pub(crate) async fn again(
        &self,
        tx: &mut dyn Transaction,
        vcluster: &Vcluster,
        nodes: &[&Node],
    ) -> Result<(), Error> {
        if nodes.is_empty() {
            return Ok(());
        }
        let count = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let each = vcluster.resources;
        self.check_limits(tx, vcluster.owner, Usage::of_nodes(count, each)).await?;
        self.hosts.check_same_hosts(nodes, each, self.overcommit, &tx.worker_usage().await?)
    }

    /// The limits are read with what is decided by them, so that a change holds for the next order.
    async fn check_limits(&self, tx: &mut dyn Transaction, owner: UserId, asked: Usage) -> Result<(), Error> {
        let used = tx.usage(owner).await?;
        let limits = self.allowances.of(&tx.standing(owner).await?);
        limits.check(used, asked).map_err(Error::LimitExceeded)
    }
}
