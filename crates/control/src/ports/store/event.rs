//! What watchers are told, in the order of commits.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{JobId, UserId, VclusterId, job::JobState, quota::Usage, vcluster::Vcluster};

use super::StoreError;

/// Something a watcher wants to know, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Counts up in the order of commits; gaps are possible.
    pub sequence: i64,
    pub owner: UserId,
    pub at: DateTime<Utc>,
    pub body: EventBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// The vcluster as it was when the event happened, with what its owner held then.
    Vcluster {
        vcluster: Box<Vcluster>,
        usage: Usage,
    },
    VclusterGone {
        id: VclusterId,
        usage: Usage,
    },
    /// What the owner may hold is not what it was.
    LimitsChanged,
    /// A job was submitted, or its state is another one now: this one.
    Job {
        id: JobId,
        state: JobState,
    },
}

#[async_trait]
pub trait EventReads: Send + Sync {
    /// Events of one owner behind `after`, oldest first. `None` when an event behind `after`, of any owner, may have been
    /// dropped, and when `after` has never been reached (the database is an older copy): the watcher must read its lists again.
    async fn events_after(&self, owner: UserId, after: i64, limit: u32)
    -> Result<Option<Vec<StoredEvent>>, StoreError>;
    /// The sequence of the newest event; 0 when there has never been one.
    async fn last_event(&self) -> Result<i64, StoreError>;
}

#[async_trait]
pub trait EventWrites: Send {
    /// Appends an event and returns its sequence.
    async fn append_event(&mut self, owner: UserId, at: DateTime<Utc>, body: &EventBody) -> Result<i64, StoreError>;
}
