//! Statements about people as they are listed and administered, and about their browser sessions. Decides nothing.

use chrono::{DateTime, Utc};
use control::ports::store::{BrowserSession, PageRequest, Person, StoreError};
use domain::{
    SessionHandle, TokenId, UserId,
    allowance::Standing,
    name::{GroupName, UserName},
    quota::{OwnLimits, Usage},
    user::Role,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, LikeExpr, SimpleExpr},
};

use crate::{
    entity::{session, token, user},
    fault::{fault, unreadable},
    vclusters::holdings,
    words,
};

/// More sessions or tokens of one user than can be: no list is without end, whatever is in the record.
pub(crate) const LONGEST_LIST: u64 = 1_000;

/// By name.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    search: &str,
    page: PageRequest<UserName>,
) -> Result<Vec<Person>, StoreError> {
    let mut found = user::Entity::find().order_by_asc(user::Column::Name).limit(u64::from(page.limit));
    if !search.is_empty() {
        found = found.filter(Expr::col((user::Entity, user::Column::Name)).like(containing(search)));
    }
    if let Some(after) = page.after {
        found = found.filter(user::Column::Name.gt(after.as_str()));
    }
    let rows = found.all(db).await.map_err(fault("user"))?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let held = holdings::of_owners(db, &ids).await?;
    rows.into_iter().map(|row| person(held.get(&row.id).copied().unwrap_or_default(), row)).collect()
}

/// `_` is a letter of names and means any letter in a pattern.
fn containing(text: &str) -> LikeExpr {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{escaped}%")).escape('\\')
}

pub(crate) async fn named(db: &impl ConnectionTrait, name: &UserName) -> Result<Option<Person>, StoreError> {
    let row = user::Entity::find().filter(user::Column::Name.eq(name.as_str())).one(db).await.map_err(fault("user"))?;
    let Some(row) = row else { return Ok(None) };
    let held = holdings::of_owner(db, UserId::new(row.id)).await?;
    person(held, row).map(Some)
}

fn person(usage: Usage, row: user::Model) -> Result<Person, StoreError> {
    let (standing, last_sign_in, pending) = (row.standing()?, row.last_sign_in, row.pending);
    Ok(Person { user: row.try_into()?, pending, standing, usage, last_sign_in })
}

pub(crate) async fn standing(db: &impl ConnectionTrait, id: UserId) -> Result<Standing, StoreError> {
    let row = user::Entity::find_by_id(id.as_uuid()).one(db).await.map_err(fault("user"))?;
    row.map_or_else(|| Ok(Standing::default()), |row| row.standing())
}

pub(crate) async fn set_group(
    db: &impl ConnectionTrait,
    id: UserId,
    group: Option<&GroupName>,
) -> Result<(), StoreError> {
    change_user(db, id, [(user::Column::Group, Expr::value(group.map(ToString::to_string)))]).await
}

pub(crate) async fn set_own_limits(db: &impl ConnectionTrait, id: UserId, limits: OwnLimits) -> Result<(), StoreError> {
    use user::Column::{LimitCpuMilli, LimitMemoryMib, LimitNodes, LimitVclusters};
    // Limits are checked to be far below what the column holds.
    let wide = |limit: Option<u64>| Expr::value(limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)));
    let change = [
        (LimitVclusters, wide(limits.vclusters.map(u64::from))),
        (LimitNodes, wide(limits.nodes.map(u64::from))),
        (LimitCpuMilli, wide(limits.cpu_milli)),
        (LimitMemoryMib, wide(limits.memory_mib)),
    ];
    change_user(db, id, change).await
}

pub(crate) async fn set_role(db: &impl ConnectionTrait, id: UserId, role: Role) -> Result<(), StoreError> {
    change_user(db, id, [(user::Column::Role, Expr::value(words::of_role(role)))]).await
}

pub(crate) async fn set_last_sign_in(
    db: &impl ConnectionTrait,
    id: UserId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    change_user(db, id, [(user::Column::LastSignIn, Expr::value(at))]).await
}

