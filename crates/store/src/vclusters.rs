//! Statements about vclusters with their nodes and operations: loaded and saved as a whole, added up in the database.
//!
//! However many vclusters are asked for, there are two statements: one for the vclusters with their latest operations, one
//! for all of their nodes. Callers see to it that both see one state of the record.

pub(crate) mod holdings;
pub(crate) mod save;

use std::collections::HashMap;

use control::ports::store::{FoundVclusters, PageRequest, StoreError};
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
    assemble(db, this, nodes).await?.pop().map(|(_, whole)| whole).transpose()
}

/// Newest first. What cannot be read of one keeps no other from being read, here and in `all`.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    owner: UserId,
    page: PageRequest<VclusterId>,
) -> Result<FoundVclusters, StoreError> {
    let older = page.after.map(|id| vcluster::Column::Id.lt(id.as_uuid()));
    let listed = vcluster::Entity::find()
        .filter(Condition::all().add(vcluster::Column::Owner.eq(owner.as_uuid())).add_option(older))
        .order_by_desc(vcluster::Column::Id)
        .limit(u64::from(page.limit));
    // The page again as a subquery: its ids as parameters could be more than a statement takes.
    let ids = listed.clone().select_only().column(vcluster::Column::Id).into_query();
    let nodes = node::Entity::find().filter(node::Column::Vcluster.in_subquery(ids));
    found(db, listed, nodes).await
}

/// Oldest first.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<FoundVclusters, StoreError> {
    found(db, vcluster::Entity::find().order_by_asc(vcluster::Column::Id), node::Entity::find()).await
}

async fn found(
    db: &impl ConnectionTrait,
    vclusters: Select<vcluster::Entity>,
    nodes: Select<node::Entity>,
) -> Result<FoundVclusters, StoreError> {
    let each = match assemble(db, vclusters.clone(), nodes).await {
        // A value that is not even of its column's kind spoils the statement that reads it.
        Err(StoreError::Unreadable { .. }) => one_by_one(db, vclusters).await?,
        read => read?,
    };
    let mut all = FoundVclusters::default();
    for (id, whole) in each {
        match whole {
            Ok(vcluster) => all.vclusters.push(vcluster),
            Err(StoreError::Unreadable { what, fault }) => all.unreadable.push((id, format!("{what}: {fault}"))),
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

async fn one_by_one(db: &impl ConnectionTrait, vclusters: Select<vcluster::Entity>) -> Result<Each, StoreError> {
    let ids = vclusters.select_only().column(vcluster::Column::Id);
    let mut each = Vec::new();
    for id in ids.into_tuple::<Uuid>().all(db).await.map_err(fault("vcluster"))? {
        let id = VclusterId::new(id);
        let whole = load(db, id).await.transpose();
        each.extend(whole.map(|whole| (id, whole)));
    }
    Ok(each)
}

type Each = Vec<(VclusterId, Result<Vcluster, StoreError>)>;

async fn assemble(
    db: &impl ConnectionTrait,
    vclusters: Select<vcluster::Entity>,
    nodes: Select<node::Entity>,
) -> Result<Each, StoreError> {
    let rows = vclusters.find_also_related(operation::Entity).all(db).await.map_err(fault("vcluster"))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut nodes_of: HashMap<Uuid, Vec<node::Model>> = HashMap::with_capacity(rows.len());
    for row in nodes.all(db).await.map_err(fault("node"))? {
        nodes_of.entry(row.vcluster).or_default().push(row);
    }
    let mut whole = |row: vcluster::Model, operation: Option<operation::Model>| {
        let operation =
            operation.ok_or_else(|| unreadable("vcluster", row.id, "its operation is missing or unreadable"))?;
        let nodes = nodes_of.remove(&row.id).unwrap_or_default();
        let nodes = nodes.into_iter().map(Node::try_from).collect::<Result<Vec<_>, _>>()?;
        row.assemble(operation.try_into()?, nodes)
    };
    let each = rows.into_iter().map(|(row, operation)| (VclusterId::new(row.id), whole(row, operation)));
    Ok(each.collect())
}

pub(crate) async fn owner_of(db: &impl ConnectionTrait, id: VclusterId) -> Result<Option<UserId>, StoreError> {
    let owner = vcluster::Entity::find_by_id(id.as_uuid()).select_only().column(vcluster::Column::Owner);
    let owner = owner.into_tuple::<Uuid>().one(db).await.map_err(fault("vcluster"))?;
    Ok(owner.map(UserId::new))
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

/// An unreadable subnet is left out, so that it blocks no new vcluster: if it is given away twice, the worker notices.
pub(crate) async fn subnets(db: &impl ConnectionTrait) -> Result<Vec<Ipv4Net>, StoreError> {
    let texts =
        vcluster::Entity::find().select_only().column(vcluster::Column::Subnet).into_tuple::<String>().all(db).await;
    Ok(texts.map_err(fault("subnet"))?.into_iter().filter_map(|text| text.parse().ok()).collect())
}

#[cfg(test)]
mod tests;
