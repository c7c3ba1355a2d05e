//! Looks at the jobs that wait and begins those whose turn has come. Which ones those are, where they run, and why others wait is
//! for `scheduler` to say; here the record is read for it, and each start is checked once more in the transaction that writes it
//! down. Knows no report.

mod elements;
mod turn;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    JobId, TaskId, UserId,
    job::Job,
    quota::{Limits, Usage},
    quota_policy::QuotaPolicy,
    user::User,
};
use parking_lot::Mutex;
use scheduler::{Active, Order, Overcommit, Pass, Share, Start, Stay, Waiting};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

pub(crate) use self::turn::end as why_never;
use self::{
    elements::Elements,
    turn::{Fate, Turns},
};
use super::{Dispatcher, hosts::Hosts};
use crate::{
    Error, Policy, Ports,
    admission::Admission,
    error::chain,
    events::Events,
    jobs::{self, Question, Queue},
    ports::{
        clock::Clock,
        coordination::Subject,
        store::{QueuedJob, Store, StoreError},
    },
    unit_of_work::UnitOfWork,
};

/// Between two tries while the database does not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Between two passes that nothing has asked for: limits may have been changed, and what was used is forgotten with time.
const PASS: Duration = Duration::from_secs(30);
/// Between any two passes: each reads all that waits, and a user who holds and releases a job asks for one each time.
const PAUSE: Duration = Duration::from_millis(100);

/// Begins jobs.
pub(super) struct Starter {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    events: Events,
    hosts: Hosts,
    admission: Admission,
    dispatcher: Dispatcher,
    queue: Queue,
    quota_policy: QuotaPolicy,
    overcommit: Overcommit,
    order: Order,
    half_life: TimeDelta,
    /// Jobs that could not be read when their turn came. Passes leave them out, or they would keep room from others for ever.
    unreadable: Mutex<HashSet<JobId>>,
}

impl std::fmt::Debug for Starter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Starter").finish_non_exhaustive()
    }
}

/// Of a user none of whose jobs waits, or whose account cannot be read.
const NOTHING: Limits = Limits { vclusters: 0, nodes: 0, cpu_milli: 0, memory_mib: 0, pids: 0 };

impl Starter {
    pub(super) fn new(
        ports: &Ports,
        policy: &Policy,
        events: Events,
        hosts: Hosts,
        dispatcher: Dispatcher,
        queue: Queue,
    ) -> Self {
        let Ports { store, clock, .. } = ports.clone();
        Self {
            admission: Admission::new(hosts.clone(), policy),
            store,
            clock,
            events,
            hosts,
            dispatcher,
            queue,
            quota_policy: policy.quota_policy.clone(),
            overcommit: policy.overcommit,
            order: policy.jobs.order,
            half_life: policy.jobs.half_life,
            unreadable: Mutex::default(),
        }
    }

