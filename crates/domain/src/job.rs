//! A job's lifecycle: a script that waits for its turn, runs once in a container of its own, and how it ended. Knows no queue
//! and no host: whether it may start, and where, is decided elsewhere.

/// What serde asks of a type that is written as the text it is read from.
macro_rules! as_text {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = crate::Violation;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

mod again;
mod array;
mod efficiency;
mod elements;
mod run;
mod spec;
mod turn;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::{
    JobId, TaskId, UserId,
    name::WorkerName,
    task::{Batch, Exit, NewTask, Task, TaskState},
};

pub use again::NotAgain;
pub(crate) use array::number as index;
pub use array::{Array, Indexes, Part};
pub use efficiency::{Efficiency, Suggestion};
pub use elements::Counts;
pub use run::{Directory, Environment, Retries, Tag, Warning};
pub use spec::{JobName, JobSpec, OutputPath, Script, TimeLimit};
pub use turn::{Dependencies, Nice, Verdict};

/// How far a job is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr, EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum JobState {
    /// It waits for its turn.
    Pending,
    /// Its container is being made.
    Configuring,
    Running,
    /// It was told to end, and has not yet.
    Completing,
    /// Its script exited with 0.
    Completed,
    /// Its script exited otherwise (its exit says how), or could not be run (the reason says why).
    Failed,
    Cancelled,
    /// Its time limit was over.
    Timeout,
    /// The kernel ended it because its memory was used up.
    OutOfMemory,
    /// Its host was lost.
    NodeFail,
    /// It could not start early enough to be over by its deadline.
    Deadline,
}

impl JobState {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// Nothing changes it any more.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Configuring | Self::Running | Self::Completing)
    }

    /// It takes from its host and from what its owner may hold.
    pub const fn holds(self) -> bool {
        matches!(self, Self::Configuring | Self::Running | Self::Completing)
    }
}

/// A job as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub owner: UserId,
    pub spec: JobSpec,
    pub state: JobState,
    /// Its owner does not want it to start.
    pub held: bool,
    /// Why the state is what it is; a sentence.
    pub reason: Option<String>,
    pub submitted_at: DateTime<Utc>,
    /// Since when it waits for its turn: it was submitted then, or released last.
    pub waits_since: DateTime<Utc>,
    /// Which element of which array it is.
    pub part: Option<Part>,
    /// Of an array: the elements that have not begun. Each of those that have is a job of its own.
    pub left: Indexes,
    /// It does not start before this: its owner said so, or its last attempt has only just failed.
    pub not_before: Option<DateTime<Utc>>,
    /// The current one, or the last.
    pub attempt: Option<Attempt>,
    /// Those before it, the first one first.
    pub earlier: Vec<Attempt>,
    /// When the state became final.
    pub ended_at: Option<DateTime<Utc>>,
}

/// One time it was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub task: TaskId,
    pub worker: WorkerName,
    /// When its turn came.
    pub started_at: DateTime<Utc>,
    /// When its script began to run; where that was not seen, when its turn came.
    pub running_since: Option<DateTime<Utc>>,
    /// How its script ended.
    pub exit: Option<Exit>,
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it came to nothing, where it did.
    pub reason: Option<String>,
    /// What it had used when it ended.
    pub used: Option<Used>,
}

/// What an attempt has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    pub cpu_ms: u64,
    /// The most memory it had at a time.
    pub peak_memory_bytes: u64,
}

/// What a wish to end a job leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It had not started, and is over.
    AtOnce,
    /// This task is to be ended.
    Task(TaskId),
    /// It is over, or to end already.
    Nothing,
}

impl Attempt {
    pub const fn begun(task: TaskId, worker: WorkerName, now: DateTime<Utc>) -> Self {
        Self {
            task,
            worker,
            started_at: now,
            running_since: None,
            exit: None,
            ended_at: None,
            reason: None,
            used: None,
        }
    }
}

impl Job {
    /// A new one, which waits.
    pub fn submitted(id: JobId, owner: UserId, spec: JobSpec, held: bool, now: DateTime<Utc>) -> Self {
        Self {
            id,
            owner,
            left: spec.array.as_ref().map(|array| array.indexes().clone()).unwrap_or_default(),
            not_before: spec.begin_at,
            spec,
            state: JobState::Pending,
            held,
            reason: None,
            submitted_at: now,
            waits_since: now,
            part: None,
            attempt: None,
            earlier: Vec::new(),
            ended_at: None,
        }
    }

    /// Its turn has come: what is to run, and where. `None` unless it waits, and for nothing but its turn. Of an array, its elements
    /// begin.
    pub fn begin(&mut self, task: TaskId, worker: WorkerName, now: DateTime<Utc>) -> Option<Task> {
        let is_early = self.not_before.is_some_and(|at| now < at);
        if self.state != JobState::Pending || self.held || is_early || self.spec.array.is_some() {
            return None;
        }
        self.state = JobState::Configuring;
        self.attempt = Some(Attempt::begun(task, worker.clone(), now));
        let spec = &self.spec;
        let batch = Batch {
            script: spec.script.clone(),
            output: self.output(),
            time_limit: spec.time_limit,
            environment: self.environment(),
            directory: spec.directory.as_ref().map(Directory::absolute),
            warning: spec.warning,
        };
        let new = NewTask {
            id: task,
            worker,
            image: spec.image.clone(),
            runtime: spec.runtime.clone(),
            resources: spec.resources,
            command: spec.command.clone(),
            batch: Some(batch),
        };
        Some(new.of(self.owner))
    }

