//! `jobs`: scripts that wait for their turn and run once.

use chrono::{DateTime, Utc};
use control::ports::store::{NewJob, QueuedJob, StoreError};
use domain::{
    JobId, TaskId, UserId,
    job::{Attempt, Dependencies, Indexes, Job, JobState, Nice, Part, TimeLimit},
    name::RuntimeName,
    resources::Resources,
};
use sea_orm::{ActiveValue::Set, FromQueryResult, entity::prelude::*};
use serde::Serialize;

use crate::{enum_text, fault::unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub owner: Uuid,
    /// As in the spec.
    pub name: String,
    /// JSON.
    pub spec: String,
    pub state: String,
    pub held: bool,
    pub reason: Option<String>,
    pub submitted_at: DateTime<Utc>,
    pub waits_since: DateTime<Utc>,
    /// These three are there when its turn has come.
    pub task: Option<Uuid>,
    pub worker: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub running_since: Option<DateTime<Utc>>,
    /// JSON.
    pub exit: Option<String>,
    /// JSON.
    pub used: Option<String>,
    /// JSON: the attempts before.
    pub earlier: String,
    /// Of an array: the elements that have not begun.
    pub left_indexes: String,
    pub ended_at: Option<DateTime<Utc>>,
    /// These three as in the spec, to be added up.
    pub cpu_milli: i64,
    pub memory_mib: i64,
    pub pids: i64,
    /// These two as in the spec, for the queue.
    pub runtime: Option<String>,
    pub time_limit_s: i64,
    /// The rest as in the spec or of the array, for the queue.
    pub left_count: i64,
    pub at_most: Option<i64>,
    pub nice: i64,
    pub not_before: Option<DateTime<Utc>>,
    pub deadline: Option<DateTime<Utc>>,
    pub after: Option<String>,
    pub array_of: Option<i64>,
    pub array_index: Option<i64>,
    pub array_size: Option<i64>,
    pub idempotency_key: Option<String>,
    pub fingerprint: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    fn attempt(&self) -> Result<Option<Attempt>, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", self.id, fault);
        let (task, worker, started_at) = match (self.task, &self.worker, self.started_at) {
            (None, None, None) => return Ok(None),
            (Some(task), Some(worker), Some(started_at)) => (task, worker, started_at),
            _ => return Err(unreadable(&"its task, its host or its start is missing")),
        };
        let exit = self.exit.as_deref().map(serde_json::from_str).transpose();
        let used = self.used.as_deref().map(serde_json::from_str).transpose();
        Ok(Some(Attempt {
            task: TaskId::new(task),
            worker: worker.parse().map_err(|fault| unreadable(&fault))?,
            started_at,
            running_since: self.running_since,
            exit: exit.map_err(|fault| unreadable(&fault))?,
            // The job ended with it, and for its reason.
            ended_at: self.ended_at,
            reason: self.reason.clone().filter(|_| self.ended_at.is_some()),
            used: used.map_err(|fault| unreadable(&fault))?,
        }))
    }

    fn part(&self) -> Result<Option<Part>, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", self.id, fault);
        let number = |value: i64| u32::try_from(value).map_err(|fault| unreadable(&fault));
        match (self.array_of, self.array_index, self.array_size) {
            (None, None, None) => Ok(None),
            (Some(of), Some(index), Some(size)) => Ok(Some(Part {
                of: JobId::try_from(of).map_err(|fault| unreadable(&fault))?,
                index: number(index)?,
                size: number(size)?,
            })),
            _ => Err(unreadable(&"its array, its index or the array's size is missing")),
        }
    }
}

impl TryFrom<Model> for Job {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", row.id, fault);
        let (attempt, part) = (row.attempt()?, row.part()?);
        Ok(Self {
            id: JobId::try_from(row.id).map_err(|fault| unreadable(&fault))?,
            owner: UserId::new(row.owner),
            spec: serde_json::from_str(&row.spec).map_err(|fault| unreadable(&fault))?,
            state: enum_text::read("state", &row.state).map_err(|fault| unreadable(&fault))?,
            held: row.held,
            reason: row.reason,
            submitted_at: row.submitted_at,
            waits_since: row.waits_since,
            part,
            left: row.left_indexes.parse::<Indexes>().map_err(|fault| unreadable(&fault))?,
            not_before: row.not_before,
            attempt,
            earlier: serde_json::from_str(&row.earlier).map_err(|fault| unreadable(&fault))?,
            ended_at: row.ended_at,
        })
    }
}

/// What the queue asks of a job that waits: a part of its row.
#[derive(FromQueryResult)]
pub(crate) struct Queued {
    id: i64,
    owner: Uuid,
    held: bool,
    waits_since: DateTime<Utc>,
    runtime: Option<String>,
    time_limit_s: i64,
    cpu_milli: i64,
    memory_mib: i64,
    pids: i64,
    left_count: i64,
    at_most: Option<i64>,
    nice: i64,
    not_before: Option<DateTime<Utc>>,
    deadline: Option<DateTime<Utc>>,
    after: Option<String>,
    array_of: Option<i64>,
    name: String,
}

