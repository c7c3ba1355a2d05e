//! Bringing the schema up to date. Knows that there are steps, not what is in them.

use control::ports::store::StoreError;
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::SqlStore;

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
    #[error("cannot bring the schema up to date; nothing was changed")]
    Commit(#[source] StoreError),
}

/// Applies the steps the database has not seen yet: all of them or none, and never two processes at a time.
pub async fn migrate(store: &SqlStore) -> Result<(), MigrateError> {
    let transaction = store.exclusive_for_long().await.map_err(MigrateError::Begin)?;
    Migrator::install(transaction.inner()).await.map_err(MigrateError::Step)?;
    if let Some(unknown) = unknown_step(&transaction).await.map_err(MigrateError::Step)? {
        return Err(MigrateError::Newer(unknown));
    }
    Migrator::up(transaction.inner(), None).await.map_err(MigrateError::Step)?;
    if store.is_postgres() {
        compare_by_bytes(&transaction).await.map_err(MigrateError::Step)?;
    }
    store.commit(transaction).await.map_err(MigrateError::Commit)
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
