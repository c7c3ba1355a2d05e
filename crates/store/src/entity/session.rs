//! `sessions`: browser sessions, by the digest of their id. A reader of the table cannot use the sessions in it.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    /// Lower-case hex of the SHA-256 of the session's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// The signed-in user; also in `data`, and here so that all sessions of one user can be ended.
    pub user: Option<Uuid>,
    pub data: Json,
    pub expires_at: DateTime<Utc>,
    /// These four are also in `data`, and here so that they can be listed; none for sessions from before they were kept.
    pub since: Option<DateTime<Utc>>,
    pub last_seen: Option<DateTime<Utc>>,
    pub address: Option<String>,
    pub agent: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
