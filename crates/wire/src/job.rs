//! Jobs as clients see and submit them.

mod attempt;
mod submit;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
pub use domain::JobRef;
use domain::{
    job::{Array, Job as Record, JobState},
    name::UserName,
};
use serde::{Deserialize, Serialize};

use crate::vcluster::NodeResources;
use attempt::told;
pub use attempt::{Attempt, Efficiency, Used};
pub use submit::{Retries, SubmitJob};

/// A job. `GET /api/v1/jobs/{id}`; the list has the same without `script`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    pub id: i64,
    pub name: String,
    /// The owner's user name.
    pub owner: String,
    pub image: String,
    pub state: JobState,
    /// Its owner keeps it from starting.
    pub held: bool,
    /// Why the state is what it is, or what is being done now.
    pub reason: Option<String>,
    pub resources: NodeResources,
    /// Absent in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    pub arguments: Vec<String>,
    pub time_limit_s: u32,
    /// The file in the container that output and errors go to.
    pub output: String,
    /// The same as it was submitted, with the letters as they were written.
    pub output_pattern: String,
    pub submitted_at: DateTime<Utc>,
    /// When its turn came.
    pub started_at: Option<DateTime<Utc>>,
    /// When its script began to run; where that was not seen, when its turn came.
    pub running_since: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// The host it was given.
    pub worker: Option<String>,
    /// What its script exited with; absent where a signal ended it, or it did not run to its end.
    pub exit_code: Option<u8>,
    /// The number of the signal that ended it.
    pub signal: Option<u8>,
    /// Why it waits, as the last pass over the queue found; absent unless it waits and a pass has seen it.
    pub waits: Option<Waits>,
    /// Of an array: its numbers, and how its elements fare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array: Option<ArrayView>,
    /// Of an element of an array: which one it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<Element>,
    pub after: Option<String>,
    /// It does not start before this.
    pub begin_at: Option<DateTime<Utc>>,
    pub deadline: Option<DateTime<Utc>>,
    pub nice: i64,
    pub environment: BTreeMap<String, String>,
    pub directory: Option<String>,
    pub warning: Option<String>,
    pub retries: Retries,
    pub tags: Vec<String>,
    /// Every time it was tried, the first one first.
    pub attempts: Vec<Attempt>,
    /// How much of what it asked for its last attempt has used; absent until it is over, and where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub efficiency: Option<Efficiency>,
}

/// How the elements of an array fare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArrayView {
    /// As it was submitted: `0-99%10`.
    pub indexes: String,
    pub size: u32,
    /// How many elements are in each state that any is in.
    pub states: BTreeMap<String, u32>,
}

/// Which element of which array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Element {
    pub of: i64,
    pub index: u32,
}

/// A piece of what a job has written, as text. The console's; the bytes themselves are `GET /api/v1/jobs/{id}/output`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOutput {
    /// How many bytes of the file are before this piece.
    pub from: u64,
    /// The same of the piece behind it.
    pub next: u64,
    /// Bytes of the file now.
    pub size: u64,
    /// Nothing is written to it any more: all has been read once `next` is `size`.
    pub ended: bool,
    /// What is no text is replaced.
    pub text: String,
}

impl JobOutput {
    /// Of these bytes behind `from`. A character that they only begin is left for the next piece, unless it is all there is.
    pub fn of_bytes(from: u64, bytes: &[u8], size: u64, ended: bool) -> Self {
        let last = bytes.utf8_chunks().last().map_or(&[][..], |chunk| chunk.invalid());
        let is_begun = str::from_utf8(last).is_err_and(|fault| fault.error_len().is_none());
        let whole = bytes.strip_suffix(last).filter(|whole| is_begun && !whole.is_empty()).unwrap_or(bytes);
        let next = from + whole.len() as u64;
        Self { from, next, size, ended, text: String::from_utf8_lossy(whole).into_owned() }
    }
}

/// Why a job waits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waits {
    pub code: WaitCode,
    /// The same in a sentence.
    pub sentence: String,
    /// How many jobs come before it in the queue.
    pub ahead: u32,
    /// What those asked for: CPUs, times their time limits.
    pub ahead_cpu_hours: f64,
    /// When it starts at the latest: if all that runs takes its whole time limit and nothing else comes before it; absent where that is
    /// not known.
    pub expected_start: Option<DateTime<Utc>>,
    /// When it starts at the earliest, as an estimate: if all take as little of their time limits as one in ten of the last jobs here
    /// did. Absent where that is not known.
    pub expected_from: Option<DateTime<Utc>>,
    /// How many hosts there are, and how many are left behind each condition.
    pub funnel: Vec<Condition>,
    /// When the queue was looked at.
    pub computed_at: DateTime<Utc>,
}

