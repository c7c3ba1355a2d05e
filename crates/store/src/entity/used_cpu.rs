//! `used_cpu`: how much CPU time the jobs of each owner have used.

use chrono::{DateTime, Utc};
use control::ports::store::{StoreError, UsedCpu};
use domain::UserId;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::fault::unreadable;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "used_cpu")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner: Uuid,
    pub cpu_seconds: f64,
    pub at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for UsedCpu {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model { owner, cpu_seconds, at } = row;
        // Anything else would put the queue into no order at all.
        if !cpu_seconds.is_finite() || cpu_seconds < 0.0 {
            return Err(unreadable("used CPU time", owner, format!("{cpu_seconds} is no number of seconds")));
        }
        Ok(Self { owner: UserId::new(owner), cpu_seconds, at })
    }
}

impl From<UsedCpu> for ActiveModel {
    fn from(used: UsedCpu) -> Self {
        Self { owner: Set(used.owner.as_uuid()), cpu_seconds: Set(used.cpu_seconds), at: Set(used.at) }
    }
}
