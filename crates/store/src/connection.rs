//! Opening the database file: one connection that writes, a few that read. Knows pragmas and file modes, no table.

use std::{
    fs::{OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use control::ports::store::StoreError;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection, Sqlite,
        pool::PoolOptions,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::fault::fault;

/// Only the account dockletd runs as may read it: it holds password hashes and everybody's names.
const FILE_MODE: u32 = 0o600;

/// Which file, and how patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// The database file; made with mode 0600 when it is missing. Its directory must exist.
    pub path: PathBuf,
    /// How long a writer waits for another one, in this process or another, before it gives up with `Unavailable`.
    pub busy_timeout: Duration,
    /// How many reads run at the same time.
    pub readers: u32,
}

impl StoreConfig {
    /// The file with the usual patience.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), busy_timeout: Duration::from_secs(5), readers: 4 }
    }
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot make or open the database file {}; check that its directory exists and is ours to write", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("cannot open the database {}; check that the file is a Docklet database and its disk not full", path.display())]
    Database { path: PathBuf, source: DbErr },
}

/// The record. Cheap to clone; clones share the connections.
///
/// One connection writes. That is no loss with SQLite, which has one writer at a time anyway, and it makes waiting fair:
/// inside this process writers queue for the connection instead of polling the file's lock.
#[derive(Debug, Clone)]
pub struct SqlStore {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
}

/// Opens the database file, or makes an empty one. Run [`migrate`](crate::migrate) before anything else.
pub async fn connect(config: &StoreConfig) -> Result<SqlStore, ConnectError> {
    let path = &config.path;
    make_private(path).map_err(|source| ConnectError::File { path: path.clone(), source })?;
    let fault = |source| ConnectError::Database { path: path.clone(), source };
    let writer = open(config, Part::Writer).await.map_err(fault)?;
    let readers = open(config, Part::Reader).await.map_err(fault)?;
    Ok(SqlStore { writer, readers })
}

/// SQLite gives its side files (-wal, -shm) the mode of the main file, so this one is made first.
fn make_private(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
    if file.metadata()?.permissions().mode() & 0o777 != FILE_MODE {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Writer,
    Reader,
}

async fn open(config: &StoreConfig, part: Part) -> Result<DatabaseConnection, DbErr> {
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

impl SqlStore {
    /// Waits for the writer's place and takes the file's write lock at once, so that what is read inside decides validly.
    pub(crate) async fn exclusive(&self) -> Result<DatabaseTransaction, StoreError> {
        let mode = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.writer.begin_with_options(mode).await.map_err(fault("transaction"))
    }

    /// Several statements that see one state of the record. It is dropped, never committed.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        self.readers.begin().await.map_err(fault("transaction"))
    }

    /// The version of SQLite; also asks the file whether it can be read.
    pub async fn version(&self) -> Result<String, StoreError> {
        let ask = "SELECT sqlite_version() AS version, (SELECT count(*) FROM seaql_migrations) AS steps";
        let ask = Statement::from_string(self.readers.get_database_backend(), ask);
        let row = self.readers.query_one_raw(ask).await.map_err(fault("version"))?;
        let row = row.ok_or(StoreError::Unreadable { what: "version", fault: "there is none".into() })?;
        let version: String = row.try_get("", "version").map_err(fault("version"))?;
        Ok(format!("SQLite {version}"))
    }

    /// For single statements that read.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// For single statements that write and decide nothing.
    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Waits for what is running, then closes the file; the write-ahead log is folded into it.
    pub async fn close(self) -> Result<(), StoreError> {
        self.readers.close().await.map_err(fault("connection"))?;
        self.writer.close().await.map_err(fault("connection"))
    }
}

#[cfg(test)]
mod tests;
