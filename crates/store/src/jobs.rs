//! Jobs, and what their owners have used.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use control::ports::store::{JobFilter, JobReads, JobWrites, NewJob, PageRequest, QueuedJob, StoreError, UsedCpu};
use domain::{
    JobId, TaskId, UserId,
    job::{Counts, Job, JobState},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, PaginatorTrait, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select,
    prelude::Uuid,
    sea_query::{Expr, Func, LikeExpr, OnConflict, SelectStatement},
};

use crate::{
    entity::{job, used_cpu},
    enum_text,
    fault::{fault, readable, unreadable},
    sql::{Connection, Sql, SqlTransaction},
    users::escaped,
};

/// Those that [`JobState::holds`] names.
const HOLDING: [JobState; 3] = [JobState::Configuring, JobState::Running, JobState::Completing];

/// So many numbers are asked for in one statement: databases take some 32,000.
const AT_ONCE: usize = 10_000;

/// The condition on rows of jobs that take from their host and from what their owner may hold. An array holds nothing, its elements
/// do: while any of them is left it waits, and afterwards none is.
pub(crate) fn holding() -> Condition {
    Condition::all().add(job::Column::State.is_in(HOLDING.map(JobState::as_str))).add(job::Column::LeftCount.gt(0))
}

#[async_trait::async_trait]
impl<C: Connection> JobReads for Sql<C> {
    async fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        one(self.db(), job::Entity::find_by_id(id.as_i64())).await
    }

    async fn job_of_task(&self, task: TaskId) -> Result<Option<Job>, StoreError> {
        one(self.db(), job::Entity::find().filter(job::Column::Task.eq(task.as_uuid()))).await
    }

    async fn job_of_key(&self, owner: UserId, key: &str) -> Result<Option<(Job, String)>, StoreError> {
        use job::Column::{IdempotencyKey, Owner};
        let named = job::Entity::find().filter(Owner.eq(owner.as_uuid())).filter(IdempotencyKey.eq(key));
        let Some(row) = named.one(self.db()).await.map_err(fault("job"))? else { return Ok(None) };
        let fingerprint = row.fingerprint.clone();
        Ok(Some((row.try_into()?, fingerprint)))
    }

    async fn jobs_of(
        &self,
        owner: UserId,
        filter: &JobFilter,
        page: PageRequest<JobId>,
    ) -> Result<Vec<Job>, StoreError> {
        let after = page.after.map(JobId::as_i64);
        let next = |after| behind(owner, filter, after, page.limit);
        listed(self.db(), next, job::Column::Id, after, page.limit).await
    }

    async fn job_states(&self, ids: &[JobId]) -> Result<BTreeMap<JobId, (UserId, JobState)>, StoreError> {
        use job::Column::{Id, Owner, State};
        let mut states = BTreeMap::new();
        for ids in ids.chunks(AT_ONCE) {
            let these = job::Entity::find().select_only().columns([Id, Owner, State]);
            let these = these.filter(Id.is_in(ids.iter().map(|id| id.as_i64()))).into_tuple::<(i64, Uuid, String)>();
            for (id, owner, state) in these.all(self.db()).await.map_err(fault("job"))? {
                if let (Ok(id), Ok(state)) = (JobId::try_from(id), state.parse()) {
                    states.insert(id, (UserId::new(owner), state));
                }
            }
        }
        Ok(states)
    }

    async fn part_of(&self, array: JobId, index: u32) -> Result<Option<Job>, StoreError> {
        use job::Column::{ArrayIndex, ArrayOf};
        let this = job::Entity::find().filter(ArrayOf.eq(array.as_i64())).filter(ArrayIndex.eq(i64::from(index)));
        one(self.db(), this).await
    }

    async fn elements_of(
        &self,
        array: JobId,
        filter: &JobFilter,
        page: PageRequest<u32>,
    ) -> Result<Vec<Job>, StoreError> {
        let next = |after| elements_behind(array, filter, after, page.limit);
        listed(self.db(), next, job::Column::ArrayIndex, page.after.map(i64::from), page.limit).await
    }

    async fn element_indexes(&self, array: JobId, states: &[JobState]) -> Result<Vec<u32>, StoreError> {
        use job::Column::{ArrayIndex, ArrayOf, State};
        let these = job::Entity::find().select_only().column(ArrayIndex).filter(ArrayOf.eq(array.as_i64()));
        let these = these.filter(State.is_in(states.iter().map(|state| state.as_str()))).order_by_asc(ArrayIndex);
        let indexes = these.into_tuple::<i64>().all(self.db()).await.map_err(fault("job"))?;
        Ok(indexes.into_iter().filter_map(|index| u32::try_from(index).ok()).collect())
    }

    async fn element_counts(&self, arrays: &[JobId]) -> Result<BTreeMap<JobId, Counts>, StoreError> {
        use job::Column::{ArrayOf, Id, State};
        let mut all: BTreeMap<JobId, Counts> = BTreeMap::new();
        if arrays.is_empty() {
            return Ok(all);
        }
        let counted = job::Entity::find().select_only().columns([ArrayOf, State]).column_as(Id.count(), "count");
        let counted = counted.filter(ArrayOf.is_in(arrays.iter().map(|id| id.as_i64())));
        let counted = counted.group_by(ArrayOf).group_by(State).into_tuple::<(i64, String, i64)>();
        for (array, state, count) in counted.all(self.db()).await.map_err(fault("job"))? {
            let Ok(known) = state.parse::<JobState>() else {
                tracing::warn!(array, state, "elements of an array that are in no known state are not counted");
                continue;
            };
            let unreadable = |fault: &dyn std::fmt::Display| unreadable("job", array, fault);
            let count = u32::try_from(count).map_err(|fault| unreadable(&fault))?;
            all.entry(JobId::try_from(array).map_err(|fault| unreadable(&fault))?).or_default().insert(known, count);
        }
        Ok(all)
    }

    async fn active_elements(&self, array: JobId) -> Result<u32, StoreError> {
        let active = job::Entity::find().filter(job::Column::ArrayOf.eq(array.as_i64())).filter(holding());
        let count = active.count(self.db()).await.map_err(fault("job"))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn job_counts(&self, owner: UserId, since: DateTime<Utc>) -> Result<Vec<(JobState, u32)>, StoreError> {
        use job::Column::{ArrayOf, EndedAt, Id, Owner, State};
        let mut counted = Vec::new();
        // Arrays too, which hold nothing.
        let is_on = State.is_in(HOLDING.into_iter().chain([JobState::Pending]).map(JobState::as_str));
        // One after the other: there is an index for each, and an owner may have a long history.
        for these in [is_on, EndedAt.gte(since)] {
            let counts = job::Entity::find().select_only().column(State).column_as(Id.count(), "jobs");
            let counts =
                counts.filter(Owner.eq(owner.as_uuid())).filter(ArrayOf.is_null()).filter(these).group_by(State);
            let counts = counts.into_tuple::<(String, i64)>().all(self.db()).await.map_err(fault("job"))?;
            counted.extend(counts.into_iter().filter_map(|(word, count)| {
                Some((enum_text::read("state", &word).ok()?, u32::try_from(count).unwrap_or(u32::MAX)))
            }));
        }
        Ok(counted)
    }

    async fn pending_jobs(&self) -> Result<Vec<QueuedJob>, StoreError> {
        let pending = job::Entity::find().select_only().columns(job::Queued::COLUMNS);
        let pending = pending.filter(job::Column::State.eq(JobState::Pending.as_str()));
        let pending = pending.filter(job::Column::LeftCount.gt(0));
        let oldest_first = pending.order_by_asc(job::Column::Id).into_query();
        let rows = self.db().query_all(&oldest_first).await.map_err(fault("job"))?;
        found::<job::Queued, QueuedJob>("job", &rows)
    }

    async fn active_jobs(&self) -> Result<Vec<Job>, StoreError> {
        let active = job::Entity::find().filter(holding()).order_by_asc(job::Column::Id).into_query();
        let rows = self.db().query_all(&active).await.map_err(fault("job"))?;
        found::<job::Model, Job>("job", &rows)
    }

    async fn used_cpu(&self) -> Result<Vec<UsedCpu>, StoreError> {
        let all = used_cpu::Entity::find().into_query();
        let rows = self.db().query_all(&all).await.map_err(fault("used CPU time"))?;
        found::<used_cpu::Model, UsedCpu>("used CPU time", &rows)
    }
}

