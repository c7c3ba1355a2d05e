//! `provider_sessions`: what sessions stand on at a provider. Tokens are sealed before they come here.

use chrono::{DateTime, Utc};
use control::ports::store::{ProviderSession, SessionKey};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session: String,
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    pub sid: Option<String>,
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
    pub due_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `Debug` leaves the tokens out, sealed or not.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl From<Model> for ProviderSession {
    fn from(row: Model) -> Self {
        Self {
            key: SessionKey::new(row.session),
            provider: row.provider,
            issuer: row.issuer,
            subject: row.subject,
            sid: row.sid,
            refresh_token: row.refresh_token,
            id_token: row.id_token,
            due_at: row.due_at,
        }
    }
}

impl From<&ProviderSession> for ActiveModel {
    fn from(session: &ProviderSession) -> Self {
        Self {
            session: Set(session.key.as_str().to_owned()),
            provider: Set(session.provider.clone()),
            issuer: Set(session.issuer.clone()),
            subject: Set(session.subject.clone()),
            sid: Set(session.sid.clone()),
            refresh_token: Set(session.refresh_token.clone()),
            id_token: Set(session.id_token.clone()),
            due_at: Set(session.due_at),
        }
    }
}
