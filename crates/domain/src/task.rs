//! One task's lifecycle: a command that runs in a container of its own to its end, once. Knows no container engine, and not
//! what the task is a part of.

mod command;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::{
    TaskId, UserId,
    image::ImageRef,
    job::{Script, TimeLimit, Used, Warning},
    name::{RuntimeName, WorkerName},
    node::{Generation, Observation, Phase},
    resources::Resources,
};

pub use command::{BadCommand, Command};

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// It exited with this code.
    Code(u8),
    /// This signal ended it (1 also when its terminal was closed on request).
    Signal(u8),
}

/// How a task's command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub exit: Exit,
    /// The kernel ended a process of the task because the task's memory was used up; not necessarily the command itself.
    pub out_of_memory: bool,
    /// Its time limit was over, and it was ended for that.
    #[serde(default)]
    pub timed_out: bool,
    /// What it and all processes beside it had used by then, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Used>,
}

/// What a task of a job has beside its command, which is then the script's name and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub script: Script,
    /// The file that the output goes to; absolute, in the container.
    pub output: String,
    pub time_limit: TimeLimit,
    pub environment: BTreeMap<String, String>,
    /// Where it begins; absolute, in the container. The home when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Warning>,
}

/// What is wanted of a task's container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum TaskIntent {
    /// The command is to run to its end.
    Run,
    /// It is to end now; how it ended counts none the less.
    Cancel,
    /// How it ended is in the record: nothing of it need be left.
    Absent,
}

impl TaskIntent {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// Ordered; its worker has not begun.
    Pending,
    /// `step` says what is being done now.
    Starting {
        step: String,
    },
    Running {
        since: DateTime<Utc>,
    },
    /// What it is doing is unknown: its host or that one's engine does not answer. Or it is paused from outside.
    Lost {
        reason: String,
    },
    /// Its command ran and ended.
    Ended(Outcome),
    /// It never ran, or how its command ended is not known; `reason` is a sentence for its owner.
    Failed {
        reason: String,
    },
    /// It was to end before its command had run.
    Cancelled,
}

impl TaskState {
    /// Nothing changes it any more.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::Failed { .. } | Self::Cancelled)
    }
}

/// A task that is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The caller draws it, and asks again with the same one where no answer came.
    pub id: TaskId,
    pub worker: WorkerName,
    pub image: ImageRef,
    pub runtime: Option<RuntimeName>,
    pub resources: Resources,
    pub command: Command,
    /// For one that runs a job's script.
    pub batch: Option<Batch>,
}

impl NewTask {
    /// Ordered to run, for the first time.
    pub fn of(self, owner: UserId) -> Task {
        let Self { id, worker, image, runtime, resources, command, batch } = self;
        let (generation, intent, state) = (Generation::FIRST, TaskIntent::Run, TaskState::Pending);
        let (begun, finished_at, cleared, host_gone) = (false, None, false, false);
        Task {
            id,
            owner,
            worker,
            image,
            runtime,
            resources,
            command,
            batch,
            generation,
            intent,
            state,
            begun,
            finished_at,
            cleared,
            host_gone,
        }
    }
}

/// A task as the record has it. The same task is never run twice: another try is another task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    pub owner: UserId,
    pub worker: WorkerName,
    pub image: ImageRef,
    pub runtime: Option<RuntimeName>,
    pub resources: Resources,
    pub command: Command,
    /// For one that runs a job's script.
    pub batch: Option<Batch>,
    pub generation: Generation,
    pub intent: TaskIntent,
    pub state: TaskState,
    /// Its start was requested. If its container is then missing, it has failed and is not run again.
    pub begun: bool,
    /// When the state became final.
    pub finished_at: Option<DateTime<Utc>>,
    /// Nothing of it is left on its host. The record keeps how it ended.
    pub cleared: bool,
    /// It has not ended, and its host is gone for good.
    pub host_gone: bool,
}

/// What a report did to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskChange {
    None,
    /// `orders`: its worker has something to do because of it.
    Changed {
        orders: bool,
    },
    /// Nothing of it is left on its host: its assignment can go.
    Cleared,
}

impl Task {
    /// What it is to do now is another thing than before.
    fn order(&mut self, intent: TaskIntent) {
        self.intent = intent;
        self.generation = self.generation.next();
    }

    /// Ends it, unless it is over. Says whether its worker has something to do because of it.
    pub fn cancel(&mut self) -> bool {
        let runs = self.intent == TaskIntent::Run;
        if runs {
            self.order(TaskIntent::Cancel);
        }
        runs
    }

    /// Its worker knows another order than the record, or a later one, as after the record was restored. A task gets a second
    /// order only because it is over or is to be: it is not run again, and how it ended is lost with what the record has lost.
    /// Says whether the record was behind.
    pub fn catch_up(&mut self, known: Generation, now: DateTime<Utc>) -> bool {
        let behind = known >= self.generation;
        if behind {
            self.generation = known;
            self.order(TaskIntent::Absent);
            self.fail("the record was restored from before the end of this task; how it ended is not known", now);
        }
        behind
    }

    /// Unless it is over already.
    fn fail(&mut self, reason: &str, now: DateTime<Utc>) {
        if !self.state.is_final() {
            self.state = TaskState::Failed { reason: reason.to_owned() };
            self.finished_at = Some(now);
        }
    }

    /// Its host is gone for good. Says whether it was there still.
    pub fn lose_host(&mut self, reason: &str, now: DateTime<Utc>) -> bool {
        self.host_gone |= !self.state.is_final();
        self.fail(reason, now);
        !std::mem::replace(&mut self.cleared, true)
    }

    /// Takes a report in. One about an earlier order is ignored, and so is every one after the end: the end is told once. One
    /// about a later order than the record has is caught up with.
    pub fn observe(&mut self, observation: &Observation, now: DateTime<Utc>) -> TaskChange {
        if observation.generation > self.generation {
            self.catch_up(observation.generation, now);
            return TaskChange::Changed { orders: true };
        }
        if observation.generation < self.generation {
            return TaskChange::None;
        }
        if self.state.is_final() {
            self.cleared |= self.intent == TaskIntent::Absent && observation.phase == Phase::Absent;
            return if self.cleared { TaskChange::Cleared } else { TaskChange::None };
        }
        let begun = self.begun
            || observation.notes.begun
            || matches!(observation.phase, Phase::Running { .. } | Phase::Exited(_));
        let next = self.after(&observation.phase, begun);
        if next == self.state && begun == self.begun {
            return TaskChange::None;
        }
        (self.state, self.begun) = (next, begun);
        if self.state.is_final() {
            self.finished_at = Some(now);
            self.order(TaskIntent::Absent);
        }
        TaskChange::Changed { orders: self.state.is_final() }
    }

    fn after(&self, phase: &Phase, begun: bool) -> TaskState {
        match phase {
            Phase::Starting { step } => TaskState::Starting { step: step.clone() },
            Phase::Running { since } => TaskState::Running { since: *since },
            Phase::Lost { reason } => TaskState::Lost { reason: reason.clone() },
            Phase::Exited(outcome) => TaskState::Ended(*outcome),
            Phase::Failed { reason } | Phase::Interrupted { reason, .. } | Phase::SubnetTaken { reason } => {
                TaskState::Failed { reason: reason.clone() }
            }
            Phase::Stopped | Phase::Absent if begun => {
                TaskState::Failed { reason: "it was stopped, and how its command ended is not known".to_owned() }
            }
            Phase::Stopped | Phase::Absent => TaskState::Cancelled,
            Phase::Stopping | Phase::Stuck { .. } => self.state.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
