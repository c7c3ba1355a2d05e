//! `apps`: ports of nodes under names of their own.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{AppId, NodeId, UserId, VclusterId, app::App};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{enum_text, fault::unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "apps")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub label: String,
    pub vcluster: Uuid,
    pub owner: Uuid,
    pub node: Uuid,
    pub node_name: String,
    pub port: i64,
    pub kind: String,
    pub name: Option<String>,
    pub pinned: bool,
    pub enabled: bool,
    pub process: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for App {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("app", row.id, fault);
        Ok(Self {
            id: AppId::new(row.id),
            label: row.label.parse().map_err(|fault| unreadable(&fault))?,
            vcluster: VclusterId::new(row.vcluster),
            owner: UserId::new(row.owner),
            node: row.node_name.parse().map_err(|fault| unreadable(&fault))?,
            node_id: NodeId::new(row.node),
            port: u16::try_from(row.port).map_err(|fault| unreadable(&fault))?,
            kind: enum_text::read("kind", &row.kind).map_err(|fault| unreadable(&fault))?,
            name: row.name.map(|name| name.parse()).transpose().map_err(|fault| unreadable(&fault))?,
            pinned: row.pinned,
            enabled: row.enabled,
            process: row.process,
            created_at: row.created_at,
        })
    }
}

impl From<&App> for ActiveModel {
    fn from(app: &App) -> Self {
        Self {
            id: Set(app.id.as_uuid()),
            label: Set(app.label.to_string()),
            vcluster: Set(app.vcluster.as_uuid()),
            owner: Set(app.owner.as_uuid()),
            node: Set(app.node_id.as_uuid()),
            node_name: Set(app.node.to_string()),
            port: Set(app.port.into()),
            kind: Set(app.kind.as_str().to_owned()),
            name: Set(app.name.as_ref().map(ToString::to_string)),
            pinned: Set(app.pinned),
            enabled: Set(app.enabled),
            process: Set(app.process.clone()),
            created_at: Set(app.created_at),
        }
    }
}
