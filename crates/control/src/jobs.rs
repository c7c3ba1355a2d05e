//! What an owner does with jobs: submits scripts, looks at them, holds and ends them, and reads what they write. Each change is
//! written down in one transaction; when a job's turn comes is for the queue of the reconciler to find out. Knows no container.

mod bulk;
mod elements;
mod explained;
mod files;
mod follow;
mod lengths;
mod output;
mod question;
mod queue_view;
mod standing;
mod submission;
mod turn;

use std::{collections::BTreeMap, slice, sync::Arc};

use chrono::TimeDelta;
use domain::{
    JobId, JobRef, TaskId, Violation,
    job::{Counts, Job, JobState, NotAgain},
    user::Scope,
};
pub use scheduler::{Change, Reason, Wait, WhatIf};
use scheduler::{Order, Overcommit, Weights};

pub use bulk::{BulkAction, BulkWhich, MOST_AT_ONCE};
pub(crate) use elements::{save, turn_of};
pub(crate) use explained::Queue;
pub use explained::{Explained, JobView};
pub(crate) use follow::{follow, left, so_far};
pub use output::Output;
pub(crate) use question::Question;
pub use queue_view::{JobSummary, Place, QueueHost, QueueView, SeenJob};
pub use standing::Standing;
pub use submission::{RetriesWanted, SubmitJob};

use self::{files::Files, standing::Uses};
use crate::{
    Error, Policy, Ports,
    actor::Actor,
    admission::Admission,
    events::Events,
    images::Images,
    ports::{
        clock::Clock,
        coordination::Subject,
        node::NodeLink,
        store::{JobFilter, PageRequest, Store, StoreError, Transaction},
    },
    reconcile::{Dispatcher, hosts::Hosts, why_never},
    unit_of_work::UnitOfWork,
    vclusters::LONGEST_PAGE,
};

/// What an installation decides about jobs.
#[derive(Debug, Clone, Copy)]
pub struct JobPolicy {
    /// Whose job comes first.
    pub order: Order,
    /// In this time half of what a user has used is forgotten.
    pub half_life: TimeDelta,
    /// How many jobs of one user may wait.
    pub most_pending: u32,
}

impl Default for JobPolicy {
    fn default() -> Self {
        Self { order: Order::FairShare(Weights::default()), half_life: TimeDelta::days(7), most_pending: 10_000 }
    }
}

#[derive(Clone)]
pub struct Jobs {
    store: Arc<dyn Store>,
    nodes: Arc<dyn NodeLink>,
    clock: Arc<dyn Clock>,
    events: Events,
    dispatcher: Dispatcher,
    images: Images,
    admission: Arc<Admission>,
    queue: Queue,
    hosts: Hosts,
    overcommit: Overcommit,
    files: Files,
    uses: Uses,
    rules: JobPolicy,
    /// How many processes and threads each job may have.
    pids: u32,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Jobs {
    pub(crate) fn new(
        ports: &Ports,
        policy: &Policy,
        images: Images,
        events: Events,
        hosts: Hosts,
        dispatcher: Dispatcher,
        queue: Queue,
    ) -> Self {
        let Ports { store, nodes, clock, .. } = ports.clone();
        let admission = Arc::new(Admission::new(hosts.clone(), policy));
        let files = Files::new(ports, policy, hosts.clone(), events.clone(), dispatcher.clone());
        Self {
            store,
            nodes,
            clock,
            events,
            dispatcher,
            images,
            admission,
            queue,
            hosts,
            overcommit: policy.overcommit,
            files,
            uses: Uses::default(),
            rules: policy.jobs,
            pids: policy.pids,
        }
    }

    /// The actor's jobs, newest first, arrays without their elements. A page may have one job more than is shown, which tells that
    /// there is another page.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time that no record has.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &JobFilter,
        page: PageRequest<JobId>,
    ) -> Result<Vec<JobView>, Error> {
        let times = [("since", filter.since), ("until", filter.until)];
        let faults: Vec<Violation> =
            times.into_iter().filter_map(|(field, at)| turn::out_of_years(field, at)).collect();
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        self.views(self.store.jobs_of(actor.user, filter, cut(page)).await?).await
    }

    /// Those elements of the actor's array that have begun or were cancelled by themselves, by their index; in pages as `list`.
    pub async fn elements(
        &self,
        actor: &Actor,
        array: JobId,
        filter: &JobFilter,
        page: PageRequest<u32>,
    ) -> Result<Vec<JobView>, Error> {
        let array = actor.own(self.store.job(array).await?)?;
        self.views(self.store.elements_of(array.id, filter, cut(page)).await?).await
    }

    /// The indexes of those of them that are in one of these states, in ascending order.
    pub async fn element_indexes(&self, actor: &Actor, array: JobId, states: &[JobState]) -> Result<Vec<u32>, Error> {
        let array = actor.own(self.store.job(array).await?)?;
        Ok(self.store.element_indexes(array.id, states).await?)
    }

    pub async fn get(&self, actor: &Actor, job: impl Into<JobRef>) -> Result<JobView, Error> {
        self.view(elements::find(&*self.store, actor, job.into()).await?).await
    }

    /// Ends it, and of an array all its elements. One that is over stays as it ended.
    pub async fn cancel(&self, actor: &Actor, job: impl Into<JobRef>) -> Result<JobView, Error> {
        self.end_job(actor, job.into(), false).await
    }

