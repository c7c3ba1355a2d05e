//! Whether nodes and jobs may hold what they are to hold: within their owner's limits, with room on the hosts, with their runtime
//! there. Every order after which one of them holds something it did not hold passes here. Decides inside the
//! transaction that writes the order down. Knows no vcluster's lifecycle.

use domain::{
    UserId, Violation,
    job::Job,
    name::{RuntimeName, WorkerName},
    node::Node,
    quota::Usage,
    quota_policy::{QuotaAssignment, QuotaPolicy},
    resources::Resources,
    vcluster::Vcluster,
};
use scheduler::Overcommit;

use crate::{Error, Policy, ports::store::Transaction, reconcile::hosts::Hosts};

#[derive(Debug, Clone)]
pub(crate) struct Admission {
    hosts: Hosts,
    quota_policy: QuotaPolicy,
    overcommit: Overcommit,
}

/// Nodes that are not there yet.
#[derive(Debug)]
pub(crate) struct NewNodes<'a> {
    pub(crate) owner: UserId,
    /// What decides how much the owner may hold; read with what is decided by it.
    pub(crate) quota: &'a QuotaAssignment,
    pub(crate) count: u8,
    pub(crate) each: Resources,
    pub(crate) runtime: Option<&'a RuntimeName>,
    /// What is asked for together with them.
    pub(crate) beside: Usage,
}

impl Admission {
    pub(crate) fn new(hosts: Hosts, policy: &Policy) -> Self {
        Self { hosts, quota_policy: policy.quota_policy.clone(), overcommit: policy.overcommit }
    }

    /// A host for each of them, and what their owner holds with them.
    pub(crate) async fn place(
        &self,
        tx: &mut dyn Transaction,
        new: NewNodes<'_>,
    ) -> Result<(Vec<WorkerName>, Usage), Error> {
        let NewNodes { owner, quota, count, each, runtime, beside } = new;
        let count = u32::from(count);
        let usage = self.check_limits(tx, owner, quota, Usage::of_nodes(count, each).plus(beside)).await?;
        let workers = self.hosts.place(count, each, runtime, self.overcommit, &tx.worker_usage().await?)?;
        Ok((workers, usage))
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
        let quota = tx.quota_assignment(vcluster.owner).await?;
        self.check_limits(tx, vcluster.owner, &quota, Usage::of_nodes(count, each)).await?;
        self.hosts.check_same_hosts(nodes, each, self.overcommit, &tx.worker_usage().await?)
    }

    /// Whether a job of this size fits into its owner's limits when they hold nothing else.
    pub(crate) fn could_start(&self, quota: &QuotaAssignment, each: Resources) -> Result<(), Error> {
        let never = |fault: Violation| Violation {
            // A job has no field for its processes.
            field: fault.field.replace("nodes", "resources"),
            message: format!("{}; the job could never start", fault.message),
        };
        let fits = self.quota_policy.of(quota).check(Usage::default(), Usage::of_jobs(1, each));
        fits.map_err(|faults| Error::LimitExceeded(faults.into_iter().map(never).collect()))
    }

    /// Whether the job may begin on this host now.
    pub(crate) async fn start(&self, tx: &mut dyn Transaction, job: &Job, worker: &WorkerName) -> Result<(), Error> {
        let (each, runtime) = (job.spec.resources, job.spec.runtime.as_ref());
        let quota = tx.quota_assignment(job.owner).await?;
        self.check_limits(tx, job.owner, &quota, Usage::of_jobs(1, each)).await?;
        self.hosts.check_one_on(worker, each, runtime, self.overcommit, &tx.worker_usage().await?)
    }

    /// Returns what the owner holds with what is asked.
    async fn check_limits(
        &self,
        tx: &mut dyn Transaction,
        owner: UserId,
        quota: &QuotaAssignment,
        asked: Usage,
    ) -> Result<Usage, Error> {
        let used = tx.usage(owner).await?;
        self.quota_policy.of(quota).check(used, asked).map_err(Error::LimitExceeded)?;
        Ok(used.plus(asked))
    }
}
