//! Jobs: submitted, looked at, held, ended; and what they have written, as text.

use std::time::Duration;

use control::{
    Error,
    jobs::{Explained, JobView, Reason, RetriesWanted, SubmitJob as Submit},
    ports::store::JobFilter,
};
use domain::{
    JobId, JobRef,
    job::{JobState, Part},
};
use wire::{
    job::{ArrayView, Condition, Job, JobOutput, SubmitJob, WaitCode, Waits},
    page::Page,
};

use crate::{Api, Paged, Refusal, page};

impl Api {
    /// With the same `key`, the same request gives the same job.
    pub async fn submit_job(&self, submit: SubmitJob, key: Option<&str>) -> Result<Job, Refusal> {
        self.seen_job(self.control().jobs.submit(&self.actor, wanted(submit), key).await)
    }

    /// The client's own of these, newest first. Without scripts.
    pub async fn jobs(&self, these: &JobFilter, limit: u32, after: Option<JobId>) -> Paged<Job> {
        let listed = self.control().jobs.list(&self.actor, these, page(limit, after)).await?;
        Ok(Page::cut(listed, limit, |view| view.job.id.to_string(), |view| self.job_of(view).brief()))
    }

    pub async fn job(&self, job: JobRef) -> Result<Job, Refusal> {
        self.seen_job(self.control().jobs.get(&self.actor, job).await)
    }

    /// The elements of an array that have begun, in one of these states, by index; in any where there are none. Without scripts.
    pub async fn job_elements(
        &self,
        array: JobId,
        states: Vec<JobState>,
        limit: u32,
        after: Option<u32>,
    ) -> Paged<Job> {
        let filter = JobFilter { states, ..JobFilter::default() };
        let elements = self.control().jobs.elements(&self.actor, array, &filter, page(limit, after)).await?;
        let index = |view: &JobView| view.job.part.map_or(0, |Part { index, .. }| index).to_string();
        Ok(Page::cut(elements, limit, index, |view| self.job_of(view).brief()))
    }

    /// The indexes of those of them that are in one of these states, in ascending order.
    pub async fn element_indexes(&self, array: JobId, states: &[JobState]) -> Result<Vec<u32>, Refusal> {
        Ok(self.control().jobs.element_indexes(&self.actor, array, states).await?)
    }

    /// One that runs is told to end; of an array, each that does.
    pub async fn cancel_job(&self, job: JobRef) -> Result<Job, Refusal> {
        self.seen_job(self.control().jobs.cancel(&self.actor, job).await)
    }

    /// One that is over runs once more when its turn comes.
    pub async fn requeue_job(&self, job: JobRef) -> Result<Job, Refusal> {
        self.seen_job(self.control().jobs.requeue(&self.actor, job).await)
    }

    /// Keeps it from starting, or lets it.
    pub async fn hold_job(&self, job: JobRef, held: bool) -> Result<Job, Refusal> {
        self.seen_job(self.control().jobs.set_held(&self.actor, job, held).await)
    }

    /// At most `most` bytes behind `from`; waits so long for the first of them while the job may still write some.
    pub async fn job_output(&self, job: JobRef, from: u64, most: u32, wait: Duration) -> Result<JobOutput, Refusal> {
        let output = self.control().jobs.output(&self.actor, job, from, most, wait).await?;
        Ok(JobOutput::of_bytes(output.from, &output.bytes, output.size, output.ended))
    }

    fn seen_job(&self, view: Result<JobView, Error>) -> Result<Job, Refusal> {
        Ok(self.job_of(&view?))
    }

    fn job_of(&self, view: &JobView) -> Job {
        let counted = view.array.as_ref().zip(view.job.spec.array.as_ref());
        let array = counted.map(|(states, array)| ArrayView::new(array, states));
        Job { array, ..Job::from_domain(&view.job, &self.actor.name, view.waits.as_ref().map(waits)) }
    }
}

fn wanted(submit: SubmitJob) -> Submit {
    let retries = submit.retries;
    Submit {
        name: submit.name,
        image: submit.image,
        cpus: submit.resources.cpus,
        memory_mib: submit.resources.memory_mib,
        script: submit.script,
        arguments: submit.arguments,
        time_limit_s: submit.time_limit_s,
        output: submit.output,
        hold: submit.hold,
        array: submit.array,
        after: submit.after,
        begin_at: submit.begin_at,
        deadline: submit.deadline,
        nice: submit.nice,
        environment: submit.environment,
        directory: submit.directory,
        warning: submit.warning,
        retries: RetriesWanted { most: retries.most, exit_codes: retries.exit_codes, host_lost: retries.host_lost },
        tags: submit.tags,
    }
}

fn waits(explained: &Explained) -> Waits {
    let Explained { wait, expected_from, computed_at } = explained;
    let condition = |(name, hosts): &(&'static str, u32)| Condition { name: (*name).to_owned(), hosts: *hosts };
    Waits {
        code: code(&wait.reason),
        sentence: wait.reason.to_string(),
        ahead: wait.ahead,
        ahead_cpu_hours: wait.ahead_cpu_hours,
        expected_start: wait.expected_start,
        expected_from: *expected_from,
        funnel: wait.funnel.iter().map(condition).collect(),
        computed_at: *computed_at,
    }
}

pub(crate) const fn code(reason: &Reason) -> WaitCode {
    match reason {
        Reason::Impossible(_) => WaitCode::Impossible,
        Reason::Held => WaitCode::Held,
        Reason::Dependency(_) => WaitCode::Dependency,
        Reason::NotBefore(_) => WaitCode::NotBefore,
        Reason::ArrayLimit => WaitCode::ArrayLimit,
        Reason::Limit(_) => WaitCode::Limit,
        Reason::Priority => WaitCode::Priority,
        Reason::Capacity(_) => WaitCode::Capacity,
    }
}
