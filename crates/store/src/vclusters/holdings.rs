//! What is held: per owner added up by the database, per worker kept in rows of its own, because every placement asks for it.

use std::collections::{BTreeMap, BTreeSet};

use control::ports::store::StoreError;
use domain::{UserId, VclusterId, name::WorkerName, quota::Usage, vcluster::Vcluster};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryResult, QuerySelect, QueryTrait,
    RelationTrait, Select,
    prelude::Uuid,
    sea_query::{Alias, Expr, Func, OnConflict, Query, SelectStatement, SimpleExpr, UnionType},
};

use crate::{
    entity::{job, node, vcluster, worker_holding},
    fault::{fault, unreadable},
    jobs,
};

/// Nodes, CPUs, memory and processes as the database adds them up.
type Sums = (i64, i64, i64, i64);

pub(crate) async fn of_owner(db: &impl ConnectionTrait, owner: UserId) -> Result<Usage, StoreError> {
    let held = of_owners(db, &[owner.as_uuid()]).await?;
    Ok(held.into_values().next().unwrap_or_default())
}

/// The same for several owners at once, in one statement; those who hold nothing are not in it.
pub(crate) async fn of_owners(db: &impl ConnectionTrait, owners: &[Uuid]) -> Result<BTreeMap<Uuid, Usage>, StoreError> {
    let mut held = owned_by(owners);
    held.union(UnionType::All, reserved_by(owners)).union(UnionType::All, jobs_of(owners));
    let rows = db.query_all(&held).await.map_err(fault("usage"))?;
    let of_owner = |row: &QueryResult| {
        let row = row.try_get_many_by_index::<(Uuid, i64, i64, i64, i64, i64)>();
        let (owner, vclusters, nodes, cpu_milli, memory_mib, pids) = row.map_err(fault("usage"))?;
        let held = usage(vclusters, (nodes, cpu_milli, memory_mib, pids));
        held.map(|held| (owner, held)).ok_or_else(|| unreadable("usage", owner, "the sums are out of range"))
    };
    together(rows.iter().map(of_owner))
}

fn owned_by(owners: &[Uuid]) -> SelectStatement {
    let owned = vcluster::Entity::find().select_only().column(vcluster::Column::Owner);
    let owned = owned.column_as(vcluster::Column::Id.count(), "vclusters").column_as(nothing(), "nodes");
    let owned = owned.column_as(nothing(), "cpu_milli").column_as(nothing(), "memory_mib").column_as(nothing(), "pids");
    owned.filter(vcluster::Column::Owner.is_in(owners.iter().copied())).group_by(vcluster::Column::Owner).into_query()
}

fn reserved_by(owners: &[Uuid]) -> SelectStatement {
    node::Entity::find()
        .select_only()
        .column(vcluster::Column::Owner)
        .column_as(nothing(), "vclusters")
        .column_as(node::Column::Vcluster.count(), "nodes")
        .column_as(total(vcluster::Column::CpuMilli), "cpu_milli")
        .column_as(total(vcluster::Column::MemoryMib), "memory_mib")
        .column_as(total(vcluster::Column::Pids), "pids")
        .join(JoinType::InnerJoin, node::Relation::Vcluster.def())
        .filter(vcluster::Column::Owner.is_in(owners.iter().copied()))
        .filter(node::Column::Reserved.eq(true))
        .group_by(vcluster::Column::Owner)
        .into_query()
}

/// Jobs are neither vclusters nor nodes.
fn jobs_of(owners: &[Uuid]) -> SelectStatement {
    job::Entity::find()
        .select_only()
        .column(job::Column::Owner)
        .column_as(nothing(), "vclusters")
        .column_as(nothing(), "nodes")
        .column_as(total(job::Column::CpuMilli), "cpu_milli")
        .column_as(total(job::Column::MemoryMib), "memory_mib")
        .column_as(total(job::Column::Pids), "pids")
        .filter(job::Column::Owner.is_in(owners.iter().copied()))
        .filter(jobs::holding())
        .group_by(job::Column::Owner)
        .into_query()
}

