//! `operations`: what was asked of vclusters; outlives them.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{OperationId, UserId, operation::Operation, vcluster::Vcluster};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{enum_text, fault::unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub vcluster: Uuid,
    pub kind: String,
    pub state: String,
    pub reason: Option<String>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub by: Option<Uuid>,
    pub host: Option<String>,
    /// Whose vcluster it is; unknown for some operations from before this was recorded, as is the name.
    pub owner: Option<Uuid>,
    pub vcluster_name: Option<String>,
    /// As JSON.
    pub opened: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::By", to = "super::user::Column::Id")]
    By,
}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Operation {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("operation", row.id, fault);
        let host = row.host.as_deref().map(str::parse).transpose().map_err(|fault| unreadable(&fault))?;
        let opened = row.opened.as_deref().map(serde_json::from_str).transpose().map_err(|fault| unreadable(&fault))?;
        Ok(Self {
            id: OperationId::new(row.id),
            kind: enum_text::read("kind", &row.kind).map_err(|fault| unreadable(&fault))?,
            state: enum_text::read("state", &row.state).map_err(|fault| unreadable(&fault))?,
            reason: row.reason,
            started_at: row.started_at,
            finished_at: row.finished_at,
            by: row.by.map(UserId::new),
            host,
            opened,
        })
    }
}

pub(crate) fn row(vcluster: &Vcluster, operation: &Operation) -> ActiveModel {
    ActiveModel {
        id: Set(operation.id.as_uuid()),
        vcluster: Set(vcluster.id.as_uuid()),
        kind: Set(operation.kind.as_str().to_owned()),
        state: Set(operation.state.as_str().to_owned()),
        reason: Set(operation.reason.clone()),
        started_at: Set(operation.started_at),
        finished_at: Set(operation.finished_at),
        by: Set(operation.by.map(UserId::as_uuid)),
        host: Set(operation.host.as_ref().map(ToString::to_string)),
        owner: Set(Some(vcluster.owner.as_uuid())),
        vcluster_name: Set(Some(vcluster.name.to_string())),
        // A few plain fields can always be written as JSON.
        opened: Set(operation.opened.as_ref().map(|opened| serde_json::to_string(opened).unwrap_or_default())),
    }
}
