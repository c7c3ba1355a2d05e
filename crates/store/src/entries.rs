//! Statements about entering apps: one-time codes, the sessions they are turned into, and what decides about a request.

use chrono::{DateTime, Utc};
use control::ports::store::{Admission, AppSession, EntryPass, SessionKey, StoreError};
use domain::{AppId, UserId};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select, prelude::Uuid,
};

use crate::{
    accounts, apps,
    entity::{app_session, entry_pass, session},
    fault::fault,
    vclusters,
};

/// Everything about a cookie's digest. The caller sees to it that all statements see one state of the record.
pub(crate) async fn admission(db: &impl ConnectionTrait, digest: &str) -> Result<Option<Admission>, StoreError> {
    let row = app_session::Entity::find_by_id(digest).one(db).await.map_err(fault("app session"))?;
    let Some(row) = row else { return Ok(None) };
    let inside = AppSession::from(row);
    let portal = session::Entity::find_by_id(inside.session.as_str()).one(db).await.map_err(fault("session"))?;
    let Some((user, expires_at)) = portal.and_then(|row| Some((UserId::new(row.user?), row.expires_at))) else {
        return Ok(None);
    };
    let (user, app) = (accounts::user(db, user).await?, apps::load(db, inside.app).await?);
    let (Some(user), Some(app)) = (user, app) else { return Ok(None) };
    let vcluster = vclusters::load(db, app.vcluster).await?;
    Ok(vcluster.map(|vcluster| Admission { session: inside, app, user, expires_at, vcluster }))
}

pub(crate) async fn session_user(
    db: &impl ConnectionTrait,
    key: &SessionKey,
    now: DateTime<Utc>,
) -> Result<Option<UserId>, StoreError> {
    let row = session::Entity::find_by_id(key.as_str()).one(db).await.map_err(fault("session"))?;
    Ok(row.filter(|row| row.expires_at > now).and_then(|row| row.user).map(UserId::new))
}

pub(crate) async fn insert_pass(
    db: &impl ConnectionTrait,
    pass: &EntryPass,
    most: u32,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use entry_pass::Column::{Digest, ExpiresAt, User};
    let late = entry_pass::Entity::delete_many().filter(User.eq(pass.user.as_uuid())).filter(ExpiresAt.lte(now));
    late.exec(db).await.map_err(fault("entry code"))?;
    let oldest_first = entry_pass::Entity::find().filter(User.eq(pass.user.as_uuid())).order_by(ExpiresAt, Order::Asc);
    let surplus = surplus(db, oldest_first.select_only().column(Digest), most).await?;
    let surplus = entry_pass::Entity::delete_many().filter(Digest.is_in(surplus));
    surplus.exec(db).await.map_err(fault("entry code"))?;
    let row = entry_pass::ActiveModel::from(pass);
    entry_pass::Entity::insert(row).exec_without_returning(db).await.map_err(fault("entry code"))?;
    Ok(())
}

pub(crate) async fn take_pass(db: &impl ConnectionTrait, digest: &str) -> Result<Option<EntryPass>, StoreError> {
    let row = entry_pass::Entity::find_by_id(digest).one(db).await.map_err(fault("entry code"))?;
    let Some(row) = row else { return Ok(None) };
    let taken = entry_pass::Entity::delete_by_id(digest).exec(db).await.map_err(fault("entry code"))?;
    // On a database where transactions run beside each other, only one of them deletes it.
    Ok((taken.rows_affected == 1).then(|| row.into()))
}

pub(crate) async fn insert_session(
    db: &impl ConnectionTrait,
    inside: &AppSession,
    most: u32,
) -> Result<(), StoreError> {
    use app_session::Column::{App, CreatedAt, Digest, Session};
    let oldest_first = app_session::Entity::find()
        .filter(Session.eq(inside.session.as_str()))
        .filter(App.eq(inside.app.as_uuid()))
        .order_by(CreatedAt, Order::Asc);
    let surplus = surplus(db, oldest_first.select_only().column(Digest), most).await?;
    let surplus = app_session::Entity::delete_many().filter(Digest.is_in(surplus));
    surplus.exec(db).await.map_err(fault("app session"))?;
    let row = app_session::ActiveModel::from(inside);
    app_session::Entity::insert(row).exec_without_returning(db).await.map_err(fault("app session"))?;
    Ok(())
}

/// The oldest digests, as many as must go so that with one more there are `most`.
pub(crate) async fn surplus<E: EntityTrait>(
    db: &impl ConnectionTrait,
    oldest_first: Select<E>,
    most: u32,
) -> Result<Vec<String>, StoreError> {
    let mut digests: Vec<String> = oldest_first.into_tuple().all(db).await.map_err(fault("digest"))?;
    let room = usize::try_from(most.saturating_sub(1)).unwrap_or(usize::MAX);
    digests.truncate(digests.len().saturating_sub(room));
    Ok(digests)
}

/// Ends every session and every code of the app.
pub(crate) async fn end(db: &impl ConnectionTrait, app: AppId) -> Result<(), StoreError> {
    let id: Uuid = app.as_uuid();
    let passes = entry_pass::Entity::delete_many().filter(entry_pass::Column::App.eq(id));
    passes.exec(db).await.map_err(fault("entry code"))?;
    let sessions = app_session::Entity::delete_many().filter(app_session::Column::App.eq(id));
    sessions.exec(db).await.map_err(fault("app session"))?;
    Ok(())
}

pub(crate) async fn drop_late_passes(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let late = entry_pass::Entity::delete_many().filter(entry_pass::Column::ExpiresAt.lte(now));
    Ok(late.exec(db).await.map_err(fault("entry code"))?.rows_affected)
}
