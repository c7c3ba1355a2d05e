//! Browser sessions for tower-sessions. Knows no cookie and no rule about who may sign in.
//!
//! An id is stored only as its SHA-256: ids have 128 random bits, so a plain digest cannot be guessed back, and a stolen
//! database opens no session. A session that was ended stays ended: saving never brings one back, also not when a request
//! that began before is still running.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use control::{
    error::chain,
    ports::{
        clock::Clock,
        store::{SessionKey, StoreError},
    },
};
use domain::{SessionHandle, UserId};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tower_sessions_core::{
    ExpiredDeletion,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{SqlStore, apps::surplus, entity::session, fault::fault, sql::Connection as _, sweep};

/// The key under which a session's data has the [`UserId`] of the signed-in user.
pub const SESSION_USER: &str = "user";
/// When they signed in and when the session was last seen, in seconds since 1970, …
pub const SESSION_SINCE: &str = "since";
pub const SESSION_SEEN: &str = "used";
/// … from which address, and what their browser calls itself.
pub const SESSION_ADDRESS: &str = "address";
pub const SESSION_AGENT: &str = "agent";

/// What names the session with this id in lists.
///
/// # Panics
/// Never: a digest has twice as many digits as a handle.
pub fn session_handle(id: &Id) -> SessionHandle {
    SessionHandle::of_digest(&digest(id)).expect("a digest has 64 hexadecimal digits")
}

/// What the row of the session with this id is called: apps that are opened from it go with it.
pub fn session_key(id: &Id) -> SessionKey {
    SessionKey::new(digest(id))
}

/// What no session outlives, and how many one user may have.
#[derive(Debug, Clone, Copy)]
pub struct SessionBounds {
    /// From signing in, however much it is used.
    pub longest: TimeDelta,
    /// With one more, the one that was not used for the longest time ends.
    pub most: u32,
}

impl Default for SessionBounds {
    fn default() -> Self {
        Self { longest: TimeDelta::days(30), most: 50 }
    }
}

/// The `sessions` table as tower-sessions wants it. Cheap to clone.
#[derive(Clone)]
pub struct SessionStore {
    store: SqlStore,
    clock: Arc<dyn Clock>,
    bounds: SessionBounds,
}

impl SessionStore {
    pub fn new(store: SqlStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, bounds: SessionBounds::default() }
    }

    #[must_use]
    pub fn bounded(self, bounds: SessionBounds) -> Self {
        Self { bounds, ..self }
    }
}

impl std::fmt::Debug for SessionStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionStore").finish_non_exhaustive()
    }
}

#[async_trait]
impl tower_sessions_core::SessionStore for SessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let mut inserted = self.insert(record).await?;
        while !inserted {
            record.id = Id::default();
            inserted = self.insert(record).await?;
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let change = session::Entity::update_many()
            .col_expr(session::Column::User, Expr::value(user_of(record)?))
            .col_expr(session::Column::Data, Expr::value(data_of(record)?))
            .col_expr(session::Column::ExpiresAt, Expr::value(self.expiry_of(record)?))
            .col_expr(session::Column::Since, Expr::value(time_of(record, SESSION_SINCE)))
            .col_expr(session::Column::LastSeen, Expr::value(time_of(record, SESSION_SEEN)))
            .col_expr(session::Column::Address, Expr::value(text_of(record, SESSION_ADDRESS)))
            .col_expr(session::Column::Agent, Expr::value(text_of(record, SESSION_AGENT)));
        let change = change.filter(session::Column::Digest.eq(digest(&record.id))).filter(self.store.under_its_term());
        let changed = change.exec(self.store.writer()).await;
        match changed.map_err(fault("session")) {
            Ok(changed) if changed.rows_affected == 0 => {
                tracing::debug!("a session ended before it was saved; it stays ended");
            }
            Ok(_) => {}
            // Only the time of the last use is lost; a new session goes through `create`. That is no reason to turn
            // away a user who only looks, above all not the administrator who looks at how full the disk is.
            Err(error @ (StoreError::DiskFull(_) | StoreError::Unavailable(_))) => {
                tracing::warn!(%error, "cannot write down that a session is used");
            }
            Err(error) => return Err(backend(error)),
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let row = session::Entity::find_by_id(digest(id)).one(self.store.db()).await;
        let row = row.map_err(fault("session")).map_err(backend)?;
        let now = self.clock.now();
        // The bound may have been another when the row was written.
        row.filter(|row| row.expires_at.min(self.end_of(row.since)) > now).map(|row| record(*id, row)).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        // In a transaction: apps' sessions and codes go with it, and other writers may be at those.
        let transaction = self.store.exclusive().await.map_err(backend)?;
        let delete = session::Entity::delete_by_id(digest(id));
        delete.exec(&transaction).await.map_err(fault("session")).map_err(backend)?;
        self.store.commit(transaction).await.map_err(backend)
    }
}

#[async_trait]
impl ExpiredDeletion for SessionStore {
    async fn delete_expired(&self) -> Result<()> {
        let now = self.clock.now();
        let transaction = self.store.exclusive().await.map_err(backend)?;
        sweep::expired_sessions(&transaction, now).await.map_err(backend)?;
        self.store.commit(transaction).await.map_err(backend)
    }
}

