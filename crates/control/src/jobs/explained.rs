//! Between the queue and those who ask: what wakes it, and what its last pass found. In memory only: the next pass finds it again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use domain::{
    JobId, UserId,
    job::{Counts, Job, JobState},
    resources::Resources,
};
use parking_lot::{Mutex, RwLock};
use scheduler::{Reason, Wait, WhatIf};
use tokio::sync::Notify;

use super::{
    lengths::{Lengths, shortened},
    question::{LONGEST, Question},
};
use crate::ports::store::QueuedJob;

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
    /// The same as `wait.expected_start` if all jobs use as little of their time as one in ten of the last ones did. An estimate; none
    /// until enough jobs have ended.
    pub expected_from: Option<DateTime<Utc>>,
    pub computed_at: DateTime<Utc>,
}

impl Explained {
    /// Whether it may still be so: the job may have been held since.
    const fn is_of(&self, job: &Job) -> bool {
        !job.held || matches!(self.wait.reason, Reason::Held | Reason::Impossible(_))
    }
}

/// A job that waits for its turn: for room, for its owner's or its array's limit, or for others.
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
    reasons: RwLock<Reasons>,
    question: RwLock<Option<Arc<Question>>>,
    lengths: Mutex<Lengths>,
    /// Held by who goes through the queue for an answer: that costs as much as a pass.
    asking: Arc<tokio::sync::Mutex<()>>,
}

/// By owner and kind, one of that kind and how many there are.
type Reasons = HashMap<UserId, BTreeMap<&'static str, (Reason, u32)>>;

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
        let short = self.0.lengths.lock().short();
        let explained = |wait: Wait| {
            let expected_from = wait.expected_start.zip(short).map(|(at, share)| shortened(computed_at, at, share));
            (wait.job, Explained { wait, expected_from, computed_at })
        };
        let waits = waits.into_iter().map(explained).collect();
        *self.0.found.write() = Found { waits, order, waiting, computed_at: Some(computed_at) };
    }

    /// The jobs whose turn comes, the next one first, and when that was found.
    pub(super) fn in_order(&self) -> (Arc<[Queued]>, Option<DateTime<Utc>>) {
        let found = self.0.found.read();
        (found.order.clone(), found.computed_at)
    }

    /// What that pass decided on; nothing where nothing waits.
    pub(crate) fn asked(&self, question: Option<Question>) {
        *self.0.question.write() = question.filter(|question| question.waiting.len() <= LONGEST).map(Arc::new);
    }

    /// Counts for which reasons these jobs wait: for their owners, and for who watches the installation.
    pub(crate) fn count(&self, pending: &[QueuedJob], waits: &[Wait]) {
        let owners: HashMap<JobId, UserId> = pending.iter().map(|job| (job.id, job.owner)).collect();
        let (mut reasons, mut all) = (Reasons::new(), HashMap::<&str, u32>::new());
        for Wait { job, reason, .. } in waits {
            *all.entry(reason.code()).or_default() += 1;
            let Some(owner) = owners.get(job) else { continue };
            let of_owner = reasons.entry(*owner).or_default();
            of_owner.entry(reason.code()).or_insert_with(|| (reason.clone(), 0)).1 += 1;
        }
        *self.0.reasons.write() = reasons;
        for code in Reason::CODES {
            let count = all.get(code).copied().unwrap_or_default();
            metrics::gauge!("docklet_jobs_pending", "reason" => code).set(f64::from(count));
        }
    }

    /// For which kinds of reasons this owner's jobs wait, the most frequent first.
    pub(super) fn reasons(&self, owner: UserId) -> Vec<(Reason, u32)> {
        let reasons = self.0.reasons.read();
        let mut reasons: Vec<_> = reasons.get(&owner).into_iter().flat_map(BTreeMap::values).cloned().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }

    /// Whose jobs wait.
    pub(super) fn owners(&self) -> Vec<UserId> {
        self.0.found.read().waiting.keys().copied().collect()
    }

    /// These jobs may be over: then how long they took is counted.
    pub(crate) fn ended(&self, jobs: &[Job]) {
        let mut lengths = self.0.lengths.lock();
        jobs.iter().filter(|job| job.state.is_final()).for_each(|job| lengths.add(job));
    }

    /// Changes of this job with which the last pass would have started it earlier.
    pub(super) async fn what_ifs(&self, job: &Job) -> Vec<WhatIf> {
        let question = self.0.question.read().clone();
        let Some(question) = question.filter(|question| question.has(job)) else { return Vec::new() };
        let (id, turn) = (job.id, self.0.asking.clone().lock_owned().await);
        // It is gone through to the end even where nobody waits for the answer any more, and the next one waits for that.
        let answer = move || {
            let _turn = turn;
            scheduler::what_ifs(&question.queue(), id)
        };
        tokio::task::spawn_blocking(answer).await.unwrap_or_default()
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
