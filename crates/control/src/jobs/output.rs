//! What a job's script writes: a file in its owner's home, read in the job's own container while that runs, and through another
//! one afterwards. Nothing of it is kept here.

use std::{sync::Arc, time::Duration};

use domain::{
    JobId, JobRef, UserId,
    job::{Job, JobState},
    task::Task,
    user::Scope,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{Jobs, elements};
use crate::{
    Error,
    actor::Actor,
    ports::{
        node::{FilePart, NodeAddress, NodeError, ReadFile},
        store::{EventBody, StoredEvent},
    },
};

/// Bytes that are read at once.
const MOST: u32 = 1 << 20;
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long after a container has stopped answering the record hears that its job has ended.
pub(super) const HEARD_WITHIN: Duration = Duration::from_secs(3);

/// A part of a job's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Bytes of the file now; 0 where there is none.
    pub size: u64,
    /// Where in the file `bytes` begin.
    pub from: u64,
    pub bytes: Vec<u8>,
    /// The job writes nothing to it any more.
    pub ended: bool,
}

impl Output {
    const fn none(from: u64, ended: bool) -> Self {
        Self { size: 0, from, bytes: Vec::new(), ended }
    }

    fn of(part: FilePart, from: u64, ended: bool) -> Self {
        Self { size: part.size, from, bytes: part.bytes, ended }
    }
}

impl Jobs {
    /// At most `most` bytes behind `from`. Waits up to `wait` for the first one when there is none yet and the job may still write it.
    ///
    /// # Errors
    /// [`Error::Node`] where the job's host does not answer.
    pub async fn output(
        &self,
        actor: &Actor,
        job: impl Into<JobRef>,
        from: u64,
        most: u32,
        wait: Duration,
    ) -> Result<Output, Error> {
        let id = job.into();
        // A file of the home, whatever its name is.
        actor.may(Scope::Ssh)?;
        let deadline = Instant::now() + wait.min(LONGEST_WAIT);
        let has_written = |job: &Job| runs(job) || job.state.is_final() || !job.earlier.is_empty();
        let mut job = self.once(actor, id, deadline, has_written).await?;
        let mut read = ReadFile { path: job.output(), from, most: most.min(MOST), wait_ms: 0 };
        if waits(&job) {
            // What its earlier attempts have written; where that is read already, what the next one writes.
            let before = match self.left_behind(actor, &job, &read).await {
                // Where the last one's host is gone, nobody waits for it.
                Err(Error::Node(NodeError::Unreachable(_))) => Output::none(from, false),
                before => before?,
            };
            if !before.bytes.is_empty() {
                return Ok(before);
            }
            job = self.once(actor, id, deadline, |job| !waits(job)).await?;
            if waits(&job) {
                return Ok(before);
            }
        }
        // The name of its host is known now.
        read.path = job.output();
        let Some(task) = self.begun_task(&job).await? else {
            // One that was cancelled before it began, or has no attempt: nothing comes any more but its end.
            let job = self.once(actor, id, deadline, |job| job.state.is_final()).await?;
            return Ok(Output::none(from, job.state.is_final()));
        };
        if !job.state.is_final() {
            read.wait_ms = u32::try_from(deadline.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(0);
            let fault = match self.nodes.read_file(&NodeAddress::of_task(&task), &read).await {
                Ok(part) => return Ok(Output::of(part, from, false)),
                Err(fault) => fault,
            };
            // It may have ended meanwhile.
            let no_file = matches!(fault, NodeError::NoFile(_));
            let until = if no_file { deadline } else { deadline.max(Instant::now() + HEARD_WITHIN) };
            job = self.once(actor, id, until, |job| !runs(job)).await?;
            if runs(&job) {
                return if no_file { Ok(Output::none(from, false)) } else { Err(fault.into()) };
            }
        }
        read.wait_ms = 0;
        self.left_behind(actor, &job, &read).await
    }

    /// What attempts that are over have written: in the home of the last that did.
    async fn left_behind(&self, actor: &Actor, job: &Job, read: &ReadFile) -> Result<Output, Error> {
        let (from, ended) = (read.from, job.state.is_final());
        let Some(task) = self.begun_task(job).await? else { return Ok(Output::none(from, ended)) };
        // It may have run on another host than the current one, and that may be a part of the name.
        let read = ReadFile { path: job.output_on(Some(&task.worker)), ..*read };
        match self.files.read(actor, &task.worker, task.runtime.as_ref(), &read).await {
            Ok(part) => Ok(Output::of(part, from, ended)),
            Err(Error::Node(NodeError::NoFile(_))) => Ok(Output::none(from, ended)),
            Err(error) => Err(error),
        }
    }

    /// The actor's job as soon as this holds of it, or as it is at the deadline.
    async fn once(
        &self,
        actor: &Actor,
        id: JobRef,
        deadline: Instant,
        holds: impl Fn(&Job) -> bool,
    ) -> Result<Job, Error> {
        // Before the record is read: what is told in between is not missed.
        let mut told = self.events.listen();
        loop {
            let job = elements::find(&*self.store, actor, id).await?;
            // Which number an element will have is not known before it begins.
            let number = job.has_number().then_some(job.id);
            let array = job.part.map(|part| part.of);
            if holds(&job) || timeout_at(deadline, news_of(number, array, actor.user, &mut told)).await.is_err() {
                return Ok(job);
            }
        }
    }

    /// The last of its tasks whose script may have written something.
    async fn begun_task(&self, job: &Job) -> Result<Option<Task>, Error> {
        let current = job.attempt.iter().filter(|_| job.state != JobState::Configuring);
        for attempt in current.chain(job.earlier.iter().rev()) {
            if let Some(task) = self.store.task(attempt.task).await?.filter(|task| task.begun) {
                return Ok(Some(task));
            }
        }
        Ok(None)
    }
}

const fn runs(job: &Job) -> bool {
    matches!(job.state, JobState::Running | JobState::Completing)
}

const fn waits(job: &Job) -> bool {
    matches!(job.state, JobState::Pending | JobState::Configuring)
}

/// Returns when something is told of this job, or may have been; of any of this owner's where it has no number. What is told of its
/// array may be of all its elements.
async fn news_of(
    number: Option<JobId>,
    array: Option<JobId>,
    owner: UserId,
    told: &mut broadcast::Receiver<Arc<StoredEvent>>,
) {
    loop {
        match told.recv().await {
            Ok(event) => {
                let is_its = |id| number.map_or(event.owner == owner, |number| number == id);
                let is_of = |id| is_its(id) || array == Some(id);
                if matches!(event.body, EventBody::Job { id, .. } if is_of(id)) {
                    return;
                }
            }
            Err(RecvError::Lagged(_)) => return,
            // Nothing is told any more.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
