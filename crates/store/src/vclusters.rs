//! Statements about vclusters with their nodes and operations: loaded and saved as a whole, added up in the database.
//!
//! However many vclusters are asked for, there are two statements: one for the vclusters with their latest operations, one
//! for all of their nodes. Callers see to it that both see one state of the record.

pub(crate) mod holdings;
pub(crate) mod save;

use std::collections::HashMap;

use control::ports::store::{PageRequest, StoreError};
use domain::{NodeId, UserId, VclusterId, name::VclusterName, node::Node, vcluster::Vcluster};
use ipnet::Ipv4Net;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    prelude::Uuid,
};

use crate::{
    entity::{node, operation, vcluster},
    fault::{fault, unreadable},
};

pub(crate) async fn load(db: &impl ConnectionTrait, id: VclusterId) -> Result<Option<Vcluster>, StoreError> {
    let this = vcluster::Entity::find_by_id(id.as_uuid());
    let nodes = node::Entity::find().filter(node::Column::Vcluster.eq(id.as_uuid()));
    Ok(assemble(db, this, nodes).await?.pop())
}

/// Newest first.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    owner: UserId,
    page: PageRequest<VclusterId>,
) -> Result<Vec<Vcluster>, StoreError> {
    let older = page.after.map(|id| vcluster::Column::Id.lt(id.as_uuid()));
    let listed = vcluster::Entity::find()
        .filter(Condition::all().add(vcluster::Column::Owner.eq(owner.as_uuid())).add_option(older))
        .order_by_desc(vcluster::Column::Id)
        .limit(u64::from(page.limit));
    // The page again as a subquery: its ids as parameters could be more than a statement takes.
    let ids = listed.clone().select_only().column(vcluster::Column::Id).into_query();
    let nodes = node::Entity::find().filter(node::Column::Vcluster.in_subquery(ids));
    assemble(db, listed, nodes).await
}

/// Oldest first.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Vcluster>, StoreError> {
    assemble(db, vcluster::Entity::find().order_by_asc(vcluster::Column::Id), node::Entity::find()).await
}

async fn assemble(
    db: &impl ConnectionTrait,
    vclusters: Select<vcluster::Entity>,
    nodes: Select<node::Entity>,
) -> Result<Vec<Vcluster>, StoreError> {
    let rows = vclusters.find_also_related(operation::Entity).all(db).await.map_err(fault("vcluster"))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut nodes_of: HashMap<Uuid, Vec<Node>> = HashMap::with_capacity(rows.len());
    for row in nodes.all(db).await.map_err(fault("node"))? {
        nodes_of.entry(row.vcluster).or_default().push(row.try_into()?);
    }
    let whole = |(row, operation): (vcluster::Model, Option<operation::Model>)| {
        let operation =
            operation.ok_or_else(|| unreadable("vcluster", row.id, "its operation is missing or unreadable"))?;
        let nodes = nodes_of.remove(&row.id).unwrap_or_default();
        row.assemble(operation.try_into()?, nodes)
    };
    rows.into_iter().map(whole).collect()
}

pub(crate) async fn id_of(
    db: &impl ConnectionTrait,
    owner: UserId,
    name: &VclusterName,
) -> Result<Option<VclusterId>, StoreError> {
    let owned = vcluster::Entity::find()
        .select_only()
        .column(vcluster::Column::Id)
        .filter(vcluster::Column::Owner.eq(owner.as_uuid()));
    let id = owned.filter(vcluster::Column::Name.eq(name.as_str())).into_tuple::<Uuid>().one(db).await;
    Ok(id.map_err(fault("vcluster"))?.map(VclusterId::new))
}

pub(crate) async fn of_node(db: &impl ConnectionTrait, node: NodeId) -> Result<Option<Vcluster>, StoreError> {
    let owning = node::Entity::find_by_id(node.as_uuid()).select_only().column(node::Column::Vcluster);
    match owning.into_tuple::<Uuid>().one(db).await.map_err(fault("node"))? {
        Some(id) => load(db, VclusterId::new(id)).await,
        None => Ok(None),
    }
}

pub(crate) async fn subnets(db: &impl ConnectionTrait) -> Result<Vec<Ipv4Net>, StoreError> {
    let texts =
        vcluster::Entity::find().select_only().column(vcluster::Column::Subnet).into_tuple::<String>().all(db).await;
    let parse = |text: String| text.parse().map_err(|fault| unreadable("subnet", text, fault));
    texts.map_err(fault("subnet"))?.into_iter().map(parse).collect()
}

#[cfg(test)]
mod tests;
