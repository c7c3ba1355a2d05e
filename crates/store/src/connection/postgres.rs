//! Opening a database on a Postgres server, and what makes one writer at a time there. Knows no table.
//!
//! Writers take one advisory lock at the beginning of their transaction, which ends with it, however it ends; with
//! READ COMMITTED every statement behind the lock sees all that earlier writers have committed. See ADR 14.

use std::{str::FromStr, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr, SqlxError,
    Statement,
    sqlx::{Connection, PgConnection, Postgres, pool::PoolOptions, postgres::PgConnectOptions, query, query_scalar},
};

use control::ports::store::StoreError;

use super::Part;
use crate::{fault::fault, timeout::WithTimeout};

/// The writer's advisory lock: "docklet" in ASCII. Each database has advisory locks of its own.
const WRITER: i64 = 0x0064_6f63_6b6c_6574;
/// The advisory lock of the process that serves: "serving" in ASCII.
const SERVING: i64 = 0x0073_6572_7669_6e67;
/// Between two looks whether the serving process still has its lock, and after a lost session between two tries.
const KEEP: Duration = Duration::from_secs(5);
/// How often a session that is in the way is ended. The server ends it at once, unless it does not come to it.
const MOST_TAKEOVERS: u32 = 50;
/// How often a lock is tried that a process which has just ended may still hold.
const MOST_TRIES: u32 = 15;
/// `pg_locks` shows the number of an advisory lock in two halves.
const END_HOLDER: &str = "
    SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = $1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