    /// `spares`: of an array, what runs goes on.
    async fn end_job(&self, actor: &Actor, job: JobRef, spares: bool) -> Result<JobView, Error> {
        let (mut work, mut job) = self.change(actor, job).await?;
        let orders = match job.spec.array {
            Some(_) if spares => elements::cancel_waiting(&mut work, &mut job).await?,
            Some(_) => elements::cancel_all(&mut work, &mut job).await?,
            None => elements::cancel_one(&mut work, &mut job).await?,
        };
        if let Some(orders) = orders {
            self.commit(work, orders).await?;
            tracing::info!(job = %job.id, state = job.state.as_str(), user = %actor.name, "job cancelled");
        }
        self.view(job).await
    }

    /// Keeps it from starting, or lets it start. One that no longer waits stays as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an element of an array: only all that are left are held.
    pub async fn set_held(&self, actor: &Actor, job: impl Into<JobRef>, held: bool) -> Result<JobView, Error> {
        let (mut work, mut job) = self.change(actor, job.into()).await?;
        if let Some(part) = job.part {
            let rule = format!("is an element of an array; hold or release the whole array, {}", part.of);
            return Err(Error::Invalid(vec![Violation::new("job", rule)]));
        }
        if job.set_held(held, work.now) {
            work.save_job(&job).await?;
            self.commit(work, None).await?;
        }
        self.view(job).await
    }

    async fn view(&self, job: Job) -> Result<JobView, Error> {
        let mut counts = self.counts(slice::from_ref(&job)).await?;
        let elements = counts.remove(&job.id).unwrap_or_default();
        Ok(self.queue.view(job, elements))
    }

    async fn views(&self, jobs: Vec<Job>) -> Result<Vec<JobView>, Error> {
        let mut counts = self.counts(&jobs).await?;
        let view = |job: Job| {
            let elements = counts.remove(&job.id).unwrap_or_default();
            self.queue.view(job, elements)
        };
        Ok(jobs.into_iter().map(view).collect())
    }

    /// Of the arrays among these; one question for all.
    async fn counts(&self, jobs: &[Job]) -> Result<BTreeMap<JobId, Counts>, StoreError> {
        let arrays: Vec<JobId> = jobs.iter().filter(|job| job.spec.array.is_some()).map(|job| job.id).collect();
        self.store.element_counts(&arrays).await
    }

    /// Has one that is over run once more, under its number, when its turn comes. One that waits stays as it is.
    ///
    /// # Errors
    /// [`Error::NotAgain`] for one that is not over, [`Error::Invalid`] for one that could never start; as for a new one where its
    /// owner may not submit it now.
    pub async fn requeue(&self, actor: &Actor, job: impl Into<JobRef>) -> Result<JobView, Error> {
        let (mut work, mut job) = self.change(actor, job.into()).await?;
        if !job.requeue(work.now)? {
            return self.view(job).await;
        }
        if let Some((_, why)) = why_never(&*work.tx, &job, work.now).await? {
            let rule = format!("can never start again: {why}; submit it anew");
            return Err(Error::Invalid(vec![Violation::new("job", rule)]));
        }
        let quota = work.tx.quota_assignment(actor.user).await?;
        if self.images.check(&mut *work.tx, &quota, &job.spec.image).await? != job.spec.runtime {
            return Err(NotAgain::OtherRules(job.id).into());
        }
        self.admission.could_start(&quota, job.spec.resources)?;
        self.check_waiting(actor)?;
        elements::save_again(&mut work, &mut job).await?;
        self.commit(work, None).await?;
        self.queue.submitted(actor.user);
        tracing::info!(job = %job.id, user = %actor.name, "job requeued");
        self.view(job).await
    }

    /// The actor's job in a transaction that keeps out other changes of it.
    async fn change(&self, actor: &Actor, job: JobRef) -> Result<(UnitOfWork, Job), Error> {
        actor.may(Scope::Ssh)?;
        let work = UnitOfWork::new(self.store.begin().await?, self.clock.now());
        let job = elements::find(&*work.tx, actor, job).await?;
        Ok((work, job))
    }

    /// `orders`: tasks whose workers have something to do.
    async fn commit(
        &self,
        work: UnitOfWork,
        orders: impl IntoIterator<Item = TaskId> + Send + 'static,
    ) -> Result<(), Error> {
        let (dispatcher, queue) = (self.dispatcher.clone(), self.queue.clone());
        let then = move || {
            orders.into_iter().for_each(|task| dispatcher.dispatch(Subject::Task(task)));
            queue.wake();
        };
        Ok(work.commit(&self.events, then).await?)
    }
}

/// No page is longer than this.
fn cut<K>(page: PageRequest<K>) -> PageRequest<K> {
    PageRequest { limit: page.limit.clamp(1, LONGEST_PAGE + 1), ..page }
}

/// Says which task its worker is to be told of.
async fn end_task(tx: &mut dyn Transaction, id: TaskId) -> Result<Option<TaskId>, StoreError> {
    let Some(mut task) = tx.task(id).await? else { return Ok(None) };
    if !task.cancel() {
        return Ok(None);
    }
    tx.save_task(&task).await?;
    Ok(Some(id))
}
