//! What runs where and what comes next, as a client sees it; and what is done with many jobs at once.

use chrono::{DateTime, Utc};
use domain::job::JobState;
use serde::{Deserialize, Serialize};

use crate::{problem::Code, read, vcluster::NodeResources};

/// `GET /api/v1/queue`. Of others' jobs it has no more than their size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// By name.
    pub hosts: Vec<QueueHost>,
    /// The next one first: the first hundred, and behind them a hundred of one's own at most.
    pub waiting: Vec<QueuePlace>,
    /// How many wait for their turn in all. Jobs that are held, that wait for other jobs or a time, or that no host can run are not
    /// among them.
    pub waiting_in_all: u32,
    /// When the queue was looked at; absent before that.
    pub computed_at: Option<DateTime<Utc>>,
}

/// A host, with the jobs that are on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueHost {
    pub name: String,
    /// It takes nodes and jobs.
    pub ready: bool,
    /// What may be given out of it.
    pub offered_cpus: f64,
    pub offered_memory_mib: u64,
    /// What nodes and jobs hold of that.
    pub held_cpus: f64,
    pub held_memory_mib: u64,
    pub jobs: Vec<QueueJob>,
}

/// A job in the queue or on a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueJob {
    /// Of one's own jobs alone.
    pub id: Option<i64>,
    /// Of one's own jobs alone.
    pub name: Option<String>,
    /// One's own name; of others' jobs for administrators alone.
    pub owner: Option<String>,
    pub resources: NodeResources,
}

/// A job that waits for its turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueuePlace {
    /// 1 is next.
    pub position: u32,
    pub job: QueueJob,
    /// How many of it may start: the elements of an array; 1 otherwise.
    pub count: u32,
    /// When it starts if all that runs takes its whole time limit and nothing else comes before it; absent where that is not known.
    pub expected_start: Option<DateTime<Utc>>,
}

/// How one's jobs fare; for the console.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSummary {
    pub pending: u32,
    pub running: u32,
    /// In the last 24 hours.
    pub completed: u32,
    /// In the last 24 hours; without those that were cancelled.
    pub failed: u32,
    /// When the first of those that wait is expected to start.
    pub next_start: Option<DateTime<Utc>>,
}

/// `POST /api/v1/jobs/bulk`: done with every job that `jobs` or `states` names, with 1000 at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"action": "cancel", "jobs": [811, 812]})))]
pub struct Bulk {
    pub action: BulkAction,
    /// These, by their numbers.
    #[serde(default, deserialize_with = "read::wholes")]
    #[cfg_attr(feature = "openapi", schema(schema_with = numbers))]
    pub jobs: Vec<i64>,
    /// Those of one's jobs that are in one of these states.
    #[serde(default)]
    pub states: Vec<JobState>,
}

impl Bulk {
    /// So many are done with one request.
    pub const MOST: usize = 1000;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BulkAction {
    Cancel,
    Hold,
    Release,
}

#[cfg(feature = "openapi")]
fn numbers() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::{ArrayBuilder, ObjectBuilder, schema::Type};
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1_i64)).maximum(Some(i64::MAX));
    ArrayBuilder::new().items(number).max_items(Some(Bulk::MOST)).description(Some("These, by their numbers.")).into()
}

/// What became of them, by their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bulked {
    pub jobs: Vec<BulkedJob>,
}

/// What became of one: its state, or why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkedJob {
    pub id: i64,
    pub state: Option<JobState>,
    pub problem: Option<BulkFault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkFault {
    pub code: Code,
    /// A sentence for the person.
    pub detail: String,
}
