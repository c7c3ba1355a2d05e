//! How users get in: API tokens, browser sessions, sign-in attempts. What tower-sessions wants of sessions is in `sessions`.

use chrono::{DateTime, Utc};
use control::ports::store::{AccessReads, AccessWrites, Attempts, BrowserSession, SessionKey, StoreError, Token};
use domain::{SessionHandle, TokenId, UserId};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    entity::{attempt, session, token},
    fault::{fault, unreadable},
    sql::{Connection, Sql, SqlTransaction},
};

/// More sessions or tokens of one user than can be: no list is without end, whatever is in the record.
const LONGEST_LIST: u64 = 1_000;

#[async_trait::async_trait]
impl<C: Connection> AccessReads for Sql<C> {
    async fn token(&self, digest: &str) -> Result<Option<Token>, StoreError> {
        let row = token::Entity::find()
            .filter(token::Column::Digest.eq(digest))
            .one(self.db())
            .await
            .map_err(fault("token"))?;
        row.map(Token::try_from).transpose()
    }

    async fn tokens_of(&self, user: UserId) -> Result<Vec<Token>, StoreError> {
        let rows =
            token::Entity::find().filter(token::Column::User.eq(user.as_uuid())).order_by_desc(token::Column::Id);
        let rows = rows.limit(LONGEST_LIST);
        rows.all(self.db()).await.map_err(fault("token"))?.into_iter().map(Token::try_from).collect()
    }

    async fn sessions_of(&self, id: UserId, now: DateTime<Utc>) -> Result<Vec<BrowserSession>, StoreError> {
        let living = session::Entity::find()
            .filter(session::Column::User.eq(id.as_uuid()))
            .filter(session::Column::ExpiresAt.gt(now));
        let newest = living.order_by_desc(session::Column::LastSeen).limit(LONGEST_LIST);
        let rows = newest.all(self.db()).await.map_err(fault("session"))?;
        let mut sessions: Vec<BrowserSession> = rows.into_iter().map(browser_session).collect::<Result<_, _>>()?;
        sessions.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.handle.as_str().cmp(b.handle.as_str())));
        Ok(sessions)
    }

    async fn session_user(&self, key: &SessionKey, now: DateTime<Utc>) -> Result<Option<UserId>, StoreError> {
        let row = session::Entity::find_by_id(key.as_str()).one(self.db()).await.map_err(fault("session"))?;
        Ok(row.filter(|row| row.expires_at > now).and_then(|row| row.user).map(UserId::new))
    }

    async fn attempts(&self, key: &str) -> Result<Option<Attempts>, StoreError> {
        let row = attempt::Entity::find_by_id(key).one(self.db()).await.map_err(fault("sign-in attempt"))?;
        row.map(Attempts::try_from).transpose()
    }
}

#[async_trait::async_trait]
impl AccessWrites for SqlTransaction {
    async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError> {
        token::Entity::insert(token::ActiveModel::from(token))
            .exec_without_returning(self.db())
            .await
            .map_err(fault("token"))?;
        Ok(())
    }

    async fn revoke_token(&mut self, id: TokenId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let change = token::Entity::update_many().col_expr(token::Column::RevokedAt, Expr::value(now));
        let change = change.filter(token::Column::Id.eq(id.as_uuid())).filter(token::Column::RevokedAt.is_null());
        change.exec(self.db()).await.map_err(fault("token"))?;
        Ok(())
    }

    async fn set_token_used(&mut self, id: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let change = token::Entity::update_many().col_expr(token::Column::LastUsed, Expr::value(at));
        change.filter(token::Column::Id.eq(id.as_uuid())).exec(self.db()).await.map_err(fault("token"))?;
        Ok(())
    }

    async fn revoke_tokens(&mut self, id: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let change = token::Entity::update_many().col_expr(token::Column::RevokedAt, Expr::value(now));
        let change = change.filter(token::Column::User.eq(id.as_uuid())).filter(token::Column::RevokedAt.is_null());
        change.exec(self.db()).await.map_err(fault("token"))?;
        Ok(())
    }

    async fn drop_dead_tokens(&mut self, user: UserId, now: DateTime<Utc>, kept: u64) -> Result<(), StoreError> {
        let db = self.db();
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

    async fn end_sessions(&mut self, id: UserId) -> Result<(), StoreError> {
        session::Entity::delete_many()
            .filter(session::Column::User.eq(id.as_uuid()))
            .exec(self.db())
            .await
            .map_err(fault("session"))?;
        Ok(())
    }

    async fn end_sessions_but(&mut self, id: UserId, kept: &SessionHandle) -> Result<(), StoreError> {
        let others = session::Entity::delete_many()
            .filter(session::Column::User.eq(id.as_uuid()))
            .filter(session::Column::Digest.starts_with(kept.as_str()).not());
        others.exec(self.db()).await.map_err(fault("session"))?;
        Ok(())
    }

    async fn end_session(&mut self, id: UserId, handle: &SessionHandle) -> Result<bool, StoreError> {
        let this = session::Entity::delete_many()
            .filter(session::Column::User.eq(id.as_uuid()))
            .filter(session::Column::Digest.starts_with(handle.as_str()));
        Ok(this.exec(self.db()).await.map_err(fault("session"))?.rows_affected > 0)
    }

    async fn set_attempts(&mut self, attempts: &Attempts) -> Result<(), StoreError> {
        let replace = OnConflict::column(attempt::Column::Key)
            .update_columns([attempt::Column::Failures, attempt::Column::LastFailure])
            .to_owned();
        let insert = attempt::Entity::insert(attempt::ActiveModel::from(attempts)).on_conflict(replace);
        insert.exec_without_returning(self.db()).await.map_err(fault("sign-in attempt"))?;
        Ok(())
    }

    async fn clear_attempts(&mut self, key: &str) -> Result<(), StoreError> {
        attempt::Entity::delete_by_id(key).exec(self.db()).await.map_err(fault("sign-in attempt"))?;
        Ok(())
    }
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
