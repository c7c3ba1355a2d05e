//! Dropping what is old: operations, departed nodes, jobs and tasks late, as they are history, everything else early.

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::store::{StoreError, UpkeepWrites};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr,
};

use crate::{
    apps,
    entity::{attempt, idempotency_key, job, operation, record, session, task, token, vcluster},
    events,
    fault::fault,
    identities,
    sql::{Connection as _, SqlTransaction},
    term, unclaimed, vclusters,
};

const REVOKED_KEPT: TimeDelta = TimeDelta::hours(23);

#[async_trait::async_trait]
impl UpkeepWrites for SqlTransaction {
    async fn last_sweep(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(term::row(self.db()).await?.and_then(|row| row.swept_at))
    }

    async fn set_last_sweep(&mut self, at: DateTime<Utc>) -> Result<(), StoreError> {
        term::change(self.db(), record::Column::SweptAt, Expr::value(at)).await
    }

    async fn clock_doubted_since(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(term::row(self.db()).await?.and_then(|row| row.clock_doubted_since))
    }

    async fn set_clock_doubted_since(&mut self, since: Option<DateTime<Utc>>) -> Result<(), StoreError> {
        term::change(self.db(), record::Column::ClockDoubtedSince, Expr::value(since)).await
    }

    async fn sweep_operations(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let db = self.db();
        Ok(operations_before(db, before).await? + unclaimed::drop_departed_before(db, before).await?)
    }

    async fn sweep_jobs(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let db = self.db();
        let jobs = jobs_before(db, before).await?;
        let kept = job::Entity::find().select_only().column(job::Column::Task).filter(job::Column::Task.is_not_null());
        let tasks = task::Entity::delete_many()
            .filter(task::Column::FinishedAt.lt(before))
            .filter(task::Column::Cleared.eq(true))
            .filter(task::Column::Id.not_in_subquery(kept.into_query()));
        Ok(jobs + tasks.exec(db).await.map_err(fault("task"))?.rows_affected)
    }

    async fn sweep(&mut self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let db = self.db();
        let dropped = events::drop_before(db, before).await?;
        let keys = idempotency_key::Entity::delete_many().filter(idempotency_key::Column::CreatedAt.lt(before));
        let keys = keys.exec(db).await.map_err(fault("idempotency key"))?.rows_affected;
        let attempts = attempt::Entity::delete_many().filter(attempt::Column::LastFailure.lt(before));
        let attempts = attempts.exec(db).await.map_err(fault("sign-in attempt"))?.rows_affected;
        // Lists say for a day that a token was revoked.
        let over = Condition::any()
            .add(token::Column::ExpiresAt.lt(before))
            .add(token::Column::RevokedAt.lt(now - REVOKED_KEPT));
        let tokens = token::Entity::delete_many().filter(over);
        let tokens = tokens.exec(db).await.map_err(fault("token"))?.rows_affected;
        vclusters::holdings::recount(db).await?;
        let late = apps::drop_late_passes(db, now).await? + identities::drop_late(db, now).await?;
        Ok(dropped + keys + attempts + tokens + late + expired_sessions(db, now).await?)
    }
}

/// Elements go with their array: as long as that is there, each of them is known.
async fn jobs_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    use job::Column::{ArrayOf, EndedAt, Id};
    let old = || Condition::all().add(ArrayOf.is_null()).add(EndedAt.lt(before));
    let arrays = job::Entity::find().select_only().column(Id).filter(old()).into_query();
    let elements = job::Entity::delete_many().filter(ArrayOf.in_subquery(arrays));
    let elements = elements.exec(db).await.map_err(fault("job"))?.rows_affected;
    let jobs = job::Entity::delete_many().filter(old());
    Ok(elements + jobs.exec(db).await.map_err(fault("job"))?.rows_affected)
}

/// Drops what began before `before`, but never a vcluster's latest operation. Returns how many.
async fn operations_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let latest = vcluster::Entity::find().select_only().column(vcluster::Column::Operation).into_query();
    let old = operation::Entity::delete_many()
        .filter(operation::Column::StartedAt.lt(before))
        .filter(operation::Column::Id.not_in_subquery(latest));
    Ok(old.exec(db).await.map_err(fault("operation"))?.rows_affected)
}

pub(crate) async fn expired_sessions(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let expired = session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now));
    Ok(expired.exec(db).await.map_err(fault("session"))?.rows_affected)
}
