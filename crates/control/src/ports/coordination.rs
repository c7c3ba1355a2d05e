//! Who does what now: orders to workers, their reports, which workers there are. Small and quickly changing; never bulk data.
//!
//! Everything here can be lost: assignments are published again from the record, observations are reported again by
//! workers. So a reader must know whether what it sees is complete; see [`AssignmentEvent::Snapshot`].

use std::net::Ipv4Addr;

use async_trait::async_trait;
use domain::{
    NodeId, UserId, VclusterId,
    image::{ImageRef, Source},
    name::{NodeName, VclusterName, WorkerName},
    node::{Generation, Observation},
    resources::Resources,
};
use futures::stream::BoxStream;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// What a worker has to make of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Run,
    Stop,
    /// Nothing of the node may be left.
    Remove,
}

/// One node's order with all that is needed to carry it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub node: NodeId,
    /// Who carries it out.
    pub worker: WorkerName,
    pub generation: Generation,
    pub order: Order,
    pub vcluster: VclusterId,
    pub vcluster_name: VclusterName,
    pub owner: UserId,
    pub name: NodeName,
    pub image: ImageRef,
    /// Where a container that is to be made may take it from.
    #[serde(default)]
    pub source: Source,
    pub resources: Resources,
    pub subnet: Ipv4Net,
    pub ip: Ipv4Addr,
    /// The record says that the owner's home was made on this worker: one that is not there is lost, and not made anew.
    #[serde(default)]
    pub has_home: bool,
}

/// What a worker sees of its assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentEvent {
    /// All of them, now. Sent first, and again whenever the watch had to begin anew.
    /// `complete` is false until control has published everything since coordination was last empty: until then a missing
    /// assignment means nothing, and nothing may be removed because of it.
    Snapshot { assignments: Vec<Assignment>, complete: bool },
    /// These are new or changed; several that were published together come together.
    Changed(Vec<Assignment>),
    /// These nodes have no assignment any more.
    Withdrawn(Vec<NodeId>),
}

/// What control sees of the workers' reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportEvent {
    /// Everything that is reported, now. Sent first, and again whenever the watch had to begin anew.
    Snapshot {
        reports: Vec<Report>,
        workers: Vec<WorkerInfo>,
    },
    Reported(Vec<Report>),
    /// A worker is there or has changed.
    Worker(WorkerInfo),
    /// A worker's lease has run out: it does not answer.
    WorkerLost(WorkerName),
}

/// A worker's report about one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub node: NodeId,
    pub worker: WorkerName,
    #[serde(flatten)]
    pub observation: Observation,
}

/// A host and what it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerInfo {
    pub name: WorkerName,
    pub cpu_milli: u64,
    pub memory_mib: u64,
    /// Networks the host already routes or its engine already has, ours not among them: no vcluster may overlap them.
    pub routed: Vec<Ipv4Net>,
    /// Why it cannot take nodes now; `None` when it can.
    pub unready: Option<String>,
    /// Where its worker stream is, as `host:port`; `None` when it works in the process that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum CoordinationError {
    /// Nobody answers; worth another try.
    #[error("the coordination service does not answer: {0}")]
    Unavailable(String),
    /// What is stored there is not what we write.
    #[error("the coordination service holds something unreadable at {key}: {fault}")]
    Unreadable { key: String, fault: String },
}

/// Control's side.
#[async_trait]
pub trait Dispatch: Send + Sync + 'static {
    /// Publishes new or changed assignments; those of one worker become visible at once.
    async fn assign(&self, assignments: &[Assignment]) -> Result<(), CoordinationError>;

    /// Takes assignments back, with the reports about them, once their nodes are gone.
    async fn withdraw(&self, nodes: &[(WorkerName, NodeId)]) -> Result<(), CoordinationError>;

    /// Makes what is published exactly this, and marks it complete.
    async fn assign_all(&self, assignments: &[Assignment]) -> Result<(), CoordinationError>;

    /// Reports as they come. The stream ends with an error when the connection is lost; watch again then.
    async fn watch_reports(
        &self,
    ) -> Result<BoxStream<'static, Result<ReportEvent, CoordinationError>>, CoordinationError>;

    /// Whether coordination answers.
    async fn ping(&self) -> Result<(), CoordinationError>;
}

/// A worker's side.
#[async_trait]
pub trait Duty: Send + Sync + 'static {
    /// Says that this worker is there, for as long as it keeps saying so (every few seconds; the lease is 10 s).
    async fn announce(&self, info: &WorkerInfo) -> Result<(), CoordinationError>;

    /// This worker's assignments. The stream ends with an error when the connection is lost; watch again then.
    async fn watch_assignments(
        &self,
        worker: &WorkerName,
    ) -> Result<BoxStream<'static, Result<AssignmentEvent, CoordinationError>>, CoordinationError>;

    /// What this worker has last reported, to carry on from after a restart.
    async fn last_reports(&self, worker: &WorkerName) -> Result<Vec<Report>, CoordinationError>;

    async fn report(&self, reports: &[Report]) -> Result<(), CoordinationError>;
}

/// Where a worker is, for those who reach its nodes over the network.
#[async_trait]
pub trait Whereabouts: Send + Sync + 'static {
    /// `None` when it has not said for the time of its lease that it is there.
    async fn whereabouts(&self, worker: &WorkerName) -> Result<Option<WorkerInfo>, CoordinationError>;
}
