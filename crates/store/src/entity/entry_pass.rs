//! `entry_passes`: one-time codes that let a browser into an app, by the digest of the code.

use chrono::{DateTime, Utc};
use control::ports::store::{EntryPass, SessionKey};
use domain::{AppId, UserId};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry_passes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    pub app: Uuid,
    pub user: Uuid,
    pub session: String,
    pub nonce: String,
    pub expires_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for EntryPass {
    fn from(row: Model) -> Self {
        Self {
            digest: row.digest,
            app: AppId::new(row.app),
            user: UserId::new(row.user),
            session: SessionKey::new(row.session),
            nonce: row.nonce,
            expires_at: row.expires_at,
        }
    }
}

impl From<&EntryPass> for ActiveModel {
    fn from(pass: &EntryPass) -> Self {
        Self {
            digest: Set(pass.digest.clone()),
            app: Set(pass.app.as_uuid()),
            user: Set(pass.user.as_uuid()),
            session: Set(pass.session.as_str().to_owned()),
            nonce: Set(pass.nonce.clone()),
            expires_at: Set(pass.expires_at),
        }
    }
}
