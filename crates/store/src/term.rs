//! The record itself: which one it is, which process serves it, under which term, and when it was swept.
//!
//! A lock says whether a process serves it now; the term, compared in every transaction, says whether it still may. A process
//! that was frozen and wakes up may have lost the lock without a word, but it cannot commit under an earlier term.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use control::ports::store::StoreError;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait, prelude::Uuid,
    sea_query::Expr,
};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    MigrateError, SqlStore,
    connection::{Place, postgres},
    entity::record,
    fault::{fault, unreadable},
    schema,
    sql::Connection as _,
};

/// There is one row.
const ONE: i64 = 1;

pub(crate) async fn row(db: &impl ConnectionTrait) -> Result<Option<record::Model>, StoreError> {
    record::Entity::find_by_id(ONE).one(db).await.map_err(fault("record"))
}

/// 0 when it was never served.
pub(crate) async fn term(db: &impl ConnectionTrait) -> Result<i64, StoreError> {
    Ok(row(db).await?.map_or(0, |row| row.term))
}

/// A condition that holds while the record has this term.
pub(crate) fn is(term: i64) -> Expr {
    let select = record::Entity::find().select_only().column(record::Column::Id);
    let select = select.filter(record::Column::Id.eq(ONE)).filter(record::Column::Term.eq(term));
    Expr::exists(select.into_query())
}

/// The next term, above one that is known from elsewhere; a process that serves an earlier one writes nothing any more.
async fn raise(db: &impl ConnectionTrait, known: i64) -> Result<i64, StoreError> {
    let next = term(db).await?.max(known) + 1;
    change(db, record::Column::Term, Expr::value(next)).await?;
    Ok(next)
}

/// The row is there since the schema's step that named the record.
pub(crate) async fn change(db: &impl ConnectionTrait, column: record::Column, value: Expr) -> Result<(), StoreError> {
    let update = record::Entity::update_many().filter(record::Column::Id.eq(ONE)).col_expr(column, value);
    match update.exec(db).await.map_err(fault("record"))?.rows_affected {
        0 => Err(missing()),
        _ => Ok(()),
    }
}

fn missing() -> StoreError {
    unreadable("record", ONE, "its one row is missing")
}

/// A record that was never served is a schema with a name, and gives way to the one that is copied over it.
pub(crate) async fn give_way(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    record::Entity::delete_many().filter(record::Column::Term.eq(0)).exec(db).await.map(drop)
}

/// Why a process may not serve the record.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "another dockletd serves the record {record}{who}; stop that one first. If it hangs or its host is lost, start this one with --takeover: the other one then writes nothing any more"
    )]
    Served { record: String, who: String },
    #[error(
        "another dockletd serves the record {record}{who}, and on SQLite nothing takes over while that process lives; stop it first"
    )]
    Locked { record: String, who: String },
    #[error("cannot lock {path}; check that it is ours to write")]
    Lock { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Schema(#[from] MigrateError),
}

/// This process serves the record, for as long as this is kept.
#[derive(Debug)]
pub struct Serving {
    term: u64,
    record: Uuid,
    _hold: Hold,
}

impl Serving {
    pub const fn term(&self) -> u64 {
        self.term
    }

    /// The record's own name, the same in every copy and backup of it.
    pub const fn record(&self) -> Uuid {
        self.record
    }
}

/// What others find taken.
#[derive(Debug)]
pub(crate) enum Hold {
    /// A lock on a file beside the database's: closing a file of SQLite's own would end SQLite's locks.
    File { _lock: File },
    /// A lock of a session at the server.
    Session { _keeper: AbortOnDropHandle<()> },
}

impl SqlStore {
    /// Takes the record for this process, brings its schema up to date, and goes on under the next term. From now on every
    /// transaction of this process compares the term. With `takeover`, also from a process that holds it: that one is then
    /// refused. A process that is refused has changed nothing.
    pub async fn serve(&self, takeover: bool) -> Result<Serving, ServeError> {
        let hold = self.hold(takeover).await?;
        let transaction = self.exclusive_for_long().await?;
        schema::apply(self, &transaction).await?;
        let term = raise(&transaction, 0).await?;
        let record = row(&transaction).await?.ok_or_else(missing)?.identity;
        self.commit(transaction).await?;
        self.set_term(term);
        Ok(Serving { term: u64::try_from(term).unwrap_or_default(), record, _hold: hold })
    }

    pub(crate) async fn hold(&self, takeover: bool) -> Result<Hold, ServeError> {
        Ok(match self.place() {
            Place::File(path) => Hold::File { _lock: lock(path, takeover)? },
            Place::Server { config, options } => {
                let mut session = postgres::Session::open(config, options).await?;
                if !session.lock_soon().await? {
                    if !takeover {
                        let who = session.holder().await?;
                        return Err(ServeError::Served { record: postgres::shown(options), who });
                    }
                    session.take_over().await?;
                }
                Hold::Session { _keeper: AbortOnDropHandle::new(tokio::spawn(session.keep())) }
            }
        })
    }

    /// The term of another process that has taken over, if one has. Terms only go up.
    pub async fn superseded(&self) -> Result<Option<i64>, StoreError> {
        let Some(ours) = self.term() else { return Ok(None) };
        Ok(Some(term(self.db()).await?).filter(|theirs| *theirs > ours))
    }

    /// The record is an older copy of itself, for a later term than its own is known elsewhere: this process goes on under one
    /// above that, which is returned. Refused to a process that serves the record no more.
    pub async fn raise_above(&self, known: u64) -> Result<u64, StoreError> {
        let transaction = self.exclusive().await?;
        let before = self.term().unwrap_or_default();
        let next = raise(&transaction, i64::try_from(known).unwrap_or(i64::MAX - 1)).await?;
        // Before the commit: the next writer compares with what is there then, and that is this.
        self.set_term(next);
        if let Err(error) = self.commit(transaction).await {
            self.set_term(before);
            return Err(error);
        }
        Ok(u64::try_from(next).unwrap_or_default())
    }
}

fn lock(database: &Path, takeover: bool) -> Result<File, ServeError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let unusable = |source| ServeError::Lock { path: path.clone(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(unusable)?;
            let (record, who) = (database.display().to_string(), format!(" as process {}", pid.trim()));
            let refusal =
                if takeover { ServeError::Locked { record, who } } else { ServeError::Served { record, who } };
            return Err(refusal);
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unusable)?;
    Ok(file)
}
