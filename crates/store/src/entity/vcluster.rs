//! `vclusters`: one row per vcluster; its nodes and operations have tables of their own.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{UserId, VclusterId, node::Node, operation::Operation, resources::Resources, vcluster::Vcluster};
use ipnet::Ipv4Net;
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{enum_text, fault::unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "vclusters")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub owner: Uuid,
    pub name: String,
    pub image: String,
    pub cpu_milli: i64,
    pub memory_mib: i64,
    pub pids: i64,
    pub subnet: String,
    pub intent: String,
    pub operation: Uuid,
    pub created_at: DateTime<Utc>,
    pub autostart: bool,
    pub description: String,
    /// These two follow from the rest; none where that cannot be read.
    pub state: Option<String>,
    pub subnet_start: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(belongs_to = "super::operation::Entity", from = "Column::Operation", to = "super::operation::Column::Id")]
    Operation,
}

impl Related<super::operation::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Operation.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The whole from its parts; `nodes` in any order.
    pub(crate) fn assemble(self, operation: Operation, mut nodes: Vec<Node>) -> Result<Vcluster, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("vcluster", self.id, fault);
        nodes.sort_by_key(|node| node.name);
        Ok(Vcluster {
            id: VclusterId::new(self.id),
            owner: UserId::new(self.owner),
            name: self.name.parse().map_err(|fault| unreadable(&fault))?,
            image: self.image.parse().map_err(|fault| unreadable(&fault))?,
            resources: Resources {
                cpu_milli: u32::try_from(self.cpu_milli).map_err(|fault| unreadable(&fault))?,
                memory_mib: u32::try_from(self.memory_mib).map_err(|fault| unreadable(&fault))?,
                pids: u32::try_from(self.pids).map_err(|fault| unreadable(&fault))?,
            },
            subnet: self.subnet.parse().map_err(|fault| unreadable(&fault))?,
            intent: enum_text::read("intent", &self.intent).map_err(|fault| unreadable(&fault))?,
            nodes,
            operation,
            created_at: self.created_at,
            autostart: self.autostart,
            description: self.description.parse().map_err(|fault| unreadable(&fault))?,
        })
    }
}

impl From<&Vcluster> for ActiveModel {
    fn from(vcluster: &Vcluster) -> Self {
        Self {
            id: Set(vcluster.id.as_uuid()),
            owner: Set(vcluster.owner.as_uuid()),
            name: Set(vcluster.name.to_string()),
            image: Set(vcluster.image.to_string()),
            cpu_milli: Set(vcluster.resources.cpu_milli.into()),
            memory_mib: Set(vcluster.resources.memory_mib.into()),
            pids: Set(vcluster.resources.pids.into()),
            subnet: Set(vcluster.subnet.to_string()),
            intent: Set(vcluster.intent.as_str().to_owned()),
            operation: Set(vcluster.operation.id.as_uuid()),
            created_at: Set(vcluster.created_at),
            autostart: Set(vcluster.autostart),
            description: Set(vcluster.description.as_str().to_owned()),
            state: Set(Some(vcluster.state().as_str().to_owned())),
            subnet_start: Set(Some(start(vcluster.subnet))),
        }
    }
}

/// The number of the first address.
pub(crate) fn start(subnet: Ipv4Net) -> i64 {
    u32::from(subnet.network()).into()
}