impl SessionStore {
    /// Puts the session's end off, as a request through it does: for use that is no request, such as typing in a terminal.
    pub async fn put_off(&self, id: &Id, seen: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<()> {
        let row = session::Entity::find_by_id(digest(id)).one(self.store.db()).await;
        let Some(row) = row.map_err(fault("session")).map_err(backend)? else { return Ok(()) };
        let expires_at = expires_at.min(self.end_of(row.since));
        let change = session::Entity::update_many()
            .col_expr(session::Column::LastSeen, Expr::value(seen))
            .col_expr(session::Column::ExpiresAt, Expr::value(expires_at));
        let change = change.filter(session::Column::Digest.eq(digest(id))).filter(self.store.under_its_term());
        let change = change.exec(self.store.writer()).await;
        change.map_err(fault("session")).map_err(backend)?;
        Ok(())
    }

    /// Whether the id was free.
    async fn insert(&self, record: &Record) -> Result<bool> {
        let row = session::ActiveModel {
            digest: Set(digest(&record.id)),
            user: Set(user_of(record)?),
            data: Set(data_of(record)?),
            expires_at: Set(self.expiry_of(record)?),
            since: Set(time_of(record, SESSION_SINCE)),
            last_seen: Set(time_of(record, SESSION_SEEN)),
            address: Set(text_of(record, SESSION_ADDRESS)),
            agent: Set(text_of(record, SESSION_AGENT)),
        };
        let user = user_of(record)?;
        // Others of the same user may be signing in at this moment.
        let transaction = self.store.exclusive().await.map_err(backend)?;
        let inserted = async {
            if let Some(user) = user {
                make_room(&transaction, user, self.bounds.most).await?;
            }
            insert_row(&transaction, row).await
        };
        let inserted = inserted.await.map_err(backend)?;
        self.store.commit(transaction).await.map_err(backend)?;
        Ok(inserted)
    }

    /// The latest end of a session that began at `since`, however much it is used. Without a sign-in it needs none.
    fn end_of(&self, since: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let end = since.and_then(|since| since.checked_add_signed(self.bounds.longest));
        end.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    fn expiry_of(&self, record: &Record) -> Result<DateTime<Utc>> {
        Ok(expiry_of(record)?.min(self.end_of(time_of(record, SESSION_SINCE))))
    }
}

/// Whether the id was free.
async fn insert_row(db: &impl ConnectionTrait, row: session::ActiveModel) -> std::result::Result<bool, StoreError> {
    let keep = OnConflict::column(session::Column::Digest).do_nothing().to_owned();
    let insert = session::Entity::insert(row).on_conflict(keep);
    Ok(insert.exec_without_returning(db).await.map_err(fault("session"))? > 0)
}

/// Those of the user that were not used for the longest time end, so that with one more there are `most`.
async fn make_room(db: &impl ConnectionTrait, user: Uuid, most: u32) -> std::result::Result<(), StoreError> {
    use session::Column::{Digest, ExpiresAt, LastSeen, User};
    // Seen to the second; of those seen in the same one, the end tells which was first.
    let oldest_first = session::Entity::find().filter(User.eq(user)).order_by(LastSeen, Order::Asc);
    let oldest_first = oldest_first.order_by(ExpiresAt, Order::Asc);
    let surplus = surplus(db, oldest_first.select_only().column(Digest), most).await?;
    if surplus.is_empty() {
        return Ok(());
    }
    let ended = session::Entity::delete_many().filter(Digest.is_in(surplus));
    ended.exec(db).await.map_err(fault("session"))?;
    tracing::info!(%user, "the user is signed in with as many browsers as may be; the ones not used for longest are signed out");
    Ok(())
}

fn digest(id: &Id) -> String {
    hex::encode(Sha256::digest(id.0.to_le_bytes()))
}

fn user_of(record: &Record) -> Result<Option<Uuid>> {
    let Some(user) = record.data.get(SESSION_USER) else { return Ok(None) };
    let user: UserId =
        serde_json::from_value(user.clone()).map_err(|fault| Error::Encode(format!("{SESSION_USER}: {fault}")))?;
    Ok(Some(user.as_uuid()))
}

/// A time of the session's data; `None` where there is none, as in sessions without a sign-in.
fn time_of(record: &Record, key: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(record.data.get(key)?.as_i64()?, 0)
}

fn text_of(record: &Record, key: &str) -> Option<String> {
    record.data.get(key)?.as_str().map(str::to_owned)
}

fn data_of(record: &Record) -> Result<Value> {
    serde_json::to_value(&record.data).map_err(|fault| Error::Encode(fault.to_string()))
}

fn expiry_of(record: &Record) -> Result<DateTime<Utc>> {
    let seconds = record.expiry_date.unix_timestamp();
    DateTime::from_timestamp(seconds, record.expiry_date.nanosecond())
        .ok_or_else(|| Error::Encode(format!("{seconds} s is no time")))
}

fn record(id: Id, row: session::Model) -> Result<Record> {
    let unreadable =
        |fault: &dyn std::fmt::Display| Error::Decode(format!("the database holds an unreadable session: {fault}"));
    let data: HashMap<String, Value> = serde_json::from_value(row.data).map_err(|fault| unreadable(&fault))?;
    let seconds =
        OffsetDateTime::from_unix_timestamp(row.expires_at.timestamp()).map_err(|fault| unreadable(&fault))?;
    let expiry_date =
        seconds.replace_nanosecond(row.expires_at.timestamp_subsec_nanos()).map_err(|fault| unreadable(&fault))?;
    Ok(Record { id, data, expiry_date })
}

/// What an error of this store begins with when another try may help: tower-sessions knows no kinds of them.
const UNAVAILABLE: &str = "unavailable: ";

/// Whether the database did not answer, so that another try may help.
pub fn is_unavailable(error: &Error) -> bool {
    matches!(error, Error::Backend(text) if text.starts_with(UNAVAILABLE))
}

/// tower-sessions takes text only, so the whole chain of causes goes into it.
fn backend(error: StoreError) -> Error {
    let mark = if matches!(error, StoreError::Unavailable(_)) { UNAVAILABLE } else { "" };
    Error::Backend(format!("{mark}{}", chain(&error)))
}
