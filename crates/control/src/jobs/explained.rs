//! Between the queue and those who ask: what wakes it, and what its last pass found. In memory only: the next pass finds it again.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    JobId, UserId,
    job::{Counts, Job, JobState},
};
use parking_lot::RwLock;
use scheduler::{Reason, Wait};
use tokio::sync::Notify;

/// A job with why it waits, as the last pass found.
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    pub job: Job,
    /// `None` unless it waits and a pass has seen it.
    pub waits: Option<Explained>,
    /// Of an array: how many of its elements are in which state.
    pub array: Option<Counts>,
}

/// Why a job waits, and when that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub wait: Wait,
    pub computed_at: DateTime<Utc>,
}

impl Explained {
    /// Whether it may still be so: the job may have been held since.
    const fn is_of(&self, job: &Job) -> bool {
        !job.held || matches!(self.wait.reason, Reason::Held | Reason::Impossible(_))
    }
}

/// Clones are the same queue.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    woken: Notify,
    found: RwLock<Found>,
}

#[derive(Debug, Default)]
struct Found {
    waits: HashMap<JobId, Explained>,
    waiting: HashMap<UserId, u32>,
}

impl Queue {
    /// Has the queue looked at soon. Never waits; what is said while a pass runs leads to another one.
    pub(crate) fn wake(&self) {
        self.0.woken.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.woken.notified().await;
    }

    /// What a pass has found, in place of what the one before had. `waiting`: how many jobs of each owner.
    pub(crate) fn found(&self, waits: Vec<Wait>, waiting: HashMap<UserId, u32>, computed_at: DateTime<Utc>) {
        let explained = |wait: Wait| (wait.job, Explained { wait, computed_at });
        *self.0.found.write() = Found { waits: waits.into_iter().map(explained).collect(), waiting };
    }

    /// How many jobs of this owner wait, as of the last pass and with those that were submitted since. To hold off a flood, that is
    /// exact enough, and it costs no question to the record.
    pub(super) fn waiting(&self, owner: UserId) -> u32 {
        self.0.found.read().waiting.get(&owner).copied().unwrap_or_default()
    }

    pub(super) fn submitted(&self, owner: UserId) {
        *self.0.found.write().waiting.entry(owner).or_default() += 1;
    }

    /// `elements`: how those of an array fare that have begun.
    pub(super) fn view(&self, job: Job, elements: Counts) -> JobView {
        let waits = match job.state {
            JobState::Pending => self.0.found.read().waits.get(&job.id).filter(|found| found.is_of(&job)).cloned(),
            _ => None,
        };
        let array = job.spec.array.as_ref().map(|_| job.counts(elements));
        JobView { job, waits, array }
    }
}
