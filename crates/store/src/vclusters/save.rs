//! Writing a vcluster: three statements for a new one and seven for one that is there, whatever its size, and one for each worker
//! on which it holds more or less than before.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{
    VclusterId,
    operation::{OperationKind, OperationState},
    vcluster::Vcluster,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable as _, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use super::holdings::{self, Held};
use crate::{
    entity::{node, operation, vcluster},
    fault::fault,
    unclaimed,
};

pub(crate) async fn insert(db: &impl ConnectionTrait, whole: &Vcluster) -> Result<(), StoreError> {
    save_operation(db, whole).await?;
    save_row(db, whole).await?;
    put_nodes(db, whole).await?;
    holdings::change(db, &Held::new(), &holdings::of_whole(whole)).await
}

pub(crate) async fn save(db: &impl ConnectionTrait, whole: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
    save_operation(db, whole).await?;
    let others = operation::Column::Id.ne(whole.operation.id.as_uuid());
    end_running(db, whole.id, others, OperationState::Superseded, now).await?;
    // Before the row is: what a node holds is written there.
    let held = holdings::in_record(db, whole.id).await?;
    save_row(db, whole).await?;
    save_nodes(db, whole, now).await?;
    holdings::change(db, &held, &holdings::of_whole(whole)).await
}

pub(crate) async fn remove(db: &impl ConnectionTrait, id: VclusterId, now: DateTime<Utc>) -> Result<(), StoreError> {
    // Deleting is done when the vcluster is gone, which is now; whatever else still ran has lost its subject.
    let delete = operation::Column::Kind.eq(OperationKind::Delete.as_str());
    end_running(db, id, delete, OperationState::Succeeded, now).await?;
    let other = operation::Column::Kind.ne(OperationKind::Delete.as_str());
    end_running(db, id, other, OperationState::Superseded, now).await?;
    unclaimed::depart(db, Condition::all().add(node::Column::Vcluster.eq(id.as_uuid())), now).await?;
    holdings::change(db, &holdings::in_record(db, id).await?, &Held::new()).await?;
    // The nodes go with it: their foreign key cascades.
    vcluster::Entity::delete_by_id(id.as_uuid()).exec(db).await.map_err(fault("vcluster"))?;
    Ok(())
}

async fn end_running(
    db: &impl ConnectionTrait,
    id: VclusterId,
    which: Expr,
    state: OperationState,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let running = operation::Column::State.eq(OperationState::Running.as_str());
    operation::Entity::update_many()
        .col_expr(operation::Column::State, Expr::value(state.as_str()))
        .col_expr(operation::Column::FinishedAt, Expr::value(now))
        .filter(Condition::all().add(operation::Column::Vcluster.eq(id.as_uuid())).add(running).add(which))
        .exec(db)
        .await
        .map_err(fault("operation"))?;
    Ok(())
}

async fn save_operation(db: &impl ConnectionTrait, whole: &Vcluster) -> Result<(), StoreError> {
    use operation::Column::{FinishedAt, Id, Reason, State};
    let replace = OnConflict::column(Id).update_columns([State, Reason, FinishedAt]).to_owned();
    let insert = operation::Entity::insert(operation::row(whole, &whole.operation)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("operation"))?;
    Ok(())
}

pub(super) async fn save_row(db: &impl ConnectionTrait, whole: &Vcluster) -> Result<(), StoreError> {
    use vcluster::Column::{CreatedAt, Id, Owner};
    let changing = vcluster::Column::iter().filter(|column| !matches!(column, Id | Owner | CreatedAt));
    let replace = OnConflict::column(Id).update_columns(changing).to_owned();
    let insert = vcluster::Entity::insert(vcluster::ActiveModel::from(whole)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("vcluster"))?;
    Ok(())
}

async fn save_nodes(db: &impl ConnectionTrait, whole: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
    use node::Column::{Id, Vcluster};
    // Removed ones first: a new node may have got the name of one of them.
    let kept = whole.nodes.iter().map(|node| node.id.as_uuid());
    let removed = Condition::all().add(Vcluster.eq(whole.id.as_uuid())).add(Id.is_not_in(kept));
    unclaimed::depart(db, removed.clone(), now).await?;
    node::Entity::delete_many().filter(removed).exec(db).await.map_err(fault("node"))?;
    put_nodes(db, whole).await
}

async fn put_nodes(db: &impl ConnectionTrait, whole: &Vcluster) -> Result<(), StoreError> {
    use node::Column::{Id, Vcluster};
    if whole.nodes.is_empty() {
        return Ok(());
    }
    let changing = node::Column::iter().filter(|column| !matches!(column, Id | Vcluster));
    let replace = OnConflict::column(Id).update_columns(changing).to_owned();
    let rows = whole.nodes.iter().map(|node| node::row(whole.id, node));
    let insert = node::Entity::insert_many(rows).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("node"))?;
    Ok(())
}
