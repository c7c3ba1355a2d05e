//! Statements about people: accounts, tokens, sign-in attempts. Decides nothing about them.

use chrono::{DateTime, Utc};
use control::ports::store::{Account, Attempts, StoreError, Token};
use domain::{TokenId, UserId, name::UserName, user::User};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    entity::{attempt, session, token, user},
    fault::fault,
    people::LONGEST_LIST,
};

pub(crate) async fn account(db: &impl ConnectionTrait, name: &UserName) -> Result<Option<Account>, StoreError> {
    let row = user::Entity::find().filter(user::Column::Name.eq(name.as_str())).one(db).await.map_err(fault("user"))?;
    row.map(Account::try_from).transpose()
}

pub(crate) async fn user(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, StoreError> {
    let row = user::Entity::find_by_id(id.as_uuid()).one(db).await.map_err(fault("user"))?;
    row.map(User::try_from).transpose()
}

/// Ordered by name.
pub(crate) async fn users(db: &impl ConnectionTrait) -> Result<Vec<User>, StoreError> {
    let rows = user::Entity::find().order_by_asc(user::Column::Name).all(db).await.map_err(fault("user"))?;
    rows.into_iter().map(User::try_from).collect()
}

pub(crate) async fn insert(db: &impl ConnectionTrait, account: &Account) -> Result<(), StoreError> {
    user::Entity::insert(user::ActiveModel::from(account)).exec_without_returning(db).await.map_err(fault("user"))?;
    Ok(())
}

pub(crate) async fn set_password(db: &impl ConnectionTrait, id: UserId, hash: &str) -> Result<(), StoreError> {
    let change = user::Entity::update_many().col_expr(user::Column::PasswordHash, Expr::value(hash));
    change.filter(user::Column::Id.eq(id.as_uuid())).exec(db).await.map_err(fault("user"))?;
    Ok(())
}

pub(crate) async fn set_locked(db: &impl ConnectionTrait, id: UserId, locked: bool) -> Result<(), StoreError> {
    // Either value also settles a pending approval: to unlock is to approve, to lock is to refuse for good.
    let change = user::Entity::update_many()
        .col_expr(user::Column::Locked, Expr::value(locked))
        .col_expr(user::Column::Pending, Expr::value(false));
    change.filter(user::Column::Id.eq(id.as_uuid())).exec(db).await.map_err(fault("user"))?;
    Ok(())
}

pub(crate) async fn end_sessions(db: &impl ConnectionTrait, id: UserId) -> Result<(), StoreError> {
    session::Entity::delete_many()
        .filter(session::Column::User.eq(id.as_uuid()))
        .exec(db)
        .await
        .map_err(fault("session"))?;
    Ok(())
}

pub(crate) async fn token(db: &impl ConnectionTrait, digest: &str) -> Result<Option<Token>, StoreError> {
    let row = token::Entity::find().filter(token::Column::Digest.eq(digest)).one(db).await.map_err(fault("token"))?;
    Ok(row.map(Token::from))
}

pub(crate) async fn tokens_of(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Token>, StoreError> {
    let rows = token::Entity::find().filter(token::Column::User.eq(user.as_uuid())).order_by_desc(token::Column::Id);
    let rows = rows.limit(LONGEST_LIST);
    Ok(rows.all(db).await.map_err(fault("token"))?.into_iter().map(Token::from).collect())
}

pub(crate) async fn insert_token(db: &impl ConnectionTrait, token: &Token) -> Result<(), StoreError> {
    token::Entity::insert(token::ActiveModel::from(token)).exec_without_returning(db).await.map_err(fault("token"))?;
    Ok(())
}

/// Of the user's tokens that are not good any more, only the newest stay.
pub(crate) async fn drop_dead_tokens(
    db: &impl ConnectionTrait,
    user: UserId,
    now: DateTime<Utc>,
    kept: u64,
) -> Result<(), StoreError> {
    use token::Column::{ExpiresAt, Id, RevokedAt, User};
    let dead = Condition::any().add(RevokedAt.is_not_null()).add(ExpiresAt.lte(now));
    let dead = token::Entity::find().filter(User.eq(user.as_uuid())).filter(dead).order_by_desc(Id);
    let ids = dead.select_only().column(Id).into_tuple::<Uuid>().all(db).await.map_err(fault("token"))?;
    let old: Vec<Uuid> = ids.into_iter().skip(usize::try_from(kept).unwrap_or(usize::MAX)).collect();
    if !old.is_empty() {
        token::Entity::delete_many().filter(Id.is_in(old)).exec(db).await.map_err(fault("token"))?;
    }
    Ok(())
}

/// A token that was revoked before keeps the time of the first revocation.
pub(crate) async fn revoke_token(db: &impl ConnectionTrait, id: TokenId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let change = token::Entity::update_many().col_expr(token::Column::RevokedAt, Expr::value(now));
    let change = change.filter(token::Column::Id.eq(id.as_uuid())).filter(token::Column::RevokedAt.is_null());
    change.exec(db).await.map_err(fault("token"))?;
    Ok(())
}

pub(crate) async fn attempts(db: &impl ConnectionTrait, key: &str) -> Result<Option<Attempts>, StoreError> {
    let row = attempt::Entity::find_by_id(key).one(db).await.map_err(fault("sign-in attempt"))?;
    row.map(Attempts::try_from).transpose()
}

pub(crate) async fn set_attempts(db: &impl ConnectionTrait, attempts: &Attempts) -> Result<(), StoreError> {
    let replace = OnConflict::column(attempt::Column::Key)
        .update_columns([attempt::Column::Failures, attempt::Column::LastFailure])
        .to_owned();
    let insert = attempt::Entity::insert(attempt::ActiveModel::from(attempts)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault("sign-in attempt"))?;
    Ok(())
}

pub(crate) async fn clear_attempts(db: &impl ConnectionTrait, key: &str) -> Result<(), StoreError> {
    attempt::Entity::delete_by_id(key).exec(db).await.map_err(fault("sign-in attempt"))?;
    Ok(())
}
