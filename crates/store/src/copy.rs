//! Moving an installation from a file to a server: every table of the schema, whichever those are, in one transaction.
//! Knows what a schema says of itself, no table by name.

mod rows;
mod tables;

use control::ports::store::StoreError;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement};

use crate::{
    MigrateError, SqlStore, migrate,
    schema::{self, steps_of},
    term,
    timeout::WithTimeout,
};
use tables::Table;

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    pub table: String,
    pub rows: i64,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("a database is copied from a SQLite file to a Postgres server, and no other way")]
    Direction,
    #[error("the source was last used by an older dockletd; run `dockletd migrate` on it first")]
    Older,
    #[error("the source was written by a newer Docklet (it has the step {0}) and needs that Docklet")]
    Newer(String),
    #[error("the source cannot be read")]
    Source(#[source] StoreError),
    #[error("the target cannot be prepared")]
    Target(#[from] MigrateError),
    #[error("the target cannot be written")]
    Busy(#[source] StoreError),
    #[error("the target is not empty: there are rows in {0}; make another database for it")]
    NotEmpty(String),
    #[error("the schema of the two does not agree about {0}; this is a fault, please report it")]
    Schema(String),
    #[error("{table} could not be copied")]
    Table { table: String, source: DbErr },
    #[error("{table} has {there} rows where it should have {here}; nothing was copied")]
    Count { table: String, here: i64, there: i64 },
}

impl CopyError {
    fn of(table: &str) -> impl Fn(DbErr) -> Self {
        move |source| Self::Table { table: table.to_owned(), source }
    }
}

/// Copies everything from a file to an empty database on a server: all of it or nothing. Other writers to either wait
/// meanwhile. Returns each table with its number of rows, which were counted on both sides.
pub async fn copy(source: &SqlStore, target: &SqlStore) -> Result<Vec<Copied>, CopyError> {
    if source.is_postgres() || !target.is_postgres() {
        return Err(CopyError::Direction);
    }
    let from = source.exclusive().await.map_err(CopyError::Source)?;
    is_current(&from).await?;
    migrate(target).await?;
    let to = target.exclusive_for_long().await.map_err(CopyError::Busy)?;
    term::give_way(&to).await.map_err(CopyError::of("record"))?;
    let tables = tables::of(&from, &to).await?;
    for table in &tables {
        if count(&to, table).await? > 0 {
            return Err(CopyError::NotEmpty(table.name.clone()));
        }
    }
    let mut copied = Vec::new();
    for table in &tables {
        copied.push(copy_table(&from, &to, table).await?);
    }
    target.commit(to).await.map_err(CopyError::Busy)?;
    Ok(copied)
}

async fn is_current(source: &impl ConnectionTrait) -> Result<(), CopyError> {
    let unknown = schema::unknown_step(source).await.map_err(CopyError::of("seaql_migrations"))?;
    if let Some(unknown) = unknown {
        return Err(CopyError::Newer(unknown));
    }
    let seen = steps_of(source).await.map_err(CopyError::of("seaql_migrations"))?;
    if seen.len() < migration::steps().len() { Err(CopyError::Older) } else { Ok(()) }
}

async fn copy_table(
    from: &WithTimeout<DatabaseTransaction>,
    to: &WithTimeout<DatabaseTransaction>,
    table: &Table,
) -> Result<Copied, CopyError> {
    rows::copy(from, to, table).await.map_err(CopyError::of(&table.name))?;
    tables::continue_counting(from, to, table).await.map_err(CopyError::of(&table.name))?;
    let (here, there) = (count(from, table).await?, count(to, table).await?);
    if here != there {
        return Err(CopyError::Count { table: table.name.clone(), here, there });
    }
    Ok(Copied { table: table.name.clone(), rows: there })
}

async fn count(db: &impl ConnectionTrait, table: &Table) -> Result<i64, CopyError> {
    let ask =
        Statement::from_string(db.get_database_backend(), format!("SELECT count(*) AS n FROM \"{}\"", table.name));
    let row = db.query_one_raw(ask).await.map_err(CopyError::of(&table.name))?;
    row.map_or(Ok(0), |row| row.try_get("", "n")).map_err(CopyError::of(&table.name))
}