/// `vclusters` counts those that hold something on the worker.
pub(crate) async fn of_workers(db: &impl ConnectionTrait) -> Result<Vec<(WorkerName, Usage)>, StoreError> {
    use worker_holding::Column::{CpuMilli, MemoryMib, Nodes, Pids, Vclusters, Worker};
    let columns = [Worker, Vclusters, Nodes, CpuMilli, MemoryMib, Pids];
    let mut held = worker_holding::Entity::find().select_only().columns(columns).filter(Nodes.gt(0)).into_query();
    held.union(UnionType::All, jobs_on_workers());
    let rows = db.query_all(&held).await.map_err(fault("worker usage"))?;
    let of_worker = |row: &QueryResult| {
        let row = row.try_get_many_by_index::<(String, i64, i64, i64, i64, i64)>();
        let (worker, vclusters, nodes, cpu_milli, memory_mib, pids) = row.map_err(fault("worker usage"))?;
        // A row of a vcluster that was changed by another hand may have left a sum below nothing, until it is added up anew.
        let some = |sum: i64| std::cmp::max(sum, 0);
        let held = usage(some(vclusters), (nodes, some(cpu_milli), some(memory_mib), some(pids)));
        let held = held.ok_or_else(|| unreadable("worker usage", &worker, "the sums are out of range"))?;
        // No host has a name that does not parse, so what is held under it takes no host's room.
        Ok(worker.parse::<WorkerName>().ok().map(|name| (name, held)))
    };
    let held = together(rows.iter().map(of_worker).filter_map(Result::transpose))?;
    Ok(held.into_iter().collect())
}

fn jobs_on_workers() -> SelectStatement {
    job::Entity::find()
        .select_only()
        .column(job::Column::Worker)
        .column_as(nothing(), "vclusters")
        .column_as(nothing(), "nodes")
        .column_as(sane(job::Column::CpuMilli), "cpu_milli")
        .column_as(sane(job::Column::MemoryMib), "memory_mib")
        .column_as(sane(job::Column::Pids), "pids")
        .filter(jobs::holding())
        .filter(job::Column::Worker.is_not_null())
        .group_by(job::Column::Worker)
        .into_query()
}

/// What nodes hold and what jobs hold are rows of their own.
fn together<K: Ord>(
    rows: impl Iterator<Item = Result<(K, Usage), StoreError>>,
) -> Result<BTreeMap<K, Usage>, StoreError> {
    let mut held = BTreeMap::new();
    for row in rows {
        let (key, more) = row?;
        let sum: &mut Usage = held.entry(key).or_default();
        *sum = sum.plus(more);
    }
    Ok(held)
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

/// Per worker: its name, vclusters, nodes, CPUs, memory, processes.
fn reserved() -> Select<node::Entity> {
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

/// What neither a vcluster nor a job can ask for counts as nothing, so that one row of nonsense neither overflows a sum nor
/// takes a host's room.
fn sane(column: impl ColumnTrait) -> SimpleExpr {
    let most = i64::from(u32::MAX);
    let sane = Expr::case(column.between(0, most), Expr::col(column.as_column_ref())).finally(0);
    Func::coalesce([SimpleExpr::from(Func::sum(sane)), 0.into()]).cast_as("bigint")
}

/// 0 where there is nothing to add up. The cast is for Postgres, whose sum of bigints is a numeric.
fn total(column: impl ColumnTrait) -> SimpleExpr {
    Func::coalesce([column.sum(), 0.into()]).cast_as("bigint")
}

fn nothing() -> SimpleExpr {
    Expr::val(0_i64).cast_as("bigint")
}

fn usage(vclusters: i64, (nodes, cpu_milli, memory_mib, pids): Sums) -> Option<Usage> {
    Some(Usage {
        vclusters: vclusters.try_into().ok()?,
        nodes: nodes.try_into().ok()?,
        cpu_milli: cpu_milli.try_into().ok()?,
        memory_mib: memory_mib.try_into().ok()?,
        pids: pids.try_into().ok()?,
    })
}
