//! What an owner does with jobs: submits scripts, looks at them, holds and ends them, and reads what they write. Each change is
//! written down in one transaction; when a job's turn comes is for the queue of the reconciler to find out. Knows no container.

mod bulk;
mod explained;
mod files;
mod follow;
mod output;
mod queue_view;
mod submission;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{
    JobId, TaskId,
    job::{Cancelled, Job},
    user::Scope,
};
use scheduler::{Order, Overcommit, Weights};
pub use scheduler::{Reason, Wait};

pub use bulk::{BulkAction, BulkWhich, MOST_AT_ONCE};
pub(crate) use explained::Queue;
pub use explained::{Explained, JobView};
pub(crate) use follow::{follow, left, so_far};
pub use output::Output;
pub use queue_view::{JobSummary, Place, QueueHost, QueueView, SeenJob};
pub use submission::{RetriesWanted, SubmitJob};

use self::files::Files;
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
    reconcile::{Dispatcher, hosts::Hosts},
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
    /// How many processes and threads each job may have.
    pids: u32,
    most_pending: u32,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("most_pending", &self.most_pending).finish_non_exhaustive()
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
            pids: policy.pids,
            most_pending: policy.jobs.most_pending,
        }
    }

    /// The actor's jobs, newest first. A page may have one job more than is shown, which tells that there is another page.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &JobFilter,
        page: PageRequest<JobId>,
    ) -> Result<Vec<JobView>, Error> {
        let page = PageRequest { limit: page.limit.clamp(1, LONGEST_PAGE + 1), ..page };
        let jobs = self.store.jobs_of(actor.user, filter, page).await?;
        Ok(jobs.into_iter().map(|job| self.queue.view(job)).collect())
    }

    pub async fn get(&self, actor: &Actor, id: JobId) -> Result<JobView, Error> {
        Ok(self.queue.view(actor.own(self.store.job(id).await?)?))
    }

    /// Ends it. One that is over stays as it ended.
    pub async fn cancel(&self, actor: &Actor, id: JobId) -> Result<JobView, Error> {
        let (mut work, mut job) = self.change(actor, id).await?;
        let order = match job.cancel(work.now) {
            Cancelled::Nothing => return Ok(self.queue.view(job)),
            Cancelled::AtOnce => None,
            Cancelled::Task(task) => end_task(&mut *work.tx, task).await?,
        };
        work.save_job(&job).await?;
        self.commit(work, order).await?;
        tracing::info!(job = %job.id, state = job.state.as_str(), user = %actor.name, "job cancelled");
        Ok(self.queue.view(job))
    }

    /// Keeps it from starting, or lets it start. One that no longer waits stays as it is.
    pub async fn set_held(&self, actor: &Actor, id: JobId, held: bool) -> Result<JobView, Error> {
        let (mut work, mut job) = self.change(actor, id).await?;
        if job.set_held(held, work.now) {
            work.save_job(&job).await?;
            self.commit(work, None).await?;
        }
        Ok(self.queue.view(job))
    }

    /// The actor's job in a transaction that keeps out other changes of it.
    async fn change(&self, actor: &Actor, id: JobId) -> Result<(UnitOfWork, Job), Error> {
        actor.may(Scope::Ssh)?;
        let work = UnitOfWork::new(self.store.begin().await?, self.clock.now());
        let job = actor.own(work.tx.job(id).await?)?;
        Ok((work, job))
    }

    /// `order`: a task whose worker has something to do.
    async fn commit(&self, work: UnitOfWork, order: Option<TaskId>) -> Result<(), Error> {
        let (dispatcher, queue) = (self.dispatcher.clone(), self.queue.clone());
        let then = move || {
            if let Some(task) = order {
                dispatcher.dispatch(Subject::Task(task));
            }
            queue.wake();
        };
        Ok(work.commit(&self.events, then).await?)
    }
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
