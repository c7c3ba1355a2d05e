//! Opening the database: connections that write, connections that read, and the writer's place. Knows which database it is;
//! what each of them needs is in `sqlite` and `postgres`.

pub(crate) mod postgres;
mod sqlite;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use control::ports::store::StoreError;
use sea_orm::{
    Condition, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
    sqlx::postgres::PgConnectOptions,
};

use crate::{
    fault::fault,
    sql::{Connection, Snapshot, Sql},
    term,
    timeout::WithTimeout,
};

pub use postgres::PostgresConfig;
pub use sqlite::SqliteConfig;

/// Which database, and how long it is waited for.
#[derive(Debug, Clone)]
pub enum StoreConfig {
    Sqlite(SqliteConfig),
    Postgres(PostgresConfig),
}

impl StoreConfig {
    /// A database file with the usual patience.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite(SqliteConfig::at(path))
    }
}

impl From<SqliteConfig> for StoreConfig {
    fn from(config: SqliteConfig) -> Self {
        Self::Sqlite(config)
    }
}

impl From<PostgresConfig> for StoreConfig {
    fn from(config: PostgresConfig) -> Self {
        Self::Postgres(config)
    }
}

/// Why the database could not be opened. Never with a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot make or open the database file {}; check that its directory exists and is ours to write", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("cannot open the database {}; check that the file is a Docklet database and its disk not full", path.display())]
    Database { path: PathBuf, source: DbErr },
    #[error("the database's URL cannot be read; write it as postgres://user@host:5432/database")]
    Url,
    #[error(
        "cannot use the database {server}; check that it runs and can be reached from here, that the account may sign in, and that the database exists"
    )]
    Server { server: String, source: DbErr },
}

impl ConnectError {
    /// Whether another try may help: a server that is starting, or not there yet.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Server { source, .. } => matches!(fault("connection")(source.clone()), StoreError::Unavailable(_)),
            _ => false,
        }
    }
}

/// The record. Cheap to clone; clones share the connections.
pub type SqlStore = Sql<Connections>;

/// With SQLite one connection writes. That is no loss, as it has one writer at a time anyway, and it makes waiting fair:
/// inside this process writers queue for the connection instead of polling the file's lock.
#[derive(Debug, Clone)]
pub struct Connections {
    writer: WithTimeout<DatabaseConnection>,
    readers: WithTimeout<DatabaseConnection>,
    place: Arc<Place>,
    /// The term this process serves the record under; 0 in processes that do not serve it.
    term: Arc<AtomicI64>,
}

/// Where the record is.
#[derive(Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Server { config: PostgresConfig, options: Box<PgConnectOptions> },
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Writer,
    Reader,
}

/// Opens the database; makes an empty one where it is a file. Run [`migrate`](crate::migrate) before anything else.
pub async fn connect(config: &StoreConfig) -> Result<SqlStore, ConnectError> {
    match config {
        StoreConfig::Sqlite(config) => open_file(config).await,
        StoreConfig::Postgres(config) => open_server(config).await,
    }
}

async fn open_file(config: &SqliteConfig) -> Result<SqlStore, ConnectError> {
    let path = &config.path;
    sqlite::make_private(path).map_err(|source| ConnectError::File { path: path.clone(), source })?;
    let fault = |source| ConnectError::Database { path: path.clone(), source };
    let writer = sqlite::open(config, Part::Writer).await.map_err(fault)?;
    let readers = sqlite::open(config, Part::Reader).await.map_err(fault)?;
    Ok(SqlStore::new(WithTimeout::new(writer, None), WithTimeout::new(readers, None), Place::File(path.clone())))
}

async fn open_server(config: &PostgresConfig) -> Result<SqlStore, ConnectError> {
    let options = config.options().map_err(|_| ConnectError::Url)?;
    let fault = |source| ConnectError::Server { server: postgres::shown(&options), source };
    let writer = postgres::open(config, &options, Part::Writer).await.map_err(fault)?;
    let readers = postgres::open(config, &options, Part::Reader).await.map_err(fault)?;
    let limit = Some(config.silence());
    let (writer, readers) = (WithTimeout::new(writer, limit), WithTimeout::new(readers, limit));
    Ok(SqlStore::new(writer, readers, Place::Server { config: config.clone(), options: Box::new(options) }))
}

impl SqlStore {
    fn new(writer: WithTimeout<DatabaseConnection>, readers: WithTimeout<DatabaseConnection>, place: Place) -> Self {
        Sql(Connections { writer, readers, place: Arc::new(place), term: Arc::default() })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0.place
    }

    pub(crate) fn term(&self) -> Option<i64> {
        Some(self.0.term.load(Ordering::SeqCst)).filter(|term| *term > 0)
    }

    pub(crate) fn set_term(&self, term: i64) {
        self.0.term.store(term, Ordering::SeqCst);
    }

