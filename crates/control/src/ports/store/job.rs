//! Jobs as the record has them, and what their owners have used.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    JobId, TaskId, UserId,
    job::{Counts, Dependencies, Job, JobName, JobSpec, JobState, Nice, TimeLimit},
    name::RuntimeName,
    resources::Resources,
};

use super::{PageRequest, StoreError};

/// Which jobs of one owner are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// In one of these states; in any where it is empty.
    pub states: Vec<JobState>,
    /// Whose name begins so, with small letters as with large ones; of any name where it is empty.
    pub name: String,
    /// Submitted then or later.
    pub since: Option<DateTime<Utc>>,
    /// Submitted before.
    pub until: Option<DateTime<Utc>>,
}

/// What a user's jobs have used: CPU-seconds, of which half is forgotten in each half-life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UsedCpu {
    pub owner: UserId,
    pub cpu_seconds: f64,
    /// When it was that much.
    pub at: DateTime<Utc>,
}

/// A job that is to be written down; the record gives it its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    pub owner: UserId,
    pub spec: JobSpec,
    pub held: bool,
    pub submitted_at: DateTime<Utc>,
    /// The same owner's same key names the same job.
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request, to notice the key being used for another one.
    pub fingerprint: String,
}

/// What decides when a job's turn comes. Without its script: the queue reads all that wait, again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedJob {
    pub id: JobId,
    pub owner: UserId,
    /// Jobs may wait for those of their owner that have their name.
    pub name: JobName,
    pub resources: Resources,
    pub runtime: Option<RuntimeName>,
    pub time_limit: TimeLimit,
    pub waits_since: DateTime<Utc>,
    pub held: bool,
    /// Of an element that has begun before, and is to begin once more: its array.
    pub array: Option<JobId>,
    /// How many elements of an array have not begun; 1 for a job that is no array.
    pub left: u32,
    /// So many elements may run at a time.
    pub at_most: Option<u32>,
    pub nice: Nice,
    pub not_before: Option<DateTime<Utc>>,
    pub deadline: Option<DateTime<Utc>>,
    pub after: Option<Dependencies>,
}

#[async_trait]
pub trait JobReads: Send + Sync {
    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError>;
    /// The one whose attempt this task is.
    async fn job_of_task(&self, task: TaskId) -> Result<Option<Job>, StoreError>;
    /// With the fingerprint of its request.
    async fn job_of_key(&self, owner: UserId, key: &str) -> Result<Option<(Job, String)>, StoreError>;
    /// Newest first, arrays without their elements. What cannot be read is left out.
    async fn jobs_of(
        &self,
        owner: UserId,
        filter: &JobFilter,
        page: PageRequest<JobId>,
    ) -> Result<Vec<Job>, StoreError>;
    /// Whose these are, and how far. What is not there or cannot be read is left out.
    async fn job_states(&self, ids: &[JobId]) -> Result<BTreeMap<JobId, (UserId, JobState)>, StoreError>;
    /// The element with this index, unless it has not begun.
    async fn part_of(&self, array: JobId, index: u32) -> Result<Option<Job>, StoreError>;
    /// Those elements of an array that have begun or were cancelled by themselves, by their index. What cannot be read is left out.
    async fn elements_of(
        &self,
        array: JobId,
        filter: &JobFilter,
        page: PageRequest<u32>,
    ) -> Result<Vec<Job>, StoreError>;
    /// The indexes of those of them that are in one of these states, in ascending order.
    async fn element_indexes(&self, array: JobId, states: &[JobState]) -> Result<Vec<u32>, StoreError>;
    /// How many of those are in which state; arrays that have none are left out, as are elements in a state that is not known.
    async fn element_counts(&self, arrays: &[JobId]) -> Result<BTreeMap<JobId, Counts>, StoreError>;
    /// How many elements of an array hold something of a host.
    async fn active_elements(&self, array: JobId) -> Result<u32, StoreError>;
    /// How many of this owner are in each state, of those that are not over, and of those that have ended since; without the elements
    /// of arrays.
    async fn job_counts(&self, owner: UserId, since: DateTime<Utc>) -> Result<Vec<(JobState, u32)>, StoreError>;
    /// All that wait for their turn, of every owner, oldest first. What cannot be read is left out.
    async fn pending_jobs(&self) -> Result<Vec<QueuedJob>, StoreError>;
    /// All that hold something of a host, of every owner.
    async fn active_jobs(&self) -> Result<Vec<Job>, StoreError>;
    /// Of every owner whose jobs have used anything.
    async fn used_cpu(&self) -> Result<Vec<UsedCpu>, StoreError>;
}

#[async_trait]
pub trait JobWrites: Send {
    async fn insert_job(&mut self, new: &NewJob) -> Result<Job, StoreError>;
    /// Splits an element off its array, as it is before it begins; the record gives it a number of its own. `at_most`: so many of
    /// the array may run at a time.
    async fn insert_element(&mut self, element: Job, at_most: Option<u32>) -> Result<Job, StoreError>;
    /// Replaces what may change of it.
    async fn save_job(&mut self, job: &Job) -> Result<(), StoreError>;
    /// Cancels the elements of this array that wait for another attempt, however many those are; says how many.
    async fn cancel_elements(&mut self, array: JobId, now: DateTime<Utc>) -> Result<u64, StoreError>;
    /// In place of what was there for this owner.
    async fn save_used_cpu(&mut self, used: UsedCpu) -> Result<(), StoreError>;
}
