//! Bringing the schema up to date. Knows that there are steps, not what is in them.

use control::ports::store::StoreError;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement};

use crate::{SqlStore, term::ServeError, timeout::WithTimeout, vclusters};

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("cannot begin to change the schema")]
    Begin(#[source] StoreError),
    /// It knows steps that we do not.
    #[error(
        "the database was written by a newer Docklet (it has the step {0}) and needs that Docklet; nothing was changed"
    )]
    Newer(String),
    #[error("cannot bring the schema up to date; nothing was changed")]
    Step(#[source] DbErr),
    #[error("cannot bring the rows up to date; nothing was changed")]
    Rows(#[source] StoreError),
    /// The process that serves the record may be older than we are, and knows the schema as it is.
    #[error(
        "the schema is an older version's and is not brought up to date while a dockletd serves it; nothing was changed"
    )]
    Served(#[source] Box<ServeError>),
}

/// Applies the steps the database has not seen yet: all of them or none, never two processes at a time, and never under a
/// process that serves the record.
pub async fn migrate(store: &SqlStore) -> Result<(), MigrateError> {
    let transaction = store.exclusive_for_long().await.map_err(MigrateError::Begin)?;
    let has_all = has_all_steps(&transaction).await.map_err(MigrateError::Step)?;
    let served = |error| MigrateError::Served(Box::new(error));
    let _alone = if has_all { None } else { Some(store.hold(false).await.map_err(served)?) };
    apply(store, &transaction).await?;
    store.commit(transaction).await.map_err(MigrateError::Rows)
}

/// In a transaction that excludes every other writer.
pub(crate) async fn apply(
    store: &SqlStore,
    transaction: &WithTimeout<DatabaseTransaction>,
) -> Result<(), MigrateError> {
    Migrator::install(transaction.inner()).await.map_err(MigrateError::Step)?;
    if let Some(unknown) = unknown_step(transaction).await.map_err(MigrateError::Step)? {
        return Err(MigrateError::Newer(unknown));
    }
    Migrator::up(transaction.inner(), None).await.map_err(MigrateError::Step)?;
    if store.is_postgres() {
        compare_by_bytes(transaction).await.map_err(MigrateError::Step)?;
    }
    vclusters::derive(transaction).await.map_err(MigrateError::Rows)
}

async fn has_all_steps(transaction: &WithTimeout<DatabaseTransaction>) -> Result<bool, DbErr> {
    Migrator::install(transaction.inner()).await?;
    let seen = steps_of(transaction).await?;
    Ok(migration::steps().iter().all(|step| seen.contains(step)))
}

/// The last step the database has seen that is none of ours.
pub(crate) async fn unknown_step(db: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let known = migration::steps();
    let seen = steps_of(db).await?;
    Ok(seen.into_iter().filter(|step| !known.contains(step)).max())
}

/// The steps the database has seen.
pub(crate) async fn steps_of(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let ask = Statement::from_string(db.get_database_backend(), "SELECT version FROM seaql_migrations");
    db.query_all_raw(ask).await?.iter().map(|row| row.try_get("", "version")).collect()
}

/// Columns of ours whose text the server would order and compare as a language does.
const BY_LANGUAGE: &str = r#"
    SELECT format('ALTER TABLE %I ALTER COLUMN %I TYPE text COLLATE "C"', c.relname, a.attname) AS change
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname <> 'seaql_migrations'
        AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype
        AND a.attcollation <> '"C"'::regcollation
    ORDER BY c.relname, a.attnum"#;

/// Texts are compared by their bytes, as SQLite does it, whatever the language of the database is: the order of lists and
/// where their pages begin must not depend on the server. Once per column, right behind the step that makes it.
async fn compare_by_bytes(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let ask = Statement::from_string(db.get_database_backend(), BY_LANGUAGE);
    for row in db.query_all_raw(ask).await? {
        let change: String = row.try_get("", "change")?;
        db.execute_unprepared(&change).await?;
    }
    Ok(())
}
