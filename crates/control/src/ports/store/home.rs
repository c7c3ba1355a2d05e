//! Homes as the record knows them: whose was made on which worker. What is in them only the worker's host knows.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{UserId, name::WorkerName};

use super::StoreError;

/// Homes as they were asked for, and the owners of rows that cannot be read, with what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundHomes {
    pub homes: BTreeSet<(UserId, WorkerName)>,
    /// `None` where not even the owner can be read.
    pub unreadable: Vec<(Option<UserId>, String)>,
}

impl FoundHomes {
    /// Also where that cannot be read: a home that is missed is an error, and an empty one in its place would look like the
    /// loss of everything in it.
    pub fn may_be_there(&self, owner: UserId, worker: &WorkerName) -> bool {
        let is_doubtful = |(whose, _): &(Option<UserId>, String)| whose.is_none_or(|whose| whose == owner);
        self.unreadable.iter().any(is_doubtful) || self.homes.contains(&(owner, worker.clone()))
    }
}

#[async_trait]
pub trait HomeReads: Send + Sync {
    /// The homes that were made, of this user or of all.
    async fn homes(&self, of: Option<UserId>) -> Result<FoundHomes, StoreError>;
}

#[async_trait]
pub trait HomeWrites: Send {
    /// It was made. Saying so again changes nothing.
    async fn keep_home(&mut self, owner: UserId, worker: &WorkerName, now: DateTime<Utc>) -> Result<(), StoreError>;

    /// They are lost: the next node may begin with an empty one. Returns how many there were.
    async fn give_up_homes(&mut self, owner: UserId) -> Result<u64, StoreError>;
}
