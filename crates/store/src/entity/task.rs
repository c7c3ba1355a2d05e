//! `tasks`: commands that run to their end, once.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{
    TaskId, UserId,
    image::ImageRef,
    name::RuntimeName,
    node::Generation,
    resources::Resources,
    task::{Batch, Command, Task},
};
use sea_orm::{ActiveValue::Set, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{enum_text, fault::unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasks")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub owner: Uuid,
    pub worker: String,
    /// JSON.
    pub spec: String,
    pub generation: i64,
    pub intent: String,
    /// JSON.
    pub state: String,
    pub begun: bool,
    pub finished_at: Option<DateTime<Utc>>,
    /// Nothing of it is left on its host.
    pub cleared: bool,
    pub host_gone: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What never changes of a task and is never asked for by itself.
#[derive(Serialize, Deserialize)]
struct Spec {
    image: ImageRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runtime: Option<RuntimeName>,
    resources: Resources,
    command: Command,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch: Option<Batch>,
}

impl TryFrom<Model> for Task {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("task", row.id, fault);
        let Spec { image, runtime, resources, command, batch } =
            serde_json::from_str(&row.spec).map_err(|fault| unreadable(&fault))?;
        Ok(Self {
            id: TaskId::new(row.id),
            owner: UserId::new(row.owner),
            worker: row.worker.parse().map_err(|fault| unreadable(&fault))?,
            image,
            runtime,
            resources,
            command,
            batch,
            generation: Generation(u64::try_from(row.generation).map_err(|fault| unreadable(&fault))?),
            intent: enum_text::read("intent", &row.intent).map_err(|fault| unreadable(&fault))?,
            state: serde_json::from_str(&row.state).map_err(|fault| unreadable(&fault))?,
            begun: row.begun,
            finished_at: row.finished_at,
            cleared: row.cleared,
            host_gone: row.host_gone,
        })
    }
}

impl From<&Task> for ActiveModel {
    fn from(task: &Task) -> Self {
        let Task { image, runtime, resources, command, batch, .. } = task.clone();
        // Texts and numbers can always be written as JSON.
        let spec = serde_json::to_string(&Spec { image, runtime, resources, command, batch }).unwrap_or_default();
        Self {
            id: Set(task.id.as_uuid()),
            owner: Set(task.owner.as_uuid()),
            worker: Set(task.worker.to_string()),
            spec: Set(spec),
            // See the row of a node.
            generation: Set(i64::try_from(task.generation.0).unwrap_or(i64::MAX)),
            intent: Set(task.intent.as_str().to_owned()),
            state: Set(serde_json::to_string(&task.state).unwrap_or_default()),
            begun: Set(task.begun),
            finished_at: Set(task.finished_at),
            cleared: Set(task.cleared),
            host_gone: Set(task.host_gone),
        }
    }
}
