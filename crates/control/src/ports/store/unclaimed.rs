//! Containers that no record claims, and nodes that the record has let go of.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{InstanceId, NodeId, UserId, VclusterId, name::WorkerName, node::Generation};

use super::StoreError;

/// A container on a host that no record claims. It is paused and kept for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    pub instance: InstanceId,
    pub worker: WorkerName,
    /// `None` for a task's.
    pub vcluster: Option<VclusterId>,
    pub owner: UserId,
    pub generation: Generation,
    pub found_at: DateTime<Utc>,
}

#[async_trait]
pub trait UnclaimedReads: Send + Sync {
    /// The first found first, without those that cannot be read: their containers stay paused, and are written down anew
    /// when their worker asks.
    async fn all_unclaimed(&self) -> Result<Vec<Unclaimed>, StoreError>;
    async fn unclaimed(&self, instance: InstanceId) -> Result<Option<Unclaimed>, StoreError>;
    /// The last order of a node that the record has let go of; `None` when it never had it, or long ago.
    async fn departed(&self, node: NodeId) -> Result<Option<Generation>, StoreError>;
}

#[async_trait]
pub trait UnclaimedWrites: Send {
    /// Inserts it or replaces what may change of it: all but when it was found.
    async fn save_unclaimed(&mut self, unclaimed: &Unclaimed) -> Result<(), StoreError>;
    /// What was found at `from` or later counts as found at `now`.
    async fn find_unclaimed_again(&mut self, from: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError>;
    async fn remove_unclaimed(&mut self, instance: InstanceId) -> Result<(), StoreError>;
    /// Takes back that these nodes have departed: what is found of them is what no record claims, and is kept.
    async fn forget_departed(&mut self, nodes: &[NodeId]) -> Result<(), StoreError>;
}
