//! `nodes`: the nodes of vclusters.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{
    NodeId, OperationId, VclusterId,
    node::{Generation, Node, Notes},
};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{enum_text, fault::unreadable};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub vcluster: Uuid,
    pub name: String,
    pub worker: String,
    pub ip: String,
    pub generation: i64,
    pub intent: String,
    pub state: String,
    pub reason: Option<String>,
    pub reserved: bool,
    pub running_since: Option<DateTime<Utc>>,
    pub tries: i64,
    pub operation: Uuid,
    /// JSON; none where there is nothing to note.
    pub notes: Option<String>,
    /// None for the engine's usual one.
    pub runtime: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(belongs_to = "super::vcluster::Entity", from = "Column::Vcluster", to = "super::vcluster::Column::Id")]
    Vcluster,
}

impl Related<super::vcluster::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Vcluster.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Node {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("node", row.id, fault);
        Ok(Self {
            id: NodeId::new(row.id),
            name: row.name.parse().map_err(|fault| unreadable(&fault))?,
            worker: row.worker.parse().map_err(|fault| unreadable(&fault))?,
            ip: row.ip.parse().map_err(|fault| unreadable(&fault))?,
            generation: Generation(u64::try_from(row.generation).map_err(|fault| unreadable(&fault))?),
            intent: enum_text::read("intent", &row.intent).map_err(|fault| unreadable(&fault))?,
            state: enum_text::read("state", &row.state).map_err(|fault| unreadable(&fault))?,
            reason: row.reason,
            reserved: row.reserved,
            running_since: row.running_since,
            tries: u8::try_from(row.tries).map_err(|fault| unreadable(&fault))?,
            operation: OperationId::new(row.operation),
            notes: match &row.notes {
                Some(notes) => serde_json::from_str(notes).map_err(|fault| unreadable(&fault))?,
                None => Notes::default(),
            },
            runtime: row.runtime.as_deref().map(str::parse).transpose().map_err(|fault| unreadable(&fault))?,
        })
    }
}

fn noted(notes: &Notes) -> Option<String> {
    // A few plain fields can always be written as JSON.
    (*notes != Notes::default()).then(|| serde_json::to_string(notes).unwrap_or_default())
}

/// The row of one node. A generation beyond what the column holds would need 2^63 orders to one node; it is kept at the
/// end of the range, where the next order is refused by workers, rather than wrapped round to an old one.
pub(crate) fn row(vcluster: VclusterId, node: &Node) -> ActiveModel {
    ActiveModel {
        id: Set(node.id.as_uuid()),
        vcluster: Set(vcluster.as_uuid()),
        name: Set(node.name.to_string()),
        worker: Set(node.worker.to_string()),
        ip: Set(node.ip.to_string()),
        generation: Set(i64::try_from(node.generation.0).unwrap_or(i64::MAX)),
        intent: Set(node.intent.as_str().to_owned()),
        state: Set(node.state.as_str().to_owned()),
        reason: Set(node.reason.clone()),
        reserved: Set(node.reserved),
        running_since: Set(node.running_since),
        tries: Set(node.tries.into()),
        operation: Set(node.operation.as_uuid()),
        notes: Set(noted(&node.notes)),
        runtime: Set(node.runtime.as_ref().map(ToString::to_string)),
    }
}
