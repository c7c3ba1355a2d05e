//! `app_sessions`: browsers that are inside apps, by the digest of their cookie.

use chrono::{DateTime, Utc};
use control::ports::store::{AppSession, SessionKey};
use domain::AppId;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "app_sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    pub app: Uuid,
    pub session: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for AppSession {
    fn from(row: Model) -> Self {
        Self {
            digest: row.digest,
            app: AppId::new(row.app),
            session: SessionKey::new(row.session),
            created_at: row.created_at,
        }
    }
}

impl From<&AppSession> for ActiveModel {
    fn from(session: &AppSession) -> Self {
        Self {
            digest: Set(session.digest.clone()),
            app: Set(session.app.as_uuid()),
            session: Set(session.session.as_str().to_owned()),
            created_at: Set(session.created_at),
        }
    }
}
