//! Between the queue and those who ask: what wakes it, and what its last pass found. In memory only: the next pass finds it again.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    JobId, UserId,
    job::{Job, JobState},
    resources::Resources,
};
use parking_lot::RwLock;
use scheduler::{Reason, Wait};
use tokio::sync::Notify;

use crate::ports::store::QueuedJob;

/// A job with why it waits, as the last pass found.
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    pub job: Job,
    /// `None` unless it waits and a pass has seen it.
    pub waits: Option<Explained>,
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

/// A job that waits for its turn: it would start if there were room, and nobody came first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queued {
    pub(super) job: JobId,
    pub(super) owner: UserId,
    pub(super) each: Resources,
    pub(super) count: u32,
    pub(super) expected_start: Option<DateTime<Utc>>,
}

impl Queued {
    /// Those of `waits` in the same order. `pending`: by their numbers.
    fn of(waits: &[Wait], pending: &[QueuedJob]) -> Vec<Self> {
        let queued = |wait: &Wait| {
            let job = pending.get(pending.binary_search_by_key(&wait.job, |job| job.id).ok()?)?;
            let (owner, each, count, expected_start) = (job.owner, job.resources, job.left, wait.expected_start);
            Some(Self { job: wait.job, owner, each, count, expected_start })
        };
        waits.iter().filter(|wait| waits_for_its_turn(&wait.reason)).filter_map(queued).collect()
    }
}

const fn waits_for_its_turn(reason: &Reason) -> bool {
    match reason {
        Reason::ArrayLimit | Reason::Limit(_) | Reason::Priority | Reason::Capacity(_) => true,
        Reason::Impossible(_) | Reason::Held | Reason::Dependency(_) | Reason::NotBefore(_) => false,
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
    /// Those whose turn comes, the next one first.
    order: Arc<[Queued]>,
    waiting: HashMap<UserId, u32>,
    computed_at: Option<DateTime<Utc>>,
}

impl Queue {
    /// Has the queue looked at soon. Never waits; what is said while a pass runs leads to another one.
    pub(crate) fn wake(&self) {
        self.0.woken.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.woken.notified().await;
    }

    /// What a pass over these jobs has found, in place of what the one before had. `waiting`: how many jobs of each owner.
    pub(crate) fn found(
        &self,
        pending: &[QueuedJob],
        waits: Vec<Wait>,
        waiting: HashMap<UserId, u32>,
        computed_at: DateTime<Utc>,
    ) {
        let order = Queued::of(&waits, pending).into();
        let explained = |wait: Wait| (wait.job, Explained { wait, computed_at });
        let waits = waits.into_iter().map(explained).collect();
        *self.0.found.write() = Found { waits, order, waiting, computed_at: Some(computed_at) };
    }

    /// The jobs whose turn comes, the next one first, and when that was found.
    pub(super) fn in_order(&self) -> (Arc<[Queued]>, Option<DateTime<Utc>>) {
        let found = self.0.found.read();
        (found.order.clone(), found.computed_at)
    }

    /// How many jobs of this owner wait, as of the last pass and with those that were submitted since. To hold off a flood, that is
    /// exact enough, and it costs no question to the record.
    pub(super) fn waiting(&self, owner: UserId) -> u32 {
        self.0.found.read().waiting.get(&owner).copied().unwrap_or_default()
    }

    pub(super) fn submitted(&self, owner: UserId) {
        *self.0.found.write().waiting.entry(owner).or_default() += 1;
    }

    pub(super) fn view(&self, job: Job) -> JobView {
        let waits = match job.state {
            JobState::Pending => self.0.found.read().waits.get(&job.id).filter(|found| found.is_of(&job)).cloned(),
            _ => None,
        };
        JobView { job, waits }
    }
}
