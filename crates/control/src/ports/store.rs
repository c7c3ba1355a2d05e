//! The record: what people own and what happened, in SQL.
//!
//! Changes go through a [`Transaction`]: read, decide, write, commit, with no other writer in between. Reads that decide
//! nothing go straight to the [`Store`]. Each aggregate has its own file and two traits: what may be read, which both of them
//! offer, and what may be written, which only a transaction does.

mod access;
mod app;
mod event;
mod home;
mod identity;
mod image;
mod job;
mod task;
mod unclaimed;
mod user;
mod vcluster;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use access::{AccessReads, AccessWrites, Attempts, BrowserSession, SessionKey, Token};
pub use app::{Admission, AppReads, AppSession, AppWrites, EntryPass};
pub use event::{EventBody, EventReads, EventWrites, StoredEvent};
pub use home::{FoundHomes, HomeReads, HomeWrites};
pub use identity::{
    AccountStatus, Identity, IdentityReads, IdentityWrites, PendingShares, PendingSignIn, ProviderSession, Purpose,
};
pub use image::{AllowedImage, ImageReads, ImageWrites};
pub use job::{JobFilter, JobReads, JobWrites, NewJob, QueuedJob, UsedCpu};
pub use task::{FoundTasks, TaskReads, TaskWrites};
pub use unclaimed::{Unclaimed, UnclaimedReads, UnclaimedWrites};
pub use user::{Account, Person, UserReads, UserWrites};
pub use vcluster::{FoundVclusters, IdempotencyRecord, ListedOperation, OperationsOf, VclusterReads, VclusterWrites};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row has this name, key or subnet already.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The database does not answer or is busy for too long; worth another try.
    #[error("the database does not answer")]
    Unavailable(#[source] BoxedError),
    /// The disk under the database is full.
    #[error("the disk under the database is full")]
    DiskFull(#[source] BoxedError),
    /// Another process serves this record by now.
    #[error(
        "another dockletd has taken over this record (term {theirs}; this one serves term {ours}); this one writes nothing any more"
    )]
    Superseded { ours: i64, theirs: i64 },
    /// A row that we would never write.
    #[error("the database holds an unreadable {what}: {fault}")]
    Unreadable { what: &'static str, fault: String },
    #[error("the database refused a statement")]
    Failed(#[source] BoxedError),
}

pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// Where a page of a list begins and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// The last item of the page before; `None` for the first page.
    pub after: Option<K>,
    pub limit: u32,
}

/// Everything that may be read.
pub trait Reads:
    UserReads
    + AccessReads
    + IdentityReads
    + VclusterReads
    + TaskReads
    + JobReads
    + UnclaimedReads
    + ImageReads
    + AppReads
    + HomeReads
    + EventReads
{
}

#[async_trait]
pub trait Store: Reads + 'static {
    /// Begins a transaction that excludes every other writer until it ends. Dropped without commit, it changes nothing.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// A transaction. Nothing it wrote is visible to others before `commit`.
#[async_trait]
pub trait Transaction:
    Reads
    + UserWrites
    + AccessWrites
    + IdentityWrites
    + VclusterWrites
    + TaskWrites
    + JobWrites
    + UnclaimedWrites
    + ImageWrites
    + AppWrites
    + HomeWrites
    + EventWrites
    + UpkeepWrites
{
    /// An error means that nothing was written. Where the database is lost in between, this waits until it is known.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// What keeps the record from growing without end. Only a transaction needs to know how far it has come.
#[async_trait]
pub trait UpkeepWrites: Send {
    /// The time of the last sweep; `None` when there has been none.
    async fn last_sweep(&self) -> Result<Option<DateTime<Utc>>, StoreError>;
    async fn set_last_sweep(&mut self, at: DateTime<Utc>) -> Result<(), StoreError>;
    /// Since when the clock is doubted, by that clock; kept beside the time of the last sweep, so there must have been one.
    async fn clock_doubted_since(&self) -> Result<Option<DateTime<Utc>>, StoreError>;
    async fn set_clock_doubted_since(&mut self, since: Option<DateTime<Utc>>) -> Result<(), StoreError>;
    /// Drops operations that began before `before` and are no vcluster's latest one, and what is known of nodes that departed
    /// before. Returns how many.
    async fn sweep_operations(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError>;
    /// Drops jobs that ended before `before`, and tasks that finished before and of which nothing is left on their hosts, unless
    /// they belong to a job that stays. Returns how many rows.
    async fn sweep_jobs(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError>;
    /// Drops events, idempotency keys, sign-in attempts, expired sessions and tokens from before `before`, and tokens that were
    /// revoked a day ago. Returns how many rows.
    async fn sweep(&mut self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError>;
}