#[async_trait::async_trait]
impl JobWrites for SqlTransaction {
    async fn insert_job(&mut self, new: &NewJob) -> Result<Job, StoreError> {
        let savepoint = self.savepoint().await?;
        let insert = job::Entity::insert(job::ActiveModel::from(new));
        let done = insert.exec(savepoint.db()).await.map(|inserted| inserted.last_insert_id).map_err(fault("job"));
        let number = savepoint.end(done).await?;
        let id = JobId::try_from(number).map_err(|fault| unreadable("job", number, fault))?;
        Ok(Job::submitted(id, new.owner, new.spec.clone(), new.held, new.submitted_at))
    }

    async fn insert_element(&mut self, element: Job, at_most: Option<u32>) -> Result<Job, StoreError> {
        let insert = job::Entity::insert(job::element(&element, at_most));
        let number = insert.exec(self.db()).await.map_err(fault("job"))?.last_insert_id;
        let id = JobId::try_from(number).map_err(|fault| unreadable("job", number, fault))?;
        Ok(Job { id, ..element })
    }

    async fn save_job(&mut self, job: &Job) -> Result<(), StoreError> {
        let change = job::Entity::update_many().set(job::changing(job));
        change.filter(job::Column::Id.eq(job.id.as_i64())).exec(self.db()).await.map_err(fault("job"))?;
        Ok(())
    }

    async fn cancel_elements(&mut self, array: JobId, now: DateTime<Utc>) -> Result<u64, StoreError> {
        use job::Column::{ArrayOf, EndedAt, State};
        let change = job::Entity::update_many().col_expr(State, Expr::value(JobState::Cancelled.as_str()));
        let change = change.col_expr(EndedAt, Expr::value(now)).filter(ArrayOf.eq(array.as_i64()));
        let change = change.filter(State.eq(JobState::Pending.as_str()));
        Ok(change.exec(self.db()).await.map_err(fault("job"))?.rows_affected)
    }