    /// No process may write under an earlier term than the record's.
    async fn check_term(&self, db: &impl ConnectionTrait) -> Result<(), StoreError> {
        let Some(ours) = self.term() else { return Ok(()) };
        match term::term(db).await? {
            theirs if theirs == ours => Ok(()),
            theirs => Err(StoreError::Superseded { ours, theirs }),
        }
    }

    /// For single statements that go without the writer's place: they change nothing under an earlier term than the record's.
    pub(crate) fn under_its_term(&self) -> Condition {
        Condition::all().add_option(self.term().map(term::is))
    }

    /// Waits for the writer's place. Other writers wait until this transaction ends, so a decision made on what it
    /// reads still holds at the commit.
    pub(crate) async fn exclusive(&self) -> Result<WithTimeout<DatabaseTransaction>, StoreError> {
        let begun = if self.is_postgres() {
            postgres::exclusive(&self.0.writer).await
        } else {
            sqlite::exclusive(self.0.writer.inner()).await.map(|transaction| WithTimeout::new(transaction, None))
        };
        let begun = begun.map_err(fault("transaction"))?;
        self.check_term(&begun).await?;
        Ok(begun)
    }

    /// The same for work that may take long: the database's time-outs do not end it.
    pub(crate) async fn exclusive_for_long(&self) -> Result<WithTimeout<DatabaseTransaction>, StoreError> {
        if self.is_postgres() {
            return postgres::exclusive_for_long(&self.0.writer).await.map_err(fault("transaction"));
        }
        self.exclusive().await
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.0.writer.get_database_backend() == DbBackend::Postgres
    }

    /// Commits. When the connection is lost meanwhile, this waits until it is known what has become of the transaction, so
    /// that an error always means that nothing was written.
    pub(crate) async fn commit(&self, transaction: WithTimeout<DatabaseTransaction>) -> Result<(), StoreError> {
        let fault = fault("transaction");
        if !self.is_postgres() {
            return transaction.commit().await.map_err(fault);
        }
        let id = postgres::id_of(&transaction).await.map_err(&fault)?;
        match (transaction.commit().await.map_err(fault), id) {
            (Err(StoreError::Unavailable(error)), Some(id))
                if !postgres::was_committed(&self.0.readers, &id).await? =>
            {
                Err(StoreError::Unavailable(error))
            }
            (Err(StoreError::Unavailable(_)), Some(_)) => Ok(()),
            (done, _) => done,
        }
    }

    /// The version of the database; also asks it whether it can be read.
    pub async fn version(&self) -> Result<String, StoreError> {
        let (name, version) = if self.is_postgres() {
            ("PostgreSQL", "current_setting('server_version')")
        } else {
            ("SQLite", "sqlite_version()")
        };
        let ask = format!("SELECT {version} AS version, (SELECT count(*) FROM seaql_migrations) AS steps");
        let ask = Statement::from_string(self.0.readers.get_database_backend(), ask);
        let row = self.0.readers.query_one_raw(ask).await.map_err(fault("version"))?;
        let row = row.ok_or(StoreError::Unreadable { what: "version", fault: "there is none".into() })?;
        let version: String = row.try_get("", "version").map_err(fault("version"))?;
        Ok(format!("{name} {version}"))
    }

    /// Whether no migration has ever run on it.
    pub async fn is_new(&self) -> Result<bool, StoreError> {
        let tables = if self.is_postgres() {
            "information_schema.tables WHERE table_schema = current_schema() AND table_name"
        } else {
            "sqlite_master WHERE name"
        };
        let ask = format!("SELECT count(*) AS tables FROM {tables} = 'seaql_migrations'");
        let ask = Statement::from_string(self.0.readers.get_database_backend(), ask);
        let row = self.0.readers.query_one_raw(ask).await.map_err(fault("tables"))?;
        let row = row.ok_or(StoreError::Unreadable { what: "tables", fault: "there is no count".into() })?;
        Ok(row.try_get::<i64>("", "tables").map_err(fault("tables"))? == 0)
    }

    /// For single statements that write one row and decide nothing.
    pub(crate) fn writer(&self) -> &WithTimeout<DatabaseConnection> {
        &self.0.writer
    }

    /// Waits for what is running, then closes the connections; a file's write-ahead log is folded into it.
    pub async fn close(self) -> Result<(), StoreError> {
        self.0.readers.inner().close_by_ref().await.map_err(fault("connection"))?;
        self.0.writer.inner().close_by_ref().await.map_err(fault("connection"))
    }
}

impl Connection for Connections {
    type Db = WithTimeout<DatabaseConnection>;

    fn db(&self) -> &Self::Db {
        &self.readers
    }

    /// It is dropped, never committed.
    async fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        self.readers.begin().await.map(Snapshot::Begun).map_err(fault("transaction"))
    }
}

#[cfg(test)]
mod tests;
