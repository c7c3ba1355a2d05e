//! `unclaimed_nodes`: containers on hosts that no record claims.

use chrono::{DateTime, Utc};
use control::ports::store::{StoreError, Unclaimed};
use domain::{InstanceId, UserId, VclusterId, node::Generation};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::fault::unreadable;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unclaimed_nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub worker: String,
    /// Nil for a task's.
    pub vcluster: Uuid,
    pub owner: Uuid,
    pub generation: i64,
    pub found_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Unclaimed {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("unclaimed node", row.id, fault);
        Ok(Self {
            instance: InstanceId::new(row.id),
            worker: row.worker.parse().map_err(|fault| unreadable(&fault))?,
            vcluster: (!row.vcluster.is_nil()).then(|| VclusterId::new(row.vcluster)),
            owner: UserId::new(row.owner),
            generation: Generation(u64::try_from(row.generation).map_err(|fault| unreadable(&fault))?),
            found_at: row.found_at,
        })
    }
}

impl From<&Unclaimed> for ActiveModel {
    fn from(unclaimed: &Unclaimed) -> Self {
        Self {
            id: Set(unclaimed.instance.as_uuid()),
            worker: Set(unclaimed.worker.to_string()),
            vcluster: Set(unclaimed.vcluster.map_or(Uuid::nil(), VclusterId::as_uuid)),
            owner: Set(unclaimed.owner.as_uuid()),
            generation: Set(i64::try_from(unclaimed.generation.0).unwrap_or(i64::MAX)),
            found_at: Set(unclaimed.found_at),
        }
    }
}
