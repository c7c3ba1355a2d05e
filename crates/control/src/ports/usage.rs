//! What nodes use of their host, as their worker samples it. Kept in the worker's memory for an hour, not for billing.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{NodeId, name::WorkerName};
use serde::{Deserialize, Serialize};

use super::{
    engine::DiskUse,
    node::{NodeAddress, NodeError},
};

/// What one node used around one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub at: DateTime<Utc>,
    /// Thousandths of a CPU, since the sample before.
    pub cpu_milli: u32,
    /// Without the page cache that can be dropped.
    pub memory_bytes: u64,
}

/// One node's samples, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSamples {
    pub node: NodeId,
    pub samples: Vec<Sample>,
}

/// What owners' containers and homes took on one host when they were last counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSample {
    pub at: DateTime<Utc>,
    pub owners: Vec<DiskUse>,
}

#[async_trait]
pub trait Usages: Send + Sync + 'static {
    /// Samples of these nodes behind `since`, or of the last hour. Asking counts as watching: then there is about one
    /// in 2 s, else one in 15 s. Nodes without a sample may be left out.
    async fn samples(&self, nodes: &[NodeAddress], since: Option<DateTime<Utc>>)
    -> Result<Vec<NodeSamples>, NodeError>;

    /// What disks this worker has last counted, at once; `None` while it has not.
    async fn disk(&self, worker: &WorkerName) -> Result<Option<DiskSample>, NodeError>;
}
