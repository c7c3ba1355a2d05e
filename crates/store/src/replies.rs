//! Statements about idempotency keys: what a repeated request is answered with.

use control::ports::store::{IdempotencyRecord, StoreError};
use domain::UserId;
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::{entity::idempotency_key, fault::fault};

pub(crate) async fn find(
    db: &impl ConnectionTrait,
    user: UserId,
    key: &str,
) -> Result<Option<IdempotencyRecord>, StoreError> {
    let row = idempotency_key::Entity::find_by_id((user.as_uuid(), key.to_owned())).one(db).await;
    Ok(row.map_err(fault("idempotency key"))?.map(IdempotencyRecord::from))
}

pub(crate) async fn insert(db: &impl ConnectionTrait, record: &IdempotencyRecord) -> Result<(), StoreError> {
    let row = idempotency_key::ActiveModel::from(record);
    idempotency_key::Entity::insert(row).exec_without_returning(db).await.map_err(fault("idempotency key"))?;
    Ok(())
}
