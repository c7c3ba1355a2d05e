//! `attempts`: how often signing in has failed, per account or address.

use chrono::{DateTime, Utc};
use control::ports::store::{Attempts, StoreError};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::fault::unreadable;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub failures: i64,
    pub last_failure: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Attempts {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let failures = u32::try_from(row.failures).map_err(|fault| unreadable("sign-in attempt", &row.key, fault))?;
        Ok(Self { key: row.key, failures, last_failure: row.last_failure })
    }
}

impl From<&Attempts> for ActiveModel {
    fn from(attempts: &Attempts) -> Self {
        Self {
            key: Set(attempts.key.clone()),
            failures: Set(attempts.failures.into()),
            last_failure: Set(attempts.last_failure),
        }
    }
}
