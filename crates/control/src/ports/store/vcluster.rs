//! Vclusters as the record has them, what is held by them, and what was asked of them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    NodeId, OperationId, UserId, VclusterId,
    name::{UserName, VclusterName, WorkerName},
    operation::Operation,
    quota::Usage,
    vcluster::{Vcluster, VclusterState},
};
use ipnet::Ipv4Net;

use super::{PageRequest, StoreError};

/// Vclusters as they were asked for, and those among them whose rows cannot be read: the others go on without them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundVclusters {
    pub vclusters: Vec<Vcluster>,
    /// With what is wrong.
    pub unreadable: Vec<(VclusterId, String)>,
}

impl FoundVclusters {
    pub fn extend(&mut self, more: Self) {
        self.vclusters.extend(more.vclusters);
        self.unreadable.extend(more.unreadable);
    }
}

/// Whose operations are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationsOf {
    Vcluster(VclusterId),
    /// Of all vclusters of this user, also of those that are deleted.
    Owner(UserId),
}

/// An operation with the names of what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedOperation {
    pub operation: Operation,
    pub vcluster: VclusterId,
    /// Unknown for some vclusters that were deleted before this was recorded.
    pub vcluster_name: Option<VclusterName>,
    /// Who asked for it, where that was recorded.
    pub by: Option<UserName>,
}

/// The answer an idempotency key was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    pub user: UserId,
    pub key: String,
    /// SHA-256 of the request, to notice the key being used for another one.
    pub fingerprint: String,
    pub vcluster: VclusterId,
    pub created_at: DateTime<Utc>,
}

#[async_trait]
pub trait VclusterReads: Send + Sync {
    async fn vcluster(&self, id: VclusterId) -> Result<Option<Vcluster>, StoreError>;
    /// Its owner, also where the rest of it cannot be read.
    async fn owner_of_vcluster(&self, id: VclusterId) -> Result<Option<UserId>, StoreError>;
    /// The vcluster that has this node.
    async fn vcluster_of_node(&self, node: NodeId) -> Result<Option<Vcluster>, StoreError>;
    /// Newest first; one that cannot be read counts for the page's limit.
    async fn vclusters_of(&self, owner: UserId, page: PageRequest<VclusterId>) -> Result<FoundVclusters, StoreError>;
    /// Every vcluster of every owner, oldest first: what workers must be told after coordination was lost.
    async fn all_vclusters(&self) -> Result<FoundVclusters, StoreError>;
    /// Those with nodes on this worker.
    async fn vclusters_on(&self, worker: &WorkerName) -> Result<FoundVclusters, StoreError>;
    /// Those that have these nodes, however many they are.
    async fn vclusters_with(&self, nodes: &[NodeId]) -> Result<FoundVclusters, StoreError>;
    /// Every worker that a node is on.
    async fn workers(&self) -> Result<Vec<WorkerName>, StoreError>;
    /// What a user holds: reserved nodes, jobs that hold something, and vclusters whatever their state.
    async fn usage(&self, owner: UserId) -> Result<Usage, StoreError>;
    /// What tenants hold on each worker.
    async fn worker_usage(&self) -> Result<Vec<(WorkerName, Usage)>, StoreError>;
    /// How many there are in each state; a state that none is in may be missing.
    async fn vcluster_counts(&self) -> Result<Vec<(VclusterState, u32)>, StoreError>;
    /// The subnets of vclusters that begin in this network. An unreadable one is left out, so that it blocks no new vcluster:
    /// if it is given away twice, the worker notices.
    async fn subnets_in(&self, network: Ipv4Net) -> Result<Vec<Ipv4Net>, StoreError>;
    /// The one of the vcluster that was made last.
    async fn newest_subnet(&self) -> Result<Option<Ipv4Net>, StoreError>;
    /// Newest first.
    async fn operations(
        &self,
        of: OperationsOf,
        page: PageRequest<OperationId>,
    ) -> Result<Vec<ListedOperation>, StoreError>;
    async fn idempotency(&self, user: UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError>;
}

#[async_trait]
pub trait VclusterWrites: Send {
    /// Writes down a new one with its nodes and its operation. [`StoreError::Taken`]`("name")` when another vcluster of the owner
    /// has the name; nothing more can be written then.
    async fn insert_vcluster(&mut self, vcluster: &Vcluster) -> Result<(), StoreError>;
    /// Inserts or replaces the vcluster with its nodes and its operation; an operation of it that still ran is recorded
    /// as superseded. [`StoreError::Taken`]`("name")` when another vcluster of the owner has the name.
    async fn save_vcluster(&mut self, vcluster: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Removes it with its nodes, readable or not; its operations stay as history.
    async fn remove_vcluster(&mut self, id: VclusterId, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Adds something that no user asked for to the vcluster's history.
    async fn note_happening(&mut self, vcluster: &Vcluster, happened: &Operation) -> Result<(), StoreError>;
    async fn insert_idempotency(&mut self, record: &IdempotencyRecord) -> Result<(), StoreError>;
}