async fn change_user(
    db: &impl ConnectionTrait,
    id: UserId,
    values: impl IntoIterator<Item = (user::Column, SimpleExpr)>,
) -> Result<(), StoreError> {
    let change =
        values.into_iter().fold(user::Entity::update_many(), |change, (column, value)| change.col_expr(column, value));
    change.filter(user::Column::Id.eq(id.as_uuid())).exec(db).await.map_err(fault("user"))?;
    Ok(())
}

pub(crate) async fn administrators(db: &impl ConnectionTrait) -> Result<Vec<UserId>, StoreError> {
    let ids = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Role.eq(words::of_role(Role::Admin)))
        .filter(user::Column::Locked.eq(false));
    let ids = ids.into_tuple::<Uuid>().all(db).await.map_err(fault("user"))?;
    Ok(ids.into_iter().map(UserId::new).collect())
}

/// The last used first.
pub(crate) async fn sessions_of(
    db: &impl ConnectionTrait,
    id: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<BrowserSession>, StoreError> {
    let living = session::Entity::find()
        .filter(session::Column::User.eq(id.as_uuid()))
        .filter(session::Column::ExpiresAt.gt(now));
    let newest = living.order_by_desc(session::Column::LastSeen).limit(LONGEST_LIST);
    let rows = newest.all(db).await.map_err(fault("session"))?;
    let mut sessions: Vec<BrowserSession> = rows.into_iter().map(browser_session).collect::<Result<_, _>>()?;
    sessions.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.handle.as_str().cmp(b.handle.as_str())));
    Ok(sessions)
}

/// A session from before these things were kept is shown as used when its end was last put off.
fn browser_session(row: session::Model) -> Result<BrowserSession, StoreError> {
    let handle = SessionHandle::of_digest(&row.digest);
    let handle = handle.ok_or_else(|| unreadable("session", "a session", "its digest is none"))?;
    let since = row.since.unwrap_or(DateTime::UNIX_EPOCH);
    Ok(BrowserSession {
        handle,
        // What is no address was not written by us; the list is no place to fail for it.
        address: row.address.and_then(|address| address.parse().ok()),
        agent: row.agent,
        since,
        last_seen: row.last_seen.unwrap_or(since),
        expires_at: row.expires_at,
    })
}

pub(crate) async fn end_sessions_but(
    db: &impl ConnectionTrait,
    id: UserId,
    kept: &SessionHandle,
) -> Result<(), StoreError> {
    let others = session::Entity::delete_many()
        .filter(session::Column::User.eq(id.as_uuid()))
        .filter(session::Column::Digest.starts_with(kept.as_str()).not());
    others.exec(db).await.map_err(fault("session"))?;
    Ok(())
}

pub(crate) async fn end_session(
    db: &impl ConnectionTrait,
    id: UserId,
    handle: &SessionHandle,
) -> Result<bool, StoreError> {
    let this = session::Entity::delete_many()
        .filter(session::Column::User.eq(id.as_uuid()))
        .filter(session::Column::Digest.starts_with(handle.as_str()));
    Ok(this.exec(db).await.map_err(fault("session"))?.rows_affected > 0)
}

pub(crate) async fn set_token_used(
    db: &impl ConnectionTrait,
    id: TokenId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let change = token::Entity::update_many().col_expr(token::Column::LastUsed, Expr::value(at));
    change.filter(token::Column::Id.eq(id.as_uuid())).exec(db).await.map_err(fault("token"))?;
    Ok(())
}

pub(crate) async fn revoke_tokens(db: &impl ConnectionTrait, id: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = token::Entity::update_many().col_expr(token::Column::RevokedAt, Expr::value(now));
    let change = change.filter(token::Column::User.eq(id.as_uuid())).filter(token::Column::RevokedAt.is_null());
    change.exec(db).await.map_err(fault("token"))?;
    Ok(())
}
