//! Statements about nodes the record has let go of, and about containers it does not know.

use chrono::{DateTime, Utc};
use control::ports::store::{StoreError, Unclaimed};
use domain::{NodeId, node::Generation};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict, Query},
};

use crate::{
    entity::{departed_node, node, unclaimed_node},
    fault::{fault, unreadable},
};

/// Notes these nodes as departed; they are about to be deleted.
pub(crate) async fn depart(db: &impl ConnectionTrait, which: Condition, now: DateTime<Utc>) -> Result<(), StoreError> {
    use departed_node::Column::{DepartedAt, Generation, Id, Vcluster};
    let nodes = node::Entity::find()
        .select_only()
        .columns([node::Column::Id, node::Column::Vcluster, node::Column::Generation])
        .expr(Expr::value(now))
        .filter(which)
        .into_query();
    let mut insert = Query::insert();
    insert.into_table(departed_node::Entity).columns([Id, Vcluster, Generation, DepartedAt]);
    insert.select_from(nodes).map_err(|mismatch| StoreError::Failed(Box::new(mismatch)))?;
    insert.on_conflict(OnConflict::column(Id).do_nothing().to_owned());
    db.execute(&insert).await.map_err(fault("departed node"))?;
    Ok(())
}

pub(crate) async fn departed(db: &impl ConnectionTrait, node: NodeId) -> Result<Option<Generation>, StoreError> {
    let row = departed_node::Entity::find_by_id(node.as_uuid()).one(db).await.map_err(fault("departed node"))?;
    let generation = |row: departed_node::Model| {
        u64::try_from(row.generation).map(Generation).map_err(|fault| unreadable("departed node", row.id, fault))
    };
    row.map(generation).transpose()
}

pub(crate) async fn forget_departed(db: &impl ConnectionTrait, nodes: &[NodeId]) -> Result<(), StoreError> {
    let these = departed_node::Column::Id.is_in(nodes.iter().map(|node| node.as_uuid()));
    departed_node::Entity::delete_many().filter(these).exec(db).await.map_err(fault("departed node"))?;
    Ok(())
}

/// Returns how many.
pub(crate) async fn drop_departed_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let old = departed_node::Entity::delete_many().filter(departed_node::Column::DepartedAt.lt(before));
    Ok(old.exec(db).await.map_err(fault("departed node"))?.rows_affected)
}

/// Without those that cannot be read. Their containers stay paused, and are written down anew when their worker asks.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Unclaimed>, StoreError> {
    use unclaimed_node::Column::{FoundAt, Id};
    let rows = unclaimed_node::Entity::find().order_by_asc(FoundAt).order_by_asc(Id).all(db).await;
    let told = |error: &StoreError| tracing::warn!(%error, "a container that no record claims is left out of the list");
    let read = |row| Unclaimed::try_from(row).inspect_err(told).ok();
    Ok(rows.map_err(fault("unclaimed node"))?.into_iter().filter_map(read).collect())
}

pub(crate) async fn one(db: &impl ConnectionTrait, node: NodeId) -> Result<Option<Unclaimed>, StoreError> {
    let row = unclaimed_node::Entity::find_by_id(node.as_uuid()).one(db).await.map_err(fault("unclaimed node"))?;
    row.map(Unclaimed::try_from).transpose()
}

pub(crate) async fn save(db: &impl ConnectionTrait, unclaimed: &Unclaimed) -> Result<(), StoreError> {
    use unclaimed_node::Column::{Generation, Id, Owner, Vcluster, Worker};
    let replace = OnConflict::column(Id).update_columns([Worker, Vcluster, Owner, Generation]).to_owned();
    let insert = unclaimed_node::Entity::insert(unclaimed_node::ActiveModel::from(unclaimed)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("unclaimed node"))?;
    Ok(())
}

pub(crate) async fn find_again(
    db: &impl ConnectionTrait,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use unclaimed_node::Column::FoundAt;
    let late = unclaimed_node::Entity::update_many().filter(FoundAt.gte(from)).col_expr(FoundAt, Expr::value(now));
    late.exec(db).await.map_err(fault("unclaimed node"))?;
    Ok(())
}

pub(crate) async fn remove(db: &impl ConnectionTrait, node: NodeId) -> Result<(), StoreError> {
    unclaimed_node::Entity::delete_by_id(node.as_uuid()).exec(db).await.map_err(fault("unclaimed node"))?;
    Ok(())
}