impl Queued {
    /// Its columns.
    pub(crate) const COLUMNS: [Column; 17] = [
        Column::Id,
        Column::Owner,
        Column::Held,
        Column::WaitsSince,
        Column::Runtime,
        Column::TimeLimitS,
        Column::CpuMilli,
        Column::MemoryMib,
        Column::Pids,
        Column::LeftCount,
        Column::AtMost,
        Column::Nice,
        Column::NotBefore,
        Column::Deadline,
        Column::After,
        Column::ArrayOf,
        Column::Name,
    ];
}

impl TryFrom<Queued> for QueuedJob {
    type Error = StoreError;

    fn try_from(row: Queued) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", row.id, fault);
        let number = |value: i64| u32::try_from(value).map_err(|fault| unreadable(&fault));
        let runtime = row.runtime.as_deref().map(str::parse::<RuntimeName>).transpose();
        let after = row.after.as_deref().map(str::parse::<Dependencies>).transpose();
        let array = row.array_of.map(JobId::try_from).transpose();
        Ok(Self {
            id: JobId::try_from(row.id).map_err(|fault| unreadable(&fault))?,
            owner: UserId::new(row.owner),
            resources: Resources {
                cpu_milli: number(row.cpu_milli)?,
                memory_mib: number(row.memory_mib)?,
                pids: number(row.pids)?,
            },
            runtime: runtime.map_err(|fault| unreadable(&fault))?,
            time_limit: TimeLimit::parse(row.time_limit_s).map_err(|fault| unreadable(&fault))?,
            waits_since: row.waits_since,
            held: row.held,
            name: row.name.parse().map_err(|fault| unreadable(&fault))?,
            array: array.map_err(|fault| unreadable(&fault))?,
            left: number(row.left_count)?,
            at_most: row.at_most.map(number).transpose()?,
            nice: Nice::parse(row.nice).map_err(|fault| unreadable(&fault))?,
            not_before: row.not_before,
            deadline: row.deadline,
            after: after.map_err(|fault| unreadable(&fault))?,
        })
    }
}

/// One that waits. The database gives it its number.
impl From<&NewJob> for ActiveModel {
    fn from(new: &NewJob) -> Self {
        let (spec, resources) = (&new.spec, new.spec.resources);
        let array = spec.array.as_ref();
        let left = array.map(|array| array.indexes().clone()).unwrap_or_default();
        Self {
            owner: Set(new.owner.as_uuid()),
            name: Set(spec.name.to_string()),
            spec: Set(json(spec)),
            state: Set(JobState::Pending.as_str().to_owned()),
            held: Set(new.held),
            submitted_at: Set(new.submitted_at),
            waits_since: Set(new.submitted_at),
            earlier: Set("[]".to_owned()),
            cpu_milli: Set(resources.cpu_milli.into()),
            memory_mib: Set(resources.memory_mib.into()),
            pids: Set(resources.pids.into()),
            runtime: Set(spec.runtime.as_ref().map(ToString::to_string)),
            time_limit_s: Set(spec.time_limit.seconds().into()),
            left_count: Set(array.map_or(1, |_| left.len().into())),
            left_indexes: Set(left.to_string()),
            at_most: Set(array.and_then(|array| array.at_most()).map(Into::into)),
            nice: Set(spec.nice.get().into()),
            not_before: Set(spec.begin_at),
            deadline: Set(spec.deadline),
            after: Set(spec.after.as_ref().map(ToString::to_string)),
            idempotency_key: Set(new.idempotency_key.clone()),
            fingerprint: Set(new.fingerprint.clone()),
            ..Default::default()
        }
    }
}

/// An element that has not begun. It waits for no other job any more: its array did.
pub(crate) fn element(job: &Job, at_most: Option<u32>) -> ActiveModel {
    let new = NewJob {
        owner: job.owner,
        spec: job.spec.clone(),
        held: job.held,
        submitted_at: job.submitted_at,
        idempotency_key: None,
        fingerprint: String::new(),
    };
    ActiveModel {
        waits_since: Set(job.waits_since),
        at_most: Set(at_most.map(Into::into)),
        after: Set(None),
        array_of: Set(job.part.map(|part| part.of.as_i64())),
        array_index: Set(job.part.map(|part| part.index.into())),
        array_size: Set(job.part.map(|part| part.size.into())),
        ..ActiveModel::from(&new)
    }
}

/// What may change of it, and nothing else.
pub(crate) fn changing(job: &Job) -> ActiveModel {
    let attempt = job.attempt.as_ref();
    let left = job.spec.array.as_ref().map_or(1, |_| job.left.len());
    ActiveModel {
        state: Set(job.state.as_str().to_owned()),
        held: Set(job.held),
        reason: Set(job.reason.clone()),
        waits_since: Set(job.waits_since),
        not_before: Set(job.not_before),
        left_count: Set(left.into()),
        left_indexes: Set(job.left.to_string()),
        task: Set(attempt.map(|attempt| attempt.task.as_uuid())),
        worker: Set(attempt.map(|attempt| attempt.worker.to_string())),
        started_at: Set(attempt.map(|attempt| attempt.started_at)),
        running_since: Set(attempt.and_then(|attempt| attempt.running_since)),
        exit: Set(attempt.and_then(|attempt| attempt.exit).as_ref().map(json)),
        used: Set(attempt.and_then(|attempt| attempt.used).as_ref().map(json)),
        earlier: Set(json(&job.earlier)),
        ended_at: Set(job.ended_at),
        ..Default::default()
    }
}

/// Texts and numbers can always be written as JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
