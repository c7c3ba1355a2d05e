//! What is held: per owner added up by the database, per worker kept in rows of its own, because every placement asks for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use control::ports::store::StoreError;
use domain::{UserId, VclusterId, name::WorkerName, quota::Usage, vcluster::Vcluster};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QuerySelect, QueryTrait,
    RelationTrait, Select,
    prelude::Uuid,
    sea_query::{Alias, Expr, Func, OnConflict, Query, SimpleExpr},
};

use crate::{
    entity::{node, vcluster, worker_holding},
    fault::{fault, unreadable},
};

/// Nodes, CPUs, memory and processes as the database adds them up.
type Sums = (i64, i64, i64, i64);

pub(crate) async fn of_owner(db: &impl ConnectionTrait, owner: UserId) -> Result<Usage, StoreError> {
    let owned = vcluster::Entity::find().select_only().column_as(vcluster::Column::Id.count(), "owned");
    let owned = owned.filter(vcluster::Column::Owner.eq(owner.as_uuid())).into_query();
    let reserved = node::Entity::find()
        .select_only()
        .expr_as(SimpleExpr::SubQuery(None, Box::new(owned.into())), "vclusters")
        .column_as(node::Column::Vcluster.count(), "nodes")
        .column_as(total(vcluster::Column::CpuMilli), "cpu_milli")
        .column_as(total(vcluster::Column::MemoryMib), "memory_mib")
        .column_as(total(vcluster::Column::Pids), "pids")
        .join(JoinType::InnerJoin, node::Relation::Vcluster.def())
        .filter(vcluster::Column::Owner.eq(owner.as_uuid()))
        .filter(node::Column::Reserved.eq(true));
    let row = reserved.into_tuple::<(i64, i64, i64, i64, i64)>().one(db).await.map_err(fault("usage"))?;
    let (vclusters, nodes, cpu_milli, memory_mib, pids) = row.unwrap_or_default();
    let held = usage(vclusters.try_into(), (nodes, cpu_milli, memory_mib, pids));
    held.ok_or_else(|| unreadable("usage", owner, "the sums are out of range"))
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
    let rows = worker_holding::Entity::find().filter(worker_holding::Column::Nodes.gt(0)).all(db).await;
    let of_worker = |row: worker_holding::Model| {
        // A row of a vcluster that was changed by another hand may have left a sum below nothing, until it is added up anew.
        let some = |sum: i64| std::cmp::max(sum, 0);
        let sums = (row.nodes, some(row.cpu_milli), some(row.memory_mib), some(row.pids));
        let held = usage(some(row.vclusters).try_into(), sums);
        let held = held.ok_or_else(|| unreadable("worker usage", &row.worker, "the sums are out of range"))?;
        // No host has a name that does not parse, so what is held under it takes no host's room.
        Ok(row.worker.parse().ok().map(|name| (name, held)))
    };
    rows.map_err(fault("worker usage"))?.into_iter().map(of_worker).filter_map(Result::transpose).collect()
}

/// What a vcluster holds on each worker: nodes, CPUs, memory and processes.
pub(super) type Held = BTreeMap<String, Sums>;

/// As the record has it.
pub(super) async fn in_record(db: &impl ConnectionTrait, id: VclusterId) -> Result<Held, StoreError> {
    let held = reserved().filter(node::Column::Vcluster.eq(id.as_uuid()));
    let rows = held.into_tuple::<(String, i64, i64, i64, i64, i64)>().all(db).await.map_err(fault("worker usage"))?;
    Ok(rows.into_iter().map(|(worker, _, nodes, cpu, memory, pids)| (worker, (nodes, cpu, memory, pids))).collect())
}

/// As it is about to be written.
pub(super) fn of_whole(whole: &Vcluster) -> Held {
    let mut held = Held::new();
    for node in whole.nodes.iter().filter(|node| node.reserved) {
        let (nodes, cpu, memory, pids) = held.entry(node.worker.to_string()).or_default();
        *nodes += 1;
        *cpu += i64::from(whole.resources.cpu_milli);
        *memory += i64::from(whole.resources.memory_mib);
        *pids += i64::from(whole.resources.pids);
    }
    held
}

/// Adds what has changed to what is held on the workers; a statement for each on which something has.
pub(super) async fn change(db: &impl ConnectionTrait, before: &Held, after: &Held) -> Result<(), StoreError> {
    use worker_holding::Column::{CpuMilli, MemoryMib, Nodes, Pids, Vclusters, Worker};
    let workers: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for worker in workers.into_iter().filter(|worker| before.get(*worker) != after.get(*worker)) {
        let of = |held: &Held| held.get(worker).copied().unwrap_or_default();
        let (was, is) = (of(before), of(after));
        let row = worker_holding::ActiveModel {
            worker: Set(worker.clone()),
            vclusters: Set(i64::from(is.0 > 0) - i64::from(was.0 > 0)),
            nodes: Set(is.0 - was.0),
            cpu_milli: Set(is.1 - was.1),
            memory_mib: Set(is.2 - was.2),
            pids: Set(is.3 - was.3),
        };
        let sum = |column| {
            let more = Expr::col((Alias::new("excluded"), column));
            (column, Expr::col((worker_holding::Entity, column)).add(more))
        };
        let add = OnConflict::column(Worker).values([Vclusters, Nodes, CpuMilli, MemoryMib, Pids].map(sum)).to_owned();
        let insert = worker_holding::Entity::insert(row).on_conflict(add);
        insert.exec_without_returning(db).await.map_err(fault("worker usage"))?;
    }
    Ok(())
}

/// Adds everything up anew: rows may have been mended by hand.
pub(crate) async fn recount(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    use worker_holding::Column::{CpuMilli, MemoryMib, Nodes, Pids, Vclusters, Worker};
    worker_holding::Entity::delete_many().exec(db).await.map_err(fault("worker usage"))?;
    let mut insert = Query::insert();
    insert.into_table(worker_holding::Entity).columns([Worker, Vclusters, Nodes, CpuMilli, MemoryMib, Pids]);
    insert.select_from(reserved().into_query()).map_err(|mismatch| StoreError::Failed(Box::new(mismatch)))?;
    db.execute(&insert).await.map_err(fault("worker usage"))?;
    Ok(())
}

/// Per worker: its name, vclusters, nodes, CPUs, memory, processes. What no vcluster can ask for counts as nothing, so that
/// one row of nonsense neither overflows a sum nor takes a host's room.
fn reserved() -> Select<node::Entity> {
    let most = i64::from(u32::MAX);
    let sane = |column: vcluster::Column| {
        let sane = Expr::case(column.between(0, most), Expr::col((vcluster::Entity, column))).finally(0);
        Func::coalesce([SimpleExpr::from(Func::sum(sane)), 0.into()]).cast_as("bigint")
    };
    node::Entity::find()
        .select_only()
        .column(node::Column::Worker)
        .column_as(Expr::expr(Func::count_distinct(Expr::col((node::Entity, node::Column::Vcluster)))), "vclusters")
        .column_as(node::Column::Vcluster.count(), "nodes")
        .column_as(sane(vcluster::Column::CpuMilli), "cpu_milli")
        .column_as(sane(vcluster::Column::MemoryMib), "memory_mib")
        .column_as(sane(vcluster::Column::Pids), "pids")
        .join(JoinType::InnerJoin, node::Relation::Vcluster.def())
        .filter(node::Column::Reserved.eq(true))
        .group_by(node::Column::Worker)
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
