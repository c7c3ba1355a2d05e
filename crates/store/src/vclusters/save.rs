//! Writing a vcluster: six statements whatever its size, each of which does nothing when nothing has changed.

use chrono::{DateTime, Utc};
use control::ports::store::StoreError;
use domain::{
    VclusterId,
    operation::{Operation, OperationKind, OperationState},
    vcluster::Vcluster,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};

use crate::{
    entity::{node, operation, vcluster},
    fault::fault,
    unclaimed,
};

pub(crate) async fn save(db: &impl ConnectionTrait, whole: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
    save_operation(db, whole).await?;
    let others = operation::Column::Id.ne(whole.operation.id.as_uuid());
    end_running(db, whole.id, others, OperationState::Superseded, now).await?;
    save_row(db, whole).await?;
    save_nodes(db, whole, now).await
}

pub(crate) async fn remove(db: &impl ConnectionTrait, id: VclusterId, now: DateTime<Utc>) -> Result<(), StoreError> {
    // Deleting is done when the vcluster is gone, which is now; whatever else still ran has lost its subject.
    let delete = operation::Column::Kind.eq(OperationKind::Delete.as_str());
    end_running(db, id, delete, OperationState::Succeeded, now).await?;
    let other = operation::Column::Kind.ne(OperationKind::Delete.as_str());
    end_running(db, id, other, OperationState::Superseded, now).await?;
    unclaimed::depart(db, Condition::all().add(node::Column::Vcluster.eq(id.as_uuid())), now).await?;
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

/// Besides a vcluster's latest operation.
pub(crate) async fn note(db: &impl ConnectionTrait, id: VclusterId, happened: &Operation) -> Result<(), StoreError> {
    let insert = operation::Entity::insert(operation::row(id, happened));
    insert.exec_without_returning(db).await.map_err(fault("operation"))?;
    Ok(())
}

async fn save_operation(db: &impl ConnectionTrait, whole: &Vcluster) -> Result<(), StoreError> {
    use operation::Column::{FinishedAt, Id, Reason, State};
    let replace = OnConflict::column(Id).update_columns([State, Reason, FinishedAt]).to_owned();
    let insert = operation::Entity::insert(operation::row(whole.id, &whole.operation)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("operation"))?;
    Ok(())
}

async fn save_row(db: &impl ConnectionTrait, whole: &Vcluster) -> Result<(), StoreError> {
    use vcluster::Column::{Autostart, CpuMilli, Id, Image, Intent, MemoryMib, Name, Operation, Pids, Subnet};
    let changing = [Name, Image, CpuMilli, MemoryMib, Pids, Subnet, Intent, Operation, Autostart];
    let replace = OnConflict::column(Id).update_columns(changing).to_owned();
    let insert = vcluster::Entity::insert(vcluster::ActiveModel::from(whole)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("vcluster"))?;
    Ok(())
}

async fn save_nodes(db: &impl ConnectionTrait, whole: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
    use node::Column::{
        Generation, Id, Intent, Ip, Name, Notes, Operation, Reason, Reserved, RunningSince, Runtime, State, Tries,
        Vcluster, Worker,
    };
    // Removed ones first: a new node may have got the name of one of them.
    let kept = whole.nodes.iter().map(|node| node.id.as_uuid());
    let removed = Condition::all().add(Vcluster.eq(whole.id.as_uuid())).add(Id.is_not_in(kept));
    unclaimed::depart(db, removed.clone(), now).await?;
    node::Entity::delete_many().filter(removed).exec(db).await.map_err(fault("node"))?;
    if whole.nodes.is_empty() {
        return Ok(());
    }
    let changing =
        [Name, Worker, Ip, Generation, Intent, State, Reason, Reserved, RunningSince, Tries, Operation, Notes, Runtime];
    let replace = OnConflict::column(Id).update_columns(changing).to_owned();
    let rows = whole.nodes.iter().map(|node| node::row(whole.id, node));
    let insert = node::Entity::insert_many(rows).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("node"))?;
    Ok(())
}
