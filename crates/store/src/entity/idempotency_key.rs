//! `idempotency_keys`: which vcluster a key was answered with.

use chrono::{DateTime, Utc};
use control::ports::store::IdempotencyRecord;
use domain::{UserId, VclusterId};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub fingerprint: String,
    pub vcluster: Uuid,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for IdempotencyRecord {
    fn from(row: Model) -> Self {
        Self {
            user: UserId::new(row.user),
            key: row.key,
            fingerprint: row.fingerprint,
            vcluster: VclusterId::new(row.vcluster),
            created_at: row.created_at,
        }
    }
}

impl From<&IdempotencyRecord> for ActiveModel {
    fn from(record: &IdempotencyRecord) -> Self {
        Self {
            user: Set(record.user.as_uuid()),
            key: Set(record.key.clone()),
            fingerprint: Set(record.fingerprint.clone()),
            vcluster: Set(record.vcluster.as_uuid()),
            created_at: Set(record.created_at),
        }
    }
}
