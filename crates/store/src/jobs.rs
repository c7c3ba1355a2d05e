//! Jobs, and what their owners have used.

use control::ports::store::{JobFilter, JobReads, JobWrites, NewJob, PageRequest, QueuedJob, StoreError, UsedCpu};
use domain::{
    JobId, TaskId, UserId,
    job::{Job, JobState},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, OnConflict, SelectStatement},
};

use crate::{
    entity::{job, used_cpu},
    fault::{fault, readable, unreadable},
    sql::{Connection, Sql, SqlTransaction},
};

/// Those that [`JobState::holds`] names.
const HOLDING: [JobState; 3] = [JobState::Configuring, JobState::Running, JobState::Completing];

/// The condition on rows of jobs that take from their host and from what their owner may hold.
pub(crate) fn holding() -> Expr {
    job::Column::State.is_in(HOLDING.map(JobState::as_str))
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
        let (mut jobs, mut after) = (Vec::new(), page.after.map(JobId::as_i64));
        let limit = page.limit as usize;
        // Once, unless something is left out.
        loop {
            let next = behind(owner, filter, after, page.limit);
            let rows = self.db().query_all(&next).await.map_err(fault("job"))?;
            if let Some(last) = rows.last() {
                after = Some(last.try_get("", job::Column::Id.as_str()).map_err(fault("job"))?);
            }
            jobs.extend(found::<job::Model, Job>("job", &rows)?);
            if rows.len() < limit || jobs.len() >= limit {
                jobs.truncate(limit);
                return Ok(jobs);
            }
        }
    }

    async fn pending_jobs(&self) -> Result<Vec<QueuedJob>, StoreError> {
        let pending = job::Entity::find().select_only().columns(job::Queued::COLUMNS);
        let pending = pending.filter(job::Column::State.eq(JobState::Pending.as_str()));
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

    async fn save_job(&mut self, job: &Job) -> Result<(), StoreError> {
        let change = job::Entity::update_many().set(job::changing(job));
        change.filter(job::Column::Id.eq(job.id.as_i64())).exec(self.db()).await.map_err(fault("job"))?;
        Ok(())
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

/// Newest first.
fn behind(owner: UserId, filter: &JobFilter, after: Option<i64>, limit: u32) -> SelectStatement {
    use job::Column::{Id, Owner, State};
    let states = filter.states.iter().map(|state| state.as_str());
    let states = (!filter.states.is_empty()).then(|| State.is_in(states));
    let older = after.map(|id| Id.lt(id));
    let these = Condition::all().add(Owner.eq(owner.as_uuid())).add_option(older).add_option(states);
    job::Entity::find().filter(these).order_by_desc(Id).limit(u64::from(limit)).into_query()
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
    use crate::enum_text;

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
