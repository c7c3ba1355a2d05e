//! `identities`: who people are at their providers.

use chrono::{DateTime, Utc};
use control::ports::store::Identity;
use domain::UserId;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub issuer: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    pub user: Uuid,
    pub provider: String,
    pub shown: String,
    pub created_at: DateTime<Utc>,
    pub last_sign_in: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Identity {
    fn from(row: Model) -> Self {
        Self {
            issuer: row.issuer,
            subject: row.subject,
            user: UserId::new(row.user),
            provider: row.provider,
            shown: row.shown,
            created_at: row.created_at,
            last_sign_in: row.last_sign_in,
        }
    }
}

impl From<&Identity> for ActiveModel {
    fn from(identity: &Identity) -> Self {
        Self {
            issuer: Set(identity.issuer.clone()),
            subject: Set(identity.subject.clone()),
            user: Set(identity.user.as_uuid()),
            provider: Set(identity.provider.clone()),
            shown: Set(identity.shown.clone()),
            created_at: Set(identity.created_at),
            last_sign_in: Set(identity.last_sign_in),
        }
    }
}