const WHO_HOLDS: &str = "
    SELECT format(' from %s since %s', coalesce(host(client_addr), 'its own host'),
        to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"'))
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = $1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
/// One that writes and one that waits for it, so that a connection that has died does not keep all writers waiting.
const WRITERS: u32 = 2;
/// A writer that says nothing this long is gone: its transaction ends, and with it the lock.
const IDLE_WRITER: Duration = Duration::from_secs(10);
/// How long a connection that comes back to the pool may take to show that it is alive.
const RELEASE: Duration = Duration::from_secs(5);
/// Beyond the server's own limit for statements, for its answer to arrive.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// Between two looks at what has become of a transaction.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Which server, and how long it is waited for. `Debug` leaves URL and password out.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
pub struct PostgresConfig {
    /// `postgres://user@host:5432/database`; may hold the password.
    #[debug(skip)]
    pub url: String,
    /// In place of one in the URL.
    #[debug(skip)]
    pub password: Option<String>,
    /// How many connections are open at most; two of them are for writing.
    pub pool_size: u32,
    /// How long one waits for a connection, and a writer for another one, before giving up with `Unavailable`.
    pub acquire_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
}

impl PostgresConfig {
    /// The server with the usual patience.
    pub fn at(url: impl Into<String>) -> Self {
        let (acquire_timeout, statement_timeout) = (Duration::from_secs(5), Duration::from_secs(10));
        Self { url: url.into(), password: None, pool_size: 10, acquire_timeout, statement_timeout }
    }

    pub(super) fn options(&self) -> Result<PgConnectOptions, SqlxError> {
        let options = PgConnectOptions::from_str(&self.url)?.application_name("dockletd");
        Ok(match &self.password {
            Some(password) => options.password(password),
            None => options,
        })
    }

    /// How long the answer to a statement is waited for.
    pub(super) fn silence(&self) -> Duration {
        self.statement_timeout + ON_THE_WAY
    }
}

/// The server and database as people may read it.
pub(crate) fn shown(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    format!("{database} at {host}:{} as {}", options.get_port(), options.get_username())
}

pub(super) async fn open(
    config: &PostgresConfig,
    options: &PgConnectOptions,
    part: Part,
) -> Result<DatabaseConnection, DbErr> {
    // The real ones are set below: sea-orm writes the URL into traces.
    let mut pool = ConnectOptions::new("postgres://localhost");
    let connections = match part {
        Part::Writer => WRITERS,
        Part::Reader => config.pool_size.saturating_sub(WRITERS).max(1),
    };
    pool.max_connections(connections)
        .min_connections(1)
        .acquire_timeout(config.acquire_timeout)
        .map_sqlx_postgres_pool_opts(fit_for_reuse);
    let options = settings(config, options.clone(), part);
    pool.map_sqlx_postgres_opts(move |_| options.clone());
    Database::connect(pool).await
}

/// What holds on every connection, whatever the server's own defaults are.
fn settings(config: &PostgresConfig, options: PgConnectOptions, part: Part) -> PgConnectOptions {
    let milliseconds = |time: Duration| time.as_millis().to_string();
    let statement = milliseconds(config.statement_timeout);
    let options = options.options([("statement_timeout", statement.as_str())]);
    match part {
        // READ COMMITTED: behind the lock, each statement must see what was committed before the lock was had.
        Part::Writer => options.options([
            ("default_transaction_isolation", "read committed".to_owned()),
            // What was answered is on the disk: workers remove what the record has forgotten.
            ("synchronous_commit", "on".to_owned()),
            // What migrations find there already is no news.
            ("client_min_messages", "warning".to_owned()),
            ("lock_timeout", milliseconds(config.acquire_timeout)),
            ("idle_in_transaction_session_timeout", milliseconds(IDLE_WRITER)),
        ]),
        // Several statements of one transaction see one state.
        Part::Reader => options
            .options([("default_transaction_isolation", "repeatable read"), ("default_transaction_read_only", "on")]),
    }
}

/// A caller that leaves in the middle leaves its connection in the middle, too. It comes back when it has answered, or never.
fn fit_for_reuse(options: PoolOptions<Postgres>) -> PoolOptions<Postgres> {
    options.after_release(|connection, _| {
        Box::pin(async move {
            let alive = tokio::time::timeout(RELEASE, connection.ping()).await;
            alive.map_err(|_| SqlxError::PoolTimedOut)??;
            Ok(!connection.is_in_transaction())
        })
    })
}

pub(super) async fn exclusive(
    writer: &WithTimeout<DatabaseConnection>,
) -> Result<WithTimeout<DatabaseTransaction>, DbErr> {
    let transaction = writer.begin().await?;
    transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({WRITER})")).await?;
    Ok(transaction)
}

/// The same for work that may take long and is worth waiting for: bringing the schema up, moving an installation.
pub(super) async fn exclusive_for_long(
    writer: &WithTimeout<DatabaseConnection>,
) -> Result<WithTimeout<DatabaseTransaction>, DbErr> {
    let transaction = writer.begin().await?.without_limit();
    let limits = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                  SET LOCAL lock_timeout = '60s'";
    transaction.execute_unprepared(limits).await?;
    transaction.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({WRITER})")).await?;
    Ok(transaction)
}

/// What the server calls the transaction; `None` when it has written nothing. Fails when one of its statements was refused:
/// a COMMIT would then silently be none.
pub(super) async fn id_of(transaction: &WithTimeout<DatabaseTransaction>) -> Result<Option<String>, DbErr> {
    let ask = "SELECT pg_current_xact_id_if_assigned()::text AS id";
    let ask = Statement::from_string(transaction.get_database_backend(), ask);
    match transaction.query_one_raw(ask).await? {
        Some(row) => row.try_get("", "id"),
        None => Ok(None),
    }
}

/// What has become of a transaction whose COMMIT was not answered. Asks until there is an answer: a server that comes back
/// knows, and one that had not noticed that we left ends the transaction within `IDLE_WRITER`.
pub(super) async fn was_committed(readers: &WithTimeout<DatabaseConnection>, id: &str) -> Result<bool, StoreError> {
    let ask = Statement::from_sql_and_values(
        readers.get_database_backend(),
        "SELECT pg_xact_status($1::text::xid8) AS status",
        [id.into()],
    );
    loop {
        let answer = readers.query_one_raw(ask.clone()).await;
        if answer.as_ref().is_err_and(is_forgotten) {
            return Ok(false);
        }
        match answer.map_err(fault("transaction")) {
            Ok(row) => {
                let status: Option<String> =
                    row.map(|row| row.try_get("", "status")).transpose().map_err(fault("transaction"))?.flatten();
                match status.as_deref() {
                    Some("committed") => return Ok(true),
                    Some("in progress") => {}
                    _ => return Ok(false),
                }
            }
            Err(StoreError::Unavailable(error)) => {
                tracing::debug!(%error, "what has become of a transaction is not known yet");
            }
            Err(error) => return Err(error),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A crash took the number before it was written down, and the transaction with it: the server says that it is in the future.
fn is_forgotten(error: &DbErr) -> bool {
    const INVALID_PARAMETER: &str = "22023";
    let (DbErr::Query(RuntimeErr::SqlxError(cause)) | DbErr::Exec(RuntimeErr::SqlxError(cause))) = error else {
        return false;
    };
    cause.as_database_error().and_then(|refusal| refusal.code()).is_some_and(|code| code == INVALID_PARAMETER)
}

/// A session of its own that holds the lock of the process that serves. The server ends it with the process, however that
/// ends: at once when the process is killed, within half a minute when its host is lost.
pub(crate) struct Session {
    connection: PgConnection,
    options: PgConnectOptions,
}

impl Session {
    pub(crate) async fn open(config: &PostgresConfig, options: &PgConnectOptions) -> Result<Self, StoreError> {
        let options = settings(config, options.clone(), Part::Writer).options([
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "4"),
        ]);
        let connection = PgConnection::connect_with(&options).await.map_err(lost)?;
        Ok(Self { connection, options })
    }

    /// Takes the lock if it is free; says whether it is ours now.
    pub(crate) async fn lock(&mut self) -> Result<bool, StoreError> {
        let ask = query_scalar("SELECT pg_try_advisory_lock($1)").bind(SERVING);
        ask.fetch_one(&mut self.connection).await.map_err(lost)
    }

    /// The same, where a process that has just ended may still hold it: the server takes a moment to notice.
    pub(crate) async fn lock_soon(&mut self) -> Result<bool, StoreError> {
        for _ in 0..MOST_TRIES {
            if self.lock().await? {
                return Ok(true);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(false)
    }

    /// Takes the lock from the process that has it, by ending the session that holds it.
    pub(crate) async fn take_over(&mut self) -> Result<(), StoreError> {
        for _ in 0..MOST_TAKEOVERS {
            query(END_HOLDER).bind(SERVING).execute(&mut self.connection).await.map_err(lost)?;
            if self.lock().await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(StoreError::Unavailable("the session of the dockletd that serves the record does not end".into()))
    }

    /// The host that holds the lock and since when, as the end of a sentence.
    pub(crate) async fn holder(&mut self) -> Result<String, StoreError> {
        let who: Option<String> =
            query_scalar(WHO_HOLDS).bind(SERVING).fetch_optional(&mut self.connection).await.map_err(lost)?;
        Ok(who.unwrap_or_default())
    }

    /// Keeps the session alive for as long as this runs. When it is lost, takes the lock again as soon as it is free;
    /// the term says whether another process had it meanwhile.
    pub(crate) async fn keep(mut self) {
        loop {
            tokio::time::sleep(KEEP).await;
            let Err(error) = self.connection.ping().await else { continue };
            tracing::warn!(%error, "the session that keeps the record for this process was lost");
            while let Err(error) = self.renew().await {
                tracing::debug!(%error, "the session that keeps the record is not back yet");
                tokio::time::sleep(KEEP).await;
            }
        }
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        self.connection = PgConnection::connect_with(&self.options).await.map_err(lost)?;
        if self.lock().await? {
            return Ok(());
        }
        Err(StoreError::Unavailable("another process keeps the record".into()))
    }
}

fn lost(error: SqlxError) -> StoreError {
    fault("session")(DbErr::Conn(RuntimeErr::SqlxError(std::sync::Arc::new(error))))
}