    /// What its owner asked for, and which job and which attempt it is.
    fn environment(&self) -> BTreeMap<String, String> {
        let ours = [
            ("JOB_ID", self.id.to_string()),
            ("JOB_NAME", self.spec.name.to_string()),
            ("JOB_ATTEMPT", (self.earlier.len() + 1).to_string()),
        ];
        let ours = ours.into_iter().chain(self.part.iter().flat_map(Part::environment));
        let ours = ours.map(|(name, value)| (name.to_owned(), value));
        let theirs = self.spec.environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        theirs.chain(ours).collect()
    }

    /// Takes in how far its task is; where that has ended and is to be tried again, it waits. Says whether anything has changed.
    pub fn follow(&mut self, task: &Task) -> bool {
        if self.state.is_final() {
            return false;
        }
        let before = self.clone();
        let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.task == task.id) else { return false };
        let (state, reason) = match &task.state {
            TaskState::Pending => (JobState::Configuring, None),
            TaskState::Starting { step } => (JobState::Configuring, Some(step.clone())),
            TaskState::Running { since } => {
                attempt.running_since = Some(*since);
                (JobState::Running, None)
            }
            TaskState::Lost { reason } => (self.state, Some(reason.clone())),
            TaskState::Ended(outcome) => {
                // One that was over before it was seen running: more than when its turn came is not known.
                attempt.running_since.get_or_insert(attempt.started_at);
                attempt.exit = Some(outcome.exit);
                attempt.used = outcome.used;
                let state = match outcome.exit {
                    _ if outcome.timed_out => JobState::Timeout,
                    _ if self.state == JobState::Completing => JobState::Cancelled,
                    Exit::Code(0) => JobState::Completed,
                    _ if outcome.out_of_memory => JobState::OutOfMemory,
                    _ => JobState::Failed,
                };
                (state, None)
            }
            TaskState::Failed { reason } if task.host_gone => (JobState::NodeFail, Some(reason.clone())),
            // It was told to end before its script had begun, or while it did.
            TaskState::Failed { reason } if self.state == JobState::Completing => {
                (JobState::Cancelled, Some(reason.clone()))
            }
            TaskState::Failed { reason } => (JobState::Failed, Some(reason.clone())),
            TaskState::Cancelled => (JobState::Cancelled, None),
        };
        let was_told_to_end = self.state == JobState::Completing;
        self.reason = reason;
        self.state = if was_told_to_end && !state.is_final() { self.state } else { state };
        if self.state.is_final() {
            self.ended_at = task.finished_at;
            if let Some(attempt) = &mut self.attempt {
                (attempt.ended_at, attempt.reason) = (self.ended_at, self.reason.clone());
            }
            self.try_again(was_told_to_end);
        }
        *self != before
    }

    /// Ends it, unless it is over.
    pub fn cancel(&mut self, now: DateTime<Utc>) -> Cancelled {
        match (self.state, &self.attempt) {
            (JobState::Pending, _) => {
                self.state = JobState::Cancelled;
                self.ended_at = Some(now);
                Cancelled::AtOnce
            }
            (JobState::Configuring | JobState::Running, Some(attempt)) => {
                self.state = JobState::Completing;
                Cancelled::Task(attempt.task)
            }
            _ => Cancelled::Nothing,
        }
    }

    /// Ends one that waits and can never start: what it waits for cannot come to be, or its deadline cannot be kept. Says whether
    /// it did; one that no longer waits stays as it is. Of an array, what is left never begins, and the caller lets it follow those
    /// elements that have.
    pub fn give_up(&mut self, state: JobState, reason: String, now: DateTime<Utc>) -> bool {
        if self.state != JobState::Pending {
            return false;
        }
        self.reason = Some(reason);
        if self.spec.array.is_some() {
            self.left = Indexes::default();
            self.state = JobState::Completing;
        } else {
            self.state = state;
            self.ended_at = Some(now);
        }
        true
    }

    /// Whether it can be over by its deadline if it starts now.
    pub fn can_keep_deadline(&self, now: DateTime<Utc>) -> bool {
        in_time(self.spec.deadline, self.spec.time_limit, now)
    }

    /// Keeps it from starting, or lets it, which begins its wait anew: nobody keeps a place in the queue with jobs on hold. Says
    /// whether that changed anything; one that no longer waits stays as it is.
    pub fn set_held(&mut self, held: bool, now: DateTime<Utc>) -> bool {
        if self.state != JobState::Pending || self.held == held {
            return false;
        }
        self.held = held;
        if !held {
            self.waits_since = now;
        }
        true
    }
}

/// Whether what begins at `begin` and takes all its time is over by then.
pub fn in_time(deadline: Option<DateTime<Utc>>, time_limit: TimeLimit, begin: DateTime<Utc>) -> bool {
    deadline.is_none_or(|deadline| deadline - begin >= TimeDelta::seconds(time_limit.seconds().into()))
}

#[cfg(test)]
mod tests;
