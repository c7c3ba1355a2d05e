//! `jobs`: scripts that wait for their turn and run once.

use chrono::{DateTime, Utc};
use control::ports::store::{NewJob, QueuedJob, StoreError};
use domain::{
    JobId, TaskId, UserId,
    job::{Attempt, Job, JobState, TimeLimit},
    name::RuntimeName,
    resources::Resources,
};
use sea_orm::{ActiveValue::Set, FromQueryResult, entity::prelude::*};

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
        Ok(Some(Attempt {
            task: TaskId::new(task),
            worker: worker.parse().map_err(|fault| unreadable(&fault))?,
            started_at,
            running_since: self.running_since,
            exit: exit.map_err(|fault| unreadable(&fault))?,
        }))
    }
}

impl TryFrom<Model> for Job {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", row.id, fault);
        let attempt = row.attempt()?;
        Ok(Self {
            id: JobId::try_from(row.id).map_err(|fault| unreadable(&fault))?,
            owner: UserId::new(row.owner),
            spec: serde_json::from_str(&row.spec).map_err(|fault| unreadable(&fault))?,
            state: enum_text::read("state", &row.state).map_err(|fault| unreadable(&fault))?,
            held: row.held,
            reason: row.reason,
            submitted_at: row.submitted_at,
            waits_since: row.waits_since,
            attempt,
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
}

impl Queued {
    /// Its columns.
    pub(crate) const COLUMNS: [Column; 9] = [
        Column::Id,
        Column::Owner,
        Column::Held,
        Column::WaitsSince,
        Column::Runtime,
        Column::TimeLimitS,
        Column::CpuMilli,
        Column::MemoryMib,
        Column::Pids,
    ];
}

impl TryFrom<Queued> for QueuedJob {
    type Error = StoreError;

    fn try_from(row: Queued) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", row.id, fault);
        let number = |value: i64| u32::try_from(value).map_err(|fault| unreadable(&fault));
        let runtime = row.runtime.as_deref().map(str::parse::<RuntimeName>).transpose();
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
        })
    }
}

/// One that waits. The database gives it its number.
impl From<&NewJob> for ActiveModel {
    fn from(new: &NewJob) -> Self {
        let resources = new.spec.resources;
        Self {
            owner: Set(new.owner.as_uuid()),
            name: Set(new.spec.name.to_string()),
            // Texts and numbers can always be written as JSON.
            spec: Set(serde_json::to_string(&new.spec).unwrap_or_default()),
            state: Set(JobState::Pending.as_str().to_owned()),
            held: Set(new.held),
            submitted_at: Set(new.submitted_at),
            waits_since: Set(new.submitted_at),
            cpu_milli: Set(resources.cpu_milli.into()),
            memory_mib: Set(resources.memory_mib.into()),
            pids: Set(resources.pids.into()),
            runtime: Set(new.spec.runtime.as_ref().map(ToString::to_string)),
            time_limit_s: Set(new.spec.time_limit.seconds().into()),
            idempotency_key: Set(new.idempotency_key.clone()),
            fingerprint: Set(new.fingerprint.clone()),
            ..Default::default()
        }
    }
}

/// What may change of it, and nothing else.
pub(crate) fn changing(job: &Job) -> ActiveModel {
    let attempt = job.attempt.as_ref();
    let exit = attempt.and_then(|attempt| attempt.exit);
    ActiveModel {
        state: Set(job.state.as_str().to_owned()),
        held: Set(job.held),
        reason: Set(job.reason.clone()),
        waits_since: Set(job.waits_since),
        task: Set(attempt.map(|attempt| attempt.task.as_uuid())),
        worker: Set(attempt.map(|attempt| attempt.worker.to_string())),
        started_at: Set(attempt.map(|attempt| attempt.started_at)),
        running_since: Set(attempt.and_then(|attempt| attempt.running_since)),
        exit: Set(exit.map(|exit| serde_json::to_string(&exit).unwrap_or_default())),
        ended_at: Set(job.ended_at),
        ..Default::default()
    }
}