    pub(super) async fn run(self, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = self.pass() => done,
            };
            if let Err(error) = &done {
                if !failing {
                    tracing::warn!(error = %chain(error), "no jobs can be started; it is tried again until it works");
                }
                metrics::counter!("docklet_reconcile_errors_total", "loop" => "queue").increment(1);
            }
            failing = done.is_err();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.rest(done.ok()) => {}
            }
        }
    }

    /// Until the next pass. `found`: when a job's time comes; `None` of a pass that failed.
    async fn rest(&self, found: Option<Option<DateTime<Utc>>>) {
        let Some(next) = found else {
            // What wakes it makes a database that does not answer no better.
            return tokio::time::sleep(RETRY).await;
        };
        tokio::time::sleep(PAUSE).await;
        let until_next = next.map(|at| (at - self.clock.now()).to_std().unwrap_or_default());
        tokio::select! {
            () = self.queue.woken() => {}
            () = tokio::time::sleep(until_next.map_or(PASS, |until| until.min(PASS))) => {}
        }
    }

    /// Says when a job's time comes that waits for one.
    async fn pass(&self) -> Result<Option<DateTime<Utc>>, Error> {
        let now = self.clock.now();
        let mut pending = self.store.pending_jobs().await?;
        pending.retain(|job| !self.unreadable.lock().contains(&job.id));
        if pending.is_empty() {
            self.queue.asked(None);
            self.queue.count(&[], &[]);
            self.queue.found(&[], Vec::new(), HashMap::new(), now);
            return Ok(None);
        }
        let Decided { pass: Pass { starts, waits }, ends, wakes } = self.decide(&pending, now).await?;
        let mut waiting: HashMap<UserId, u32> = HashMap::new();
        for job in &pending {
            *waiting.entry(job.owner).or_default() += 1;
        }
        self.queue.count(&pending, &waits);
        self.queue.found(&pending, waits, waiting, now);
        for start in starts {
            self.start(start, wakes).await?;
        }
        for id in ends {
            self.end(id).await?;
        }
        Ok(turn::next(&pending, now))
    }

    async fn decide(&self, pending: &[QueuedJob], now: DateTime<Utc>) -> Result<Decided, Error> {
        let active = self.store.active_jobs().await?;
        let (shares, barred) = self.owners(pending, &active, now).await?;
        let turns = Turns::read(&*self.store, pending, &active).await?;
        let elements = Elements::of(pending, &active);
        let (mut waiting, mut ends) = (Vec::with_capacity(pending.len()), Vec::new());
        for job in pending {
            match turns.fate(job, job.held || barred.contains(&job.owner), now) {
                Fate::Goes(stays) => waiting.push(waiting_of(job, stays, elements.at_most(job))),
                Fate::Ends(..) => ends.push(job.id),
            }
        }
        let wakes = turns.are_asked();
        drop(turns);
        let active: Vec<Active> = active.into_iter().filter_map(active_of).collect();
        let hosts = self.hosts.as_problem(&self.store.worker_usage().await?);
        let (overcommit, order) = (self.overcommit, self.order);
        let question = Question { now, hosts, waiting, active, shares, overcommit, order };
        let pass = scheduler::pass(&question.queue());
        self.queue.asked(Some(question));
        Ok(Decided { pass, ends, wakes })
    }

    /// What all owners have used, with what those may hold whose jobs wait; and who among these starts nothing: they are locked, or
    /// cannot be read.
    async fn owners(
        &self,
        pending: &[QueuedJob],
        active: &[Job],
        now: DateTime<Utc>,
    ) -> Result<(BTreeMap<UserId, Share>, BTreeSet<UserId>), Error> {
        let share = |used_cpu_seconds| Share { limits: NOTHING, held: Usage::default(), used_cpu_seconds };
        let used = self.store.used_cpu().await?.into_iter();
        let mut shares: BTreeMap<UserId, Share> =
            used.map(|used| (used.owner, share(jobs::left(used, now, self.half_life)))).collect();
        for job in active {
            shares.entry(job.owner).or_insert_with(|| share(0.0)).used_cpu_seconds += jobs::so_far(job, now);
        }
        let mut barred = BTreeSet::new();
        for owner in pending.iter().map(|job| job.owner).collect::<BTreeSet<_>>() {
            let share = shares.entry(owner).or_insert_with(|| share(0.0));
            match self.holdings(owner).await {
                // The others go on.
                Err(StoreError::Unreadable { .. }) => {}
                holdings => (share.limits, share.held) = holdings?,
            }
            if is_barred(self.store.user(owner).await)? {
                barred.insert(owner);
            }
        }
        Ok((shares, barred))
    }

    async fn holdings(&self, owner: UserId) -> Result<(Limits, Usage), StoreError> {
        let quota = self.store.quota_assignment(owner).await?;
        Ok((self.quota_policy.of(&quota), self.store.usage(owner).await?))
    }

    /// Begins the job, unless what it was decided on is not so any more: the next pass decides again.
    /// `wakes`: others may wait for that.
    async fn start(&self, start: Start, wakes: bool) -> Result<(), Error> {
        let mut work = UnitOfWork::new(self.store.begin().await?, self.clock.now());
        let Some(job) = self.readable(start.job, work.tx.job(start.job).await)? else { return Ok(()) };
        if is_barred(work.tx.user(job.owner).await)? {
            return Ok(());
        }
        if turn::end(&*work.tx, &job, work.now).await?.is_some() {
            // The next pass ends it.
            self.queue.wake();
            return Ok(());
        }
        match self.admission.start(&mut *work.tx, &job, &start.worker).await {
            Ok(()) => {}
            Err(full @ (Error::LimitExceeded(_) | Error::NoRoom(_) | Error::NoHost)) => {
                tracing::debug!(job = %job.id, worker = %start.worker, error = %full, "a job is not started after all");
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        // Its array may be what cannot be read.
        let Some(mut job) = self.readable(start.job, jobs::turn_of(&mut work, job).await)? else { return Ok(()) };
        let id = task_of(&job);
        let Some(task) = job.begin(id, start.worker, work.now) else { return Ok(()) };
        work.tx.save_task(&task).await?;
        work.save_job(&job).await?;
        let dispatcher = self.dispatcher.clone();
        work.commit(&self.events, move || dispatcher.dispatch(Subject::Task(id))).await?;
        if wakes {
            self.queue.wake();
        }
        tracing::info!(job = %job.id, worker = %task.worker, "job started");
        Ok(())
    }

    /// Ends the job, which can never start, unless that is not so any more. Others may wait for its end.
    async fn end(&self, id: JobId) -> Result<(), Error> {
        let mut work = UnitOfWork::new(self.store.begin().await?, self.clock.now());
        let Some(mut job) = self.readable(id, work.tx.job(id).await)? else { return Ok(()) };
        let Some((state, reason)) = turn::end(&*work.tx, &job, work.now).await? else { return Ok(()) };
        if !job.give_up(state, reason, work.now) {
            return Ok(());
        }
        jobs::save(&mut work, &mut job).await?;
        let queue = self.queue.clone();
        work.commit(&self.events, move || queue.wake()).await?;
        tracing::info!(job = %job.id, state = job.state.as_str(), reason = job.reason.as_deref(), "job can never start");
        Ok(())
    }

    /// What was read for this job; `None` also where that cannot be read: passes leave the job out from now on.
    fn readable(&self, id: JobId, read: Result<Option<Job>, StoreError>) -> Result<Option<Job>, StoreError> {
        match read {
            Err(fault @ StoreError::Unreadable { .. }) => {
                tracing::warn!(job = %id, error = %fault, "a job that cannot be read is left out of the queue");
                self.unreadable.lock().insert(id);
                self.queue.wake();
                Ok(None)
            }
            read => read,
        }
    }
}

/// What a pass leads to.
struct Decided {
    pass: Pass,
    /// These can never start.
    ends: Vec<JobId>,
    /// What starts may be what another one waits for.
    wakes: bool,
}

/// A locked user's jobs wait. So do those of a user who cannot be read.
fn is_barred(user: Result<Option<User>, StoreError>) -> Result<bool, StoreError> {
    match user {
        Err(StoreError::Unreadable { .. }) => Ok(true),
        user => Ok(user?.is_none_or(|user| user.locked)),
    }
}

/// The same whenever this attempt is begun. A record that was restored from before the start begins it again: a host that has the
/// container of that task still goes on with it, and does not run the script a second time. A restored record also gives numbers
/// again: the time of submission tells such jobs apart, and an element goes by its array's number and its index.
fn task_of(job: &Job) -> TaskId {
    let mut digest = Sha256::new();
    digest.update(job.owner.as_uuid().as_bytes());
    digest.update(job.part.map_or(job.id, |part| part.of).as_i64().to_be_bytes());
    digest.update(job.part.map_or(0, |part| part.index).to_be_bytes());
    digest.update(job.earlier.len().to_be_bytes());
    // Not finer: Postgres keeps microseconds.
    digest.update(job.submitted_at.timestamp_micros().to_be_bytes());
    let mut id = [0; 16];
    for (byte, of) in id.iter_mut().zip(digest.finalize()) {
        *byte = of;
    }
    TaskId::new(uuid::Builder::from_custom_bytes(id).into_uuid())
}

fn waiting_of(job: &QueuedJob, stays: Option<Stay>, at_most: Option<u32>) -> Waiting {
    Waiting {
        job: job.id,
        owner: job.owner,
        each: job.resources,
        runtime: job.runtime.clone(),
        time_limit_s: job.time_limit.seconds(),
        // Nobody gets older before their time, as nobody does on hold.
        waits_since: job.not_before.map_or(job.waits_since, |at| at.max(job.waits_since)),
        nice: job.nice.get(),
        count: job.left,
        at_most,
        stays,
    }
}

fn active_of(job: Job) -> Option<Active> {
    let attempt = job.attempt?;
    let begins = attempt.running_since.unwrap_or(attempt.started_at);
    let ends_at = begins + TimeDelta::seconds(job.spec.time_limit.seconds().into());
    Some(Active { owner: job.owner, worker: attempt.worker, each: job.spec.resources, ends_at })
}
