//! What went wrong in the database, told apart as far as control acts on it. Knows driver errors, not what was asked for.
//!
//! Policy: a constraint control can cause becomes [`StoreError::Taken`]; waiting or trying again may help with
//! [`StoreError::Unavailable`]; a value that cannot be what we wrote is [`StoreError::Unreadable`] and names the row;
//! everything else is our mistake, [`StoreError::Failed`]. Nothing is logged here: the code that handles an error does.

use std::fmt::Display;

use control::ports::store::StoreError;
use sea_orm::{
    DbErr, RuntimeErr, SqlErr, SqlxError,
    sqlx::{error::DatabaseError, postgres::PgDatabaseError},
};

/// SQLite's primary result codes (the low byte of an extended code) that mean more to us than "it failed".
mod sqlite {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
    /// An extended code: the log's index cannot grow. What a full disk says where nothing else was written before.
    pub(super) const IOERR_SHMSIZE: i32 = 4874;
}

/// Postgres' SQLSTATEs, by their class or whole.
mod postgres {
    /// The connection is gone; the server ends, crashed, begins or cancels (its statement time-out); it has no connection,
    /// memory or lock left for us; two transactions stood in each other's way; a writer was silent too long; the server is a
    /// standby at this moment.
    pub(super) const AGAIN: [&str; 8] = ["08", "57", "53", "55P03", "40", "25P03", "25006", "58"];
    pub(super) const DISK_FULL: &str = "53100";
    pub(super) const CORRUPT: [&str; 2] = ["XX001", "XX002"];
}

/// For `map_err`: a database error while `what` was read or written.
pub(crate) fn fault(what: &'static str) -> impl Fn(DbErr) -> StoreError {
    move |error| classify(what, error)
}

/// A row that was read and is not what we would have written.
pub(crate) fn unreadable(what: &'static str, key: impl Display, fault: impl Display) -> StoreError {
    StoreError::Unreadable { what, fault: format!("{key}: {fault}") }
}

/// Sets apart what cannot be read, with what is wrong: the others go on without it.
pub(crate) fn readable<T>(read: Result<T, StoreError>) -> Result<Result<T, String>, StoreError> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Unreadable { what, fault }) => Ok(Err(format!("{what}: {fault}"))),
        Err(error) => Err(error),
    }
}

fn classify(what: &'static str, error: DbErr) -> StoreError {
    if let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
        return taken(&message).map_or_else(|| StoreError::Failed(Box::new(error)), StoreError::Taken);
    }
    match &error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => StoreError::Unavailable(Box::new(error)),
        DbErr::Type(fault) | DbErr::Json(fault) => StoreError::Unreadable { what, fault: fault.clone() },
        DbErr::TryIntoErr { .. } => StoreError::Unreadable { what, fault: error.to_string() },
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            let cause = std::sync::Arc::clone(cause);
            of_driver(what, &cause, error)
        }
        _ => StoreError::Failed(Box::new(error)),
    }
}

fn of_driver(what: &'static str, cause: &SqlxError, error: DbErr) -> StoreError {
    match cause {
        SqlxError::ColumnDecode { index, source } => {
            StoreError::Unreadable { what, fault: format!("column {index}: {source}") }
        }
        SqlxError::Decode(source) => StoreError::Unreadable { what, fault: source.to_string() },
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::BeginFailed
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => StoreError::Unavailable(Box::new(error)),
        SqlxError::Database(refusal) if refusal.try_downcast_ref::<PgDatabaseError>().is_some() => {
            of_postgres(refusal.as_ref(), error)
        }
        SqlxError::Database(refusal) => of_sqlite(refusal.as_ref(), error),
        _ => StoreError::Failed(Box::new(error)),
    }
}

fn of_sqlite(refusal: &dyn DatabaseError, error: DbErr) -> StoreError {
    let code: Option<i32> = refusal.code().and_then(|code| code.parse().ok());
    let fault = refusal.message().to_owned();
    match code.map(|code| (code, code & 0xff)) {
        Some((_, sqlite::FULL) | (sqlite::IOERR_SHMSIZE, _)) => StoreError::DiskFull(Box::new(error)),
        Some((_, sqlite::BUSY | sqlite::LOCKED | sqlite::CANTOPEN)) => StoreError::Unavailable(Box::new(error)),
        Some((_, sqlite::CORRUPT | sqlite::NOTADB)) => StoreError::Unreadable { what: "file", fault },
        _ => StoreError::Failed(Box::new(error)),
    }
}

fn of_postgres(refusal: &dyn DatabaseError, error: DbErr) -> StoreError {
    let code = refusal.code().unwrap_or_default();
    if code == postgres::DISK_FULL {
        StoreError::DiskFull(Box::new(error))
    } else if postgres::AGAIN.iter().any(|again| code.starts_with(again)) {
        StoreError::Unavailable(Box::new(error))
    } else if postgres::CORRUPT.contains(&code.as_ref()) {
        StoreError::Unreadable { what: "file", fault: refusal.message().to_owned() }
    } else {
        StoreError::Failed(Box::new(error))
    }
}

/// Which of the things people choose the unique constraint in the message is about: SQLite names the columns
/// (`vclusters.owner, vclusters.name`), Postgres the index (`vclusters_owner_name`).
fn taken(message: &str) -> Option<&'static str> {
    const CHOSEN: [(&str, &str, &str); 8] = [
        ("vclusters", "subnet", "subnet"),
        ("vclusters", "name", "name"),
        ("users", "name", "name"),
        ("idempotency_keys", "", "key"),
        ("jobs", "idempotency_key", "idempotency key"),
        ("identities", "", "identity"),
        ("apps", "label", "label"),
        ("apps", "port", "port"),
    ];
    CHOSEN
        .into_iter()
        .find(|(table, column, _)| message.contains(table) && message.contains(column))
        .map(|(.., what)| what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_choose_is_told_apart_from_what_we_make() {
        for (message, what) in [
            ("UNIQUE constraint failed: vclusters.owner, vclusters.name", Some("name")),
            ("UNIQUE constraint failed: vclusters.subnet", Some("subnet")),
            ("UNIQUE constraint failed: users.name", Some("name")),
            ("UNIQUE constraint failed: idempotency_keys.user, idempotency_keys.key", Some("key")),
            ("duplicate key value violates unique constraint \"vclusters_owner_name\"", Some("name")),
            ("duplicate key value violates unique constraint \"vclusters_subnet_key\"", Some("subnet")),
            ("UNIQUE constraint failed: apps.label", Some("label")),
            ("UNIQUE constraint failed: apps.node, apps.port", Some("port")),
            ("duplicate key value violates unique constraint \"apps_label_key\"", Some("label")),
            ("duplicate key value violates unique constraint \"apps_node_port\"", Some("port")),
            ("UNIQUE constraint failed: jobs.owner, jobs.idempotency_key", Some("idempotency key")),
            ("duplicate key value violates unique constraint \"jobs_owner_idempotency_key\"", Some("idempotency key")),
            ("UNIQUE constraint failed: jobs.id", None),
            ("UNIQUE constraint failed: vclusters.id", None),
            ("UNIQUE constraint failed: nodes.vcluster, nodes.name", None),
            ("UNIQUE constraint failed: tokens.digest", None),
        ] {
            assert_eq!(taken(message), what, "{message}");
        }
    }
}
