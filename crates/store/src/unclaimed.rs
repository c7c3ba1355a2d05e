//! Nodes that the record has let go of, and containers that it does not know.

use chrono::{DateTime, Utc};
use control::ports::store::{StoreError, Unclaimed, UnclaimedReads, UnclaimedWrites};
use domain::{InstanceId, NodeId, node::Generation};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, OnConflict, Query},
};

use crate::{
    entity::{departed_node, node, unclaimed_node},
    fault::{fault, readable, unreadable},
    sql::{Connection, Sql, SqlTransaction},
};

#[async_trait::async_trait]
impl<C: Connection> UnclaimedReads for Sql<C> {
    async fn all_unclaimed(&self) -> Result<Vec<Unclaimed>, StoreError> {
        use unclaimed_node::Column::{FoundAt, Id};
        let all = unclaimed_node::Entity::find().order_by_asc(FoundAt).order_by_asc(Id).into_query();
        let rows = self.db().query_all(&all).await.map_err(fault("unclaimed node"))?;
        let mut all = Vec::new();
        for row in rows {
            let model = unclaimed_node::Model::from_query_result(&row, "").map_err(fault("unclaimed node"));
            match readable(model.and_then(Unclaimed::try_from))? {
                Ok(unclaimed) => all.push(unclaimed),
                Err(fault) => tracing::warn!(fault, "a container that no record claims is left out of the list"),
            }
        }
        Ok(all)
    }

    async fn unclaimed(&self, instance: InstanceId) -> Result<Option<Unclaimed>, StoreError> {
        let row = unclaimed_node::Entity::find_by_id(instance.as_uuid()).one(self.db()).await;
        let row = row.map_err(fault("unclaimed node"))?;
        row.map(Unclaimed::try_from).transpose()
    }

    async fn departed(&self, node: NodeId) -> Result<Option<Generation>, StoreError> {
        let row =
            departed_node::Entity::find_by_id(node.as_uuid()).one(self.db()).await.map_err(fault("departed node"))?;
        let generation = |row: departed_node::Model| {
            u64::try_from(row.generation).map(Generation).map_err(|fault| unreadable("departed node", row.id, fault))
        };
        row.map(generation).transpose()
    }
}

#[async_trait::async_trait]
impl UnclaimedWrites for SqlTransaction {
    async fn save_unclaimed(&mut self, unclaimed: &Unclaimed) -> Result<(), StoreError> {
        use unclaimed_node::Column::{Generation, Id, Owner, Vcluster, Worker};
        let replace = OnConflict::column(Id).update_columns([Worker, Vcluster, Owner, Generation]).to_owned();
        let insert = unclaimed_node::Entity::insert(unclaimed_node::ActiveModel::from(unclaimed)).on_conflict(replace);
        insert.exec_without_returning(self.db()).await.map_err(fault("unclaimed node"))?;
        Ok(())
    }

    async fn find_unclaimed_again(&mut self, from: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError> {
        use unclaimed_node::Column::FoundAt;
        let late = unclaimed_node::Entity::update_many().filter(FoundAt.gte(from)).col_expr(FoundAt, Expr::value(now));
        late.exec(self.db()).await.map_err(fault("unclaimed node"))?;
        Ok(())
    }

    async fn remove_unclaimed(&mut self, instance: InstanceId) -> Result<(), StoreError> {
        let delete = unclaimed_node::Entity::delete_by_id(instance.as_uuid());
        delete.exec(self.db()).await.map_err(fault("unclaimed node"))?;
        Ok(())
    }

    async fn forget_departed(&mut self, nodes: &[NodeId]) -> Result<(), StoreError> {
        let these = departed_node::Column::Id.is_in(nodes.iter().map(|node| node.as_uuid()));
        departed_node::Entity::delete_many().filter(these).exec(self.db()).await.map_err(fault("departed node"))?;
        Ok(())
    }
}

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

/// Returns how many.
pub(crate) async fn drop_departed_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let old = departed_node::Entity::delete_many().filter(departed_node::Column::DepartedAt.lt(before));
    Ok(old.exec(db).await.map_err(fault("departed node"))?.rows_affected)
}