    async fn save_used_cpu(&mut self, used: UsedCpu) -> Result<(), StoreError> {
        use used_cpu::Column::{At, CpuSeconds, Owner};
        let replace = OnConflict::column(Owner).update_columns([CpuSeconds, At]).to_owned();
        let insert = used_cpu::Entity::insert(used_cpu::ActiveModel::from(used)).on_conflict(replace);
        insert.exec_without_returning(self.db()).await.map_err(fault("used CPU time"))?;
        Ok(())
    }
}

async fn one(db: &impl ConnectionTrait, this: Select<job::Entity>) -> Result<Option<Job>, StoreError> {
    let row = this.one(db).await.map_err(fault("job"))?;
    row.map(Job::try_from).transpose()
}

/// A page of what `next` finds behind the row whose column `by` is so much, filled up where something is left out.
async fn listed(
    db: &impl ConnectionTrait,
    next: impl Fn(Option<i64>) -> SelectStatement + Send + Sync,
    by: job::Column,
    mut after: Option<i64>,
    limit: u32,
) -> Result<Vec<Job>, StoreError> {
    let (mut jobs, limit) = (Vec::new(), limit as usize);
    // Once, unless something is left out.
    loop {
        let rows = db.query_all(&next(after)).await.map_err(fault("job"))?;
        if let Some(last) = rows.last() {
            after = Some(last.try_get("", by.as_str()).map_err(fault("job"))?);
        }
        jobs.extend(found::<job::Model, Job>("job", &rows)?);
        if rows.len() < limit || jobs.len() >= limit {
            jobs.truncate(limit);
            return Ok(jobs);
        }
    }
}

/// Newest first.
fn behind(owner: UserId, filter: &JobFilter, after: Option<i64>, limit: u32) -> SelectStatement {
    use job::Column::{ArrayOf, Id, Owner, SubmittedAt};
    let these = Condition::all()
        .add(Owner.eq(owner.as_uuid()))
        .add(ArrayOf.is_null())
        .add_option(after.map(|id| Id.lt(id)))
        .add_option(in_states(filter))
        .add_option((!filter.name.is_empty()).then(|| called(&filter.name)))
        .add_option(filter.since.map(|since| SubmittedAt.gte(since)))
        .add_option(filter.until.map(|until| SubmittedAt.lt(until)));
    job::Entity::find().filter(these).order_by_desc(Id).limit(u64::from(limit)).into_query()
}

/// The lowest index first.
fn elements_behind(array: JobId, filter: &JobFilter, after: Option<i64>, limit: u32) -> SelectStatement {
    use job::Column::{ArrayIndex, ArrayOf};
    let higher = after.map(|index| ArrayIndex.gt(index));
    let these = Condition::all().add(ArrayOf.eq(array.as_i64())).add_option(higher);
    let these = job::Entity::find().filter(these.add_option(in_states(filter)));
    these.order_by_asc(ArrayIndex).limit(u64::from(limit)).into_query()
}

fn in_states(filter: &JobFilter) -> Option<Condition> {
    let states = filter.states.iter().map(|state| state.as_str());
    (!filter.states.is_empty()).then(|| Condition::all().add(job::Column::State.is_in(states)))
}

/// Those whose name begins so, as it is written or in small letters: SQLite knows those of the English alphabet only.
fn called(name: &str) -> Condition {
    use sea_orm::ExprTrait as _;
    let column = || Expr::col((job::Entity, job::Column::Name));
    let begins = |name: &str| LikeExpr::new(format!("{}%", escaped(name))).escape('\\');
    let small = Expr::from(Func::lower(column())).like(begins(&name.to_lowercase()));
    Condition::any().add(column().like(begins(name))).add(small)
}

/// Without those that cannot be read: the others go on.
fn found<M, T>(what: &'static str, rows: &[QueryResult]) -> Result<Vec<T>, StoreError>
where
    M: FromQueryResult,
    T: TryFrom<M, Error = StoreError>,
{
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let model = M::from_query_result(row, "").map_err(fault(what));
        match readable(model.and_then(T::try_from))? {
            Ok(value) => found.push(value),
            Err(fault) => tracing::warn!(fault, "what cannot be read is left out"),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back_and_those_that_hold_are_added_up() {
        use JobState::{
            Cancelled, Completed, Completing, Configuring, Deadline, Failed, NodeFail, OutOfMemory, Pending, Running,
            Timeout,
        };
        let all = [
            Pending,
            Configuring,
            Running,
            Completing,
            Completed,
            Failed,
            Cancelled,
            Timeout,
            OutOfMemory,
            NodeFail,
            Deadline,
        ];
        for state in all {
            assert_eq!(enum_text::read("state", state.as_str()), Ok(state));
        }
        assert!(all.into_iter().filter(|state| state.holds()).eq(HOLDING));
    }
}
