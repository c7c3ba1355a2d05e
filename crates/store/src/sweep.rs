//! Dropping what is old. Operations stay longer, see `operations`: they are history.

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::store::StoreError;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};

use crate::{
    entity::{attempt, idempotency_key, session, token},
    entries, events,
    fault::fault,
    identities,
};

const REVOKED_KEPT: TimeDelta = TimeDelta::hours(23);

/// Returns how many rows were dropped.
pub(crate) async fn sweep(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let dropped = events::drop_before(db, before).await?;
    let keys = idempotency_key::Entity::delete_many().filter(idempotency_key::Column::CreatedAt.lt(before));
    let keys = keys.exec(db).await.map_err(fault("idempotency key"))?.rows_affected;
    let attempts = attempt::Entity::delete_many().filter(attempt::Column::LastFailure.lt(before));
    let attempts = attempts.exec(db).await.map_err(fault("sign-in attempt"))?.rows_affected;
    // Lists say for a day that a token was revoked.
    let over =
        Condition::any().add(token::Column::ExpiresAt.lt(before)).add(token::Column::RevokedAt.lt(now - REVOKED_KEPT));
    let tokens = token::Entity::delete_many().filter(over);
    let tokens = tokens.exec(db).await.map_err(fault("token"))?.rows_affected;
    let late = entries::drop_late_passes(db, now).await? + identities::drop_late(db, now).await?;
    Ok(dropped + keys + attempts + tokens + late + expired_sessions(db, now).await?)
}

pub(crate) async fn expired_sessions(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let expired = session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now));
    Ok(expired.exec(db).await.map_err(fault("session"))?.rows_affected)
}
