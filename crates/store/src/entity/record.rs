//! `record`: one row about the record itself.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Goes up whenever a process begins to serve the record.
    pub term: i64,
    pub swept_at: Option<DateTime<Utc>>,
    /// The same in every copy and backup of the record.
    pub identity: Uuid,
    /// By the clock that is doubted.
    pub clock_doubted_since: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
