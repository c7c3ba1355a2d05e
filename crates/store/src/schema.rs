//! Bringing the schema up to date. Knows that there are steps, not what is in them.

use control::ports::store::StoreError;
use migration::{Migrator, MigratorTrait};
use sea_orm::DbErr;

use crate::SqlStore;

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("cannot begin to change the schema")]
    Begin(#[source] StoreError),
    #[error("cannot bring the schema up to date; a database written by a newer Docklet needs that Docklet")]
    Step(#[source] DbErr),
}

/// Applies the steps the database has not seen yet: all of them or none, and never two processes at a time.
pub async fn migrate(store: &SqlStore) -> Result<(), MigrateError> {
    let transaction = store.exclusive().await.map_err(MigrateError::Begin)?;
    Migrator::up(&transaction, None).await.map_err(MigrateError::Step)?;
    transaction.commit().await.map_err(MigrateError::Step)
}
