//! Opening a database file: one connection that writes, a few that read. Knows pragmas and file modes, no table.

use std::{
    fs::{OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
    sqlx::{
        Connection, Sqlite,
        pool::PoolOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use super::Part;

/// Only the account dockletd runs as may read it: it holds password hashes and the names of all users.
const FILE_MODE: u32 = 0o600;

/// Which file, and how long it is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The database file; made with mode 0600 when it is missing. Its directory must exist.
    pub path: PathBuf,
    /// How long a writer waits for another one, in this process or another, before it gives up with `Unavailable`.
    pub busy_timeout: Duration,
    /// How many reads run at the same time.
    pub readers: u32,
}

impl SqliteConfig {
    /// The file with the usual patience.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), busy_timeout: Duration::from_secs(5), readers: 4 }
    }
}

/// SQLite gives its side files (-wal, -shm) the mode of the main file, so this one is made first.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(())
}

pub(super) async fn open(config: &SqliteConfig, part: Part) -> Result<DatabaseConnection, DbErr> {
    // The path is set in `pragmas`: inside a URL some characters of it would mean something else.
    let mut options = ConnectOptions::new("sqlite::memory:");
    let connections = if part == Part::Writer { 1 } else { config.readers.max(1) };
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(config.busy_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        // Each connection is tested when it comes back, see `fit_for_reuse`.
        .test_before_acquire(false)
        .map_sqlx_sqlite_pool_opts(fit_for_reuse);
    let (path, busy_timeout) = (config.path.clone(), config.busy_timeout);
    options.map_sqlx_sqlite_opts(move |_| pragmas(&path, busy_timeout, part));
    Database::connect(options).await
}

fn pragmas(path: &Path, busy_timeout: Duration, part: Part) -> SqliteConnectOptions {
    // The driver's own logging stays as it is: statements at debug, those above a second as warnings, never their values.
    let options = SqliteConnectOptions::new()
        .filename(path)
        // Readers do not wait for the writer, nor it for them.
        .journal_mode(SqliteJournalMode::Wal)
        // What was answered "accepted" must survive a power cut: with NORMAL the last commits may be lost (never corrupted),
        // and workers remove the containers of what the record has forgotten. It costs one fsync per commit, 0.15 ms where
        // this was measured; a commit is within its 1-2 ms all the same.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(busy_timeout);
    match part {
        Part::Writer => options,
        Part::Reader => options.pragma("query_only", "ON"),
    }
}

/// SQLite ends a transaction by itself when the disk is full or broken, and sqlx then believes for ever that it still is
/// inside one: the next BEGIN IMMEDIATE would silently become a savepoint. Such a connection is closed, not used again.
fn fit_for_reuse(options: PoolOptions<Sqlite>) -> PoolOptions<Sqlite> {
    options.after_release(|connection, _| {
        Box::pin(async move {
            // A rollback may still be queued behind us; the ping comes back after it.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

/// Takes the file's write lock at once, so that what is read inside decides validly.
pub(super) async fn exclusive(writer: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let mode =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    writer.begin_with_options(mode).await
}