/// What kind of reason it is; the first that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum WaitCode {
    /// No host of this installation could ever run it.
    Impossible,
    Held,
    /// It waits for other jobs.
    Dependency,
    /// It does not start before a time.
    NotBefore,
    /// As many elements of its array run as may.
    ArrayLimit,
    /// Its owner holds as much as they may.
    Limit,
    /// Others come first, and what is free is kept for them.
    Priority,
    /// No host has room for it now.
    Capacity,
}

impl WaitCode {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// A condition of a host, and how many meet it and all before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Condition {
    /// `hosts` (all there are), `ready`, `runtime`, `size`, `free`.
    pub name: String,
    pub hosts: u32,
}

impl Job {
    /// Of this owner.
    pub fn from_domain(job: &Record, owner: &UserName, waits: Option<Waits>) -> Self {
        let attempt = job.attempt.as_ref();
        let (exit_code, signal) = told(attempt.and_then(|attempt| attempt.exit));
        let spec = &job.spec;
        Self {
            id: job.id.as_i64(),
            name: job.spec.name.to_string(),
            owner: owner.to_string(),
            image: job.spec.image.to_string(),
            state: job.state,
            held: job.held,
            reason: job.reason.clone(),
            resources: NodeResources {
                cpus: job.spec.resources.cpus(),
                memory_mib: job.spec.resources.memory_mib.into(),
            },
            script: Some(job.spec.script.as_str().to_owned()),
            arguments: job.spec.command.words().iter().skip(1).cloned().collect(),
            time_limit_s: job.spec.time_limit.seconds(),
            output: job.output(),
            output_pattern: job.spec.output.as_str().to_owned(),
            submitted_at: job.submitted_at,
            started_at: attempt.map(|attempt| attempt.started_at),
            running_since: attempt.and_then(|attempt| attempt.running_since),
            ended_at: job.ended_at,
            worker: attempt.map(|attempt| attempt.worker.to_string()),
            exit_code,
            signal,
            waits,
            // Its elements are counted by who has the record.
            array: None,
            element: job.part.map(|part| Element { of: part.of.as_i64(), index: part.index }),
            after: spec.after.as_ref().map(ToString::to_string),
            begin_at: spec.begin_at,
            deadline: spec.deadline,
            nice: spec.nice.get().into(),
            environment: spec.environment.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            directory: spec.directory.as_ref().map(ToString::to_string),
            warning: spec.warning.map(|warning| warning.to_string()),
            retries: Retries::from_domain(&spec.retries),
            tags: spec.tags.iter().map(ToString::to_string).collect(),
            attempts: job.earlier.iter().chain(&job.attempt).map(Attempt::from_domain).collect(),
            efficiency: job.efficiency().map(Efficiency::from_domain),
        }
    }

    /// What its last attempt has used.
    pub fn used(&self) -> Option<Used> {
        self.attempts.last()?.used
    }

    /// As a list shows it.
    #[must_use]
    pub fn brief(self) -> Self {
        Self { script: None, ..self }
    }

    /// What people name it by: its number, and of an element the number of its array and its index, `812_7`.
    pub fn reference(&self) -> String {
        self.element.map_or_else(|| self.id.to_string(), |Element { of, index }| format!("{of}_{index}"))
    }
}

impl ArrayView {
    /// Of this array, so many of whose elements are in each state.
    pub fn new(array: &Array, states: &BTreeMap<JobState, u32>) -> Self {
        let states = states.iter().map(|(state, count)| (state.as_str().to_owned(), *count)).collect();
        Self { indexes: array.to_string(), size: array.indexes().len(), states }
    }

    /// How many of its elements are in a state of which this holds.
    pub fn count(&self, holds: impl Fn(JobState) -> bool) -> u32 {
        let counted = self.states.iter().filter(|(state, _)| state.parse::<JobState>().is_ok_and(&holds));
        counted.map(|(_, count)| count).sum()
    }

    /// How many of its elements are over.
    pub fn over(&self) -> u32 {
        self.count(JobState::is_final)
    }
}
