//! What runs where and what comes next, as one user may see it: of others' jobs no more than their size, and for administrators
//! whose they are. No name, no script, no image of another's is ever read for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    JobId, UserId,
    job::{Job, JobName, JobState},
    name::{UserName, WorkerName},
    quota::Usage,
    resources::Resources,
};

use super::{Jobs, explained::Queued};
use crate::{
    Error,
    actor::Actor,
    installation::times,
    ports::store::{Store, StoreError},
};

/// So many of the queue are shown, and of the actor's own as many that are further behind.
const MOST_SHOWN: usize = 100;
/// What has ended in this time counts as ended lately.
const LATELY: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Clone, PartialEq)]
pub struct QueueView {
    /// By name.
    pub hosts: Vec<QueueHost>,
    /// The next one first; those at the end may not be there.
    pub waiting: Vec<Place>,
    /// How many wait for their turn in all.
    pub waiting_in_all: u32,
    /// When the queue was looked at.
    pub computed_at: Option<DateTime<Utc>>,
}

/// A host that is there, or that jobs are on which are not over.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueHost {
    pub name: WorkerName,
    /// It takes nodes and jobs.
    pub ready: bool,
    /// What may be given out of it, with overcommitment.
    pub offered_cpu_milli: u64,
    pub offered_memory_mib: u64,
    /// What nodes and jobs hold of it.
    pub held: Usage,
    pub jobs: Vec<SeenJob>,
}

/// A job as the actor may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenJob {
    /// Where it is the actor's own.
    pub own: Option<(JobId, JobName)>,
    /// Where the actor may know.
    pub owner: Option<UserName>,
    pub resources: Resources,
}

/// A job that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// 1 is next.
    pub position: u32,
    pub job: SeenJob,
    /// How many of it may start: elements of an array.
    pub count: u32,
    pub expected_start: Option<DateTime<Utc>>,
}

/// How the actor's jobs fare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSummary {
    /// Of those that are not over, and of those that have ended in the last 24 hours.
    pub counts: Vec<(JobState, u32)>,
    /// When the first of those that wait is expected to start.
    pub next_start: Option<DateTime<Utc>>,
}

/// Who looks, and whose names they may see.
struct Viewer<'a> {
    actor: &'a Actor,
    names: HashMap<UserId, UserName>,
}

impl Viewer<'_> {
    fn sees(&self, owner: UserId, resources: Resources, own: impl FnOnce() -> Option<(JobId, JobName)>) -> SeenJob {
        let own = if owner == self.actor.user { own() } else { None };
        SeenJob { own, owner: self.names.get(&owner).cloned(), resources }
    }
}

impl Jobs {
    pub async fn queue_view(&self, actor: &Actor) -> Result<QueueView, Error> {
        let active = self.store.active_jobs().await?;
        let held = self.store.worker_usage().await?.into_iter().collect();
        let (queued, computed_at) = self.queue.in_order();
        let waiting_in_all = u32::try_from(queued.len()).unwrap_or(u32::MAX);
        let mut queued = queued.iter().enumerate();
        let mut shown: Vec<(usize, &Queued)> = queued.by_ref().take(MOST_SHOWN).collect();
        shown.extend(queued.filter(|(_, job)| job.owner == actor.user).take(MOST_SHOWN));
        let owners = active.iter().map(|job| job.owner).chain(shown.iter().map(|(_, job)| job.owner)).collect();
        let viewer = Viewer { actor, names: self.names(actor, owners).await? };
        let mut waiting = Vec::with_capacity(shown.len());
        for (index, job) in shown {
            let own = if job.owner == actor.user { own(&*self.store, job.job).await? } else { None };
            waiting.push(Place {
                position: u32::try_from(index + 1).unwrap_or(u32::MAX),
                job: viewer.sees(job.owner, job.each, || own),
                count: job.count,
                expected_start: job.expected_start,
            });
        }
        Ok(QueueView { hosts: self.queue_hosts(&viewer, active, held), waiting, waiting_in_all, computed_at })
    }

    /// How many of the actor's jobs wait, run and have ended lately.
    pub async fn summary(&self, actor: &Actor) -> Result<JobSummary, Error> {
        let counts = self.store.job_counts(actor.user, self.clock.now() - LATELY).await?;
        let (queued, _) = self.queue.in_order();
        let own = queued.iter().filter(|job| job.owner == actor.user);
        Ok(JobSummary { counts, next_start: own.filter_map(|job| job.expected_start).min() })
    }

    /// Of these owners, those whom the actor may know.
    async fn names(&self, actor: &Actor, owners: BTreeSet<UserId>) -> Result<HashMap<UserId, UserName>, Error> {
        let mut names = HashMap::from([(actor.user, actor.name.clone())]);
        if actor.administrator().is_err() {
            return Ok(names);
        }
        for owner in owners {
            match self.store.user(owner).await {
                Ok(user) => names.extend(user.map(|user| (owner, user.name))),
                Err(StoreError::Unreadable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(names)
    }

    fn queue_hosts(&self, viewer: &Viewer<'_>, active: Vec<Job>, held: BTreeMap<WorkerName, Usage>) -> Vec<QueueHost> {
        let host = |name: WorkerName, ready, cpu_milli, memory_mib| QueueHost {
            ready,
            offered_cpu_milli: times(cpu_milli, self.overcommit.cpu),
            offered_memory_mib: times(memory_mib, self.overcommit.memory),
            held: held.get(&name).copied().unwrap_or_default(),
            jobs: Vec::new(),
            name,
        };
        let known = self.hosts.known().into_iter();
        let mut hosts: BTreeMap<WorkerName, QueueHost> = known
            .map(|info| (info.name.clone(), host(info.name, info.unready.is_none(), info.cpu_milli, info.memory_mib)))
            .collect();
        for job in active {
            let Some(attempt) = job.attempt else { continue };
            let seen = viewer.sees(job.owner, job.spec.resources, || Some((job.id, job.spec.name)));
            let name = attempt.worker;
            hosts.entry(name.clone()).or_insert_with(|| host(name, false, 0, 0)).jobs.push(seen);
        }
        hosts.into_values().collect()
    }
}

/// The actor's own, with its name. One that cannot be read has none.
async fn own(store: &dyn Store, id: JobId) -> Result<Option<(JobId, JobName)>, StoreError> {
    match store.job(id).await {
        Ok(job) => Ok(job.map(|job| (id, job.spec.name))),
        Err(StoreError::Unreadable { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
