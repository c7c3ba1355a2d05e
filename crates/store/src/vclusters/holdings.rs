//! What is held, added up by the database: per owner and per worker.

use std::collections::HashMap;

use control::ports::store::StoreError;
use domain::{UserId, name::WorkerName, quota::Usage};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, PaginatorTrait, QueryFilter, QuerySelect,
    RelationTrait,
    prelude::Uuid,
    sea_query::{Expr, Func, SimpleExpr},
};

use crate::{
    entity::{node, vcluster},
    fault::{fault, unreadable},
};

/// Nodes, CPUs, memory and processes as the database adds them up.
type Sums = (i64, i64, i64, i64);

pub(crate) async fn of_owner(db: &impl ConnectionTrait, owner: UserId) -> Result<Usage, StoreError> {
    let owned = vcluster::Entity::find().filter(vcluster::Column::Owner.eq(owner.as_uuid()));
    let vclusters = owned.count(db).await.map_err(fault("usage"))?;
    let reserved = node::Entity::find()
        .select_only()
        .column_as(node::Column::Vcluster.count(), "nodes")
        .column_as(total(vcluster::Column::CpuMilli), "cpu_milli")
        .column_as(total(vcluster::Column::MemoryMib), "memory_mib")
        .column_as(total(vcluster::Column::Pids), "pids")
        .join(JoinType::InnerJoin, node::Relation::Vcluster.def())
        .filter(vcluster::Column::Owner.eq(owner.as_uuid()))
        .filter(node::Column::Reserved.eq(true));
    let sums = reserved.into_tuple::<Sums>().one(db).await.map_err(fault("usage"))?.unwrap_or_default();
    usage(vclusters.try_into(), sums).ok_or_else(|| unreadable("usage", owner, "the sums are out of range"))
}

/// The same for several owners at once; those who hold nothing are not in it.
pub(crate) async fn of_owners(db: &impl ConnectionTrait, owners: &[Uuid]) -> Result<HashMap<Uuid, Usage>, StoreError> {
    let owned = vcluster::Entity::find()
        .select_only()
        .column(vcluster::Column::Owner)
        .column_as(vcluster::Column::Id.count(), "vclusters")
        .filter(vcluster::Column::Owner.is_in(owners.iter().copied()))
        .group_by(vcluster::Column::Owner);
    let owned = owned.into_tuple::<(Uuid, i64)>().all(db).await.map_err(fault("usage"))?;
    let reserved = node::Entity::find()
        .select_only()
        .column_as(vcluster::Column::Owner, "owner")
        .column_as(node::Column::Vcluster.count(), "nodes")
        .column_as(total(vcluster::Column::CpuMilli), "cpu_milli")
        .column_as(total(vcluster::Column::MemoryMib), "memory_mib")
        .column_as(total(vcluster::Column::Pids), "pids")
        .join(JoinType::InnerJoin, node::Relation::Vcluster.def())
        .filter(vcluster::Column::Owner.is_in(owners.iter().copied()))
        .filter(node::Column::Reserved.eq(true))
        .group_by(vcluster::Column::Owner);
    let sums = reserved.into_tuple::<(Uuid, i64, i64, i64, i64)>().all(db).await.map_err(fault("usage"))?;
    let sums: HashMap<Uuid, Sums> =
        sums.into_iter().map(|(owner, nodes, cpu, memory, pids)| (owner, (nodes, cpu, memory, pids))).collect();
    let held = |(owner, vclusters): (Uuid, i64)| {
        let held = usage(vclusters.try_into(), sums.get(&owner).copied().unwrap_or_default());
        held.map(|held| (owner, held)).ok_or_else(|| unreadable("usage", owner, "the sums are out of range"))
    };
    owned.into_iter().map(held).collect()
}

/// `vclusters` counts those that hold something on the worker.
pub(crate) async fn of_workers(db: &impl ConnectionTrait) -> Result<Vec<(WorkerName, Usage)>, StoreError> {
    let reserved = node::Entity::find()
        .select_only()
        .column(node::Column::Worker)
        .column_as(Expr::expr(Func::count_distinct(Expr::col((node::Entity, node::Column::Vcluster)))), "vclusters")
        .column_as(node::Column::Vcluster.count(), "nodes")
        .column_as(total(vcluster::Column::CpuMilli), "cpu_milli")
        .column_as(total(vcluster::Column::MemoryMib), "memory_mib")
        .column_as(total(vcluster::Column::Pids), "pids")
        .join(JoinType::InnerJoin, node::Relation::Vcluster.def())
        .filter(node::Column::Reserved.eq(true))
        .group_by(node::Column::Worker);
    let rows =
        reserved.into_tuple::<(String, i64, i64, i64, i64, i64)>().all(db).await.map_err(fault("worker usage"))?;
    let of_worker = |(worker, vclusters, nodes, cpu_milli, memory_mib, pids): (String, i64, i64, i64, i64, i64)| {
        let held = usage(vclusters.try_into(), (nodes, cpu_milli, memory_mib, pids));
        let held = held.ok_or_else(|| unreadable("worker usage", &worker, "the sums are out of range"))?;
        // No host has a name that does not parse, so what is held under it takes no host's room.
        Ok(worker.parse().ok().map(|name| (name, held)))
    };
    rows.into_iter().map(of_worker).filter_map(Result::transpose).collect()
}

/// 0 where there is nothing to add up. The cast is for Postgres, whose sum of bigints is a numeric.
fn total(column: vcluster::Column) -> SimpleExpr {
    Func::coalesce([column.sum(), 0.into()]).cast_as("bigint")
}

fn usage<E>(vclusters: Result<u32, E>, (nodes, cpu_milli, memory_mib, pids): Sums) -> Option<Usage> {
    Some(Usage {
        vclusters: vclusters.ok()?,
        nodes: nodes.try_into().ok()?,
        cpu_milli: cpu_milli.try_into().ok()?,
        memory_mib: memory_mib.try_into().ok()?,
        pids: pids.try_into().ok()?,
    })
}
