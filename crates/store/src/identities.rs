//! People who sign in at a provider: identities, sign-ins that are under way, sessions that stand on one.

use chrono::{DateTime, Utc};
use control::ports::store::{
    Account, AccountStatus, Identity, IdentityReads, IdentityWrites, PendingShares, PendingSignIn, ProviderSession,
    SessionKey, StoreError,
};
use domain::{UserId, user::Role};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, Order, PaginatorTrait as _, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
    prelude::Uuid,
    sea_query::{Expr, SimpleExpr},
};

use crate::{
    apps::surplus,
    entity::{identity, pending_sign_in, provider_session, session, user},
    fault::fault,
    sql::{Connection, Sql, SqlTransaction},
};

#[async_trait::async_trait]
impl<C: Connection> IdentityReads for Sql<C> {
    async fn identity(&self, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError> {
        let key = (issuer.to_owned(), subject.to_owned());
        let row = identity::Entity::find_by_id(key).one(self.db()).await.map_err(fault("identity"))?;
        Ok(row.map(Identity::from))
    }

    async fn identities_of(&self, user: UserId) -> Result<Vec<Identity>, StoreError> {
        let theirs = identity::Entity::find().filter(identity::Column::User.eq(user.as_uuid()));
        let theirs = theirs.order_by(identity::Column::CreatedAt, Order::Asc);
        let rows = theirs.all(self.db()).await.map_err(fault("identity"))?;
        Ok(rows.into_iter().map(Identity::from).collect())
    }

    async fn account_status(&self, user: UserId) -> Result<Option<AccountStatus>, StoreError> {
        let row = user::Entity::find_by_id(user.as_uuid()).one(self.db()).await.map_err(fault("user"))?;
        let Some(row) = row else { return Ok(None) };
        let pending = row.pending;
        let Account { user, password_hash } = row.try_into()?;
        Ok(Some(AccountStatus { user, pending, has_password: password_hash.is_some() }))
    }

    async fn provider_session(&self, key: &SessionKey) -> Result<Option<ProviderSession>, StoreError> {
        let row = provider_session::Entity::find_by_id(key.as_str()).one(self.db()).await;
        Ok(row.map_err(fault("provider's session"))?.map(ProviderSession::from))
    }

    async fn is_a_session_due(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let due = provider_session::Entity::find().filter(provider_session::Column::DueAt.lte(now));
        Ok(due.one(self.db()).await.map_err(fault("provider's session"))?.is_some())
    }

    async fn has_administrator_from(&self, issuers: &[String]) -> Result<bool, StoreError> {
        let db = self.db();
        let theirs = identity::Entity::find().filter(identity::Column::Issuer.is_in(issuers)).select_only();
        let users: Vec<Uuid> =
            theirs.column(identity::Column::User).into_tuple().all(db).await.map_err(fault("identity"))?;
        let administrators = user::Entity::find()
            .filter(user::Column::Id.is_in(users))
            .filter(user::Column::Role.eq(Role::Admin.as_str()))
            .filter(user::Column::Locked.eq(false));
        Ok(administrators.count(db).await.map_err(fault("user"))? > 0)
    }
}

#[async_trait::async_trait]
impl IdentityWrites for SqlTransaction {
    async fn insert_pending_sign_in(
        &mut self,
        pending: &PendingSignIn,
        shares: PendingShares,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        use pending_sign_in::Column::{Address, Browser};
        let db = self.db();
        drop_late(db, now).await?;
        make_room(db, Browser.eq(&pending.browser), shares.of_browser).await?;
        make_room(db, Address.eq(&pending.address), shares.of_address).await?;
        if pending_sign_in::Entity::find().count(db).await.map_err(fault("sign-in"))? >= shares.of_all {
            drop_one_of_the_most(db).await?;
        }
        let row = pending_sign_in::ActiveModel::from(pending);
        pending_sign_in::Entity::insert(row).exec_without_returning(db).await.map_err(fault("sign-in"))?;
        Ok(())
    }

    async fn take_pending_sign_in(&mut self, digest: &str, browser: &str) -> Result<Option<PendingSignIn>, StoreError> {
        let db = self.db();
        let theirs = pending_sign_in::Entity::find_by_id(digest).filter(pending_sign_in::Column::Browser.eq(browser));
        let Some(row) = theirs.one(db).await.map_err(fault("sign-in"))? else { return Ok(None) };
        pending_sign_in::Entity::delete_by_id(digest).exec(db).await.map_err(fault("sign-in"))?;
        row.try_into().map(Some)
    }

    async fn insert_identity(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let row = identity::ActiveModel::from(identity);
        identity::Entity::insert(row).exec_without_returning(self.db()).await.map_err(fault("identity"))?;
        Ok(())
    }

    async fn save_identity(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let change = identity::Entity::update_many()
            .col_expr(identity::Column::Provider, Expr::value(identity.provider.as_str()))
            .col_expr(identity::Column::Shown, Expr::value(identity.shown.as_str()))
            .col_expr(identity::Column::LastSignIn, Expr::value(identity.last_sign_in))
            .filter(identity::Column::Issuer.eq(&identity.issuer))
            .filter(identity::Column::Subject.eq(&identity.subject));
        change.exec(self.db()).await.map_err(fault("identity"))?;
        Ok(())
    }

    async fn remove_identity(&mut self, user: UserId, issuer: &str, subject: &str) -> Result<bool, StoreError> {
        let theirs = identity::Entity::delete_many()
            .filter(identity::Column::Issuer.eq(issuer))
            .filter(identity::Column::Subject.eq(subject))
            .filter(identity::Column::User.eq(user.as_uuid()));
        Ok(theirs.exec(self.db()).await.map_err(fault("identity"))?.rows_affected > 0)
    }

    async fn insert_provider_session(&mut self, session: &ProviderSession) -> Result<(), StoreError> {
        let row = provider_session::ActiveModel::from(session);
        let insert = provider_session::Entity::insert(row);
        insert.exec_without_returning(self.db()).await.map_err(fault("provider's session"))?;
        Ok(())
    }

    async fn take_due_sessions(
        &mut self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        most: u32,
    ) -> Result<Vec<ProviderSession>, StoreError> {
        use provider_session::Column::{DueAt, Session};
        let db = self.db();
        let due = provider_session::Entity::find().filter(DueAt.lte(now)).order_by(DueAt, Order::Asc);
        let rows = due.limit(u64::from(most)).all(db).await.map_err(fault("provider's session"))?;
        let keys = rows.iter().map(|row| row.session.as_str());
        let take = provider_session::Entity::update_many().col_expr(DueAt, Expr::value(until));
        take.filter(Session.is_in(keys)).exec(db).await.map_err(fault("provider's session"))?;
        Ok(rows.into_iter().map(ProviderSession::from).collect())
    }

    async fn save_provider_session(
        &mut self,
        session: &ProviderSession,
        was: Option<&str>,
    ) -> Result<bool, StoreError> {
        use provider_session::Column::{DueAt, IdToken, RefreshToken, Sid};
        let change = provider_session::Entity::update_many()
            .col_expr(Sid, Expr::value(session.sid.clone()))
            .col_expr(RefreshToken, Expr::value(session.refresh_token.clone()))
            .col_expr(IdToken, Expr::value(session.id_token.clone()))
            .col_expr(DueAt, Expr::value(session.due_at))
            .filter(still(&session.key, was));
        Ok(change.exec(self.db()).await.map_err(fault("provider's session"))?.rows_affected > 0)
    }

    async fn end_session_of_key(&mut self, key: &SessionKey, was: Option<&str>) -> Result<(), StoreError> {
        let kept = provider_session::Entity::find().select_only().column(provider_session::Column::Session);
        let this = session::Column::Digest.in_subquery(kept.filter(still(key, was)).into_query());
        session::Entity::delete_many().filter(this).exec(self.db()).await.map_err(fault("session"))?;
        Ok(())
    }

    async fn end_provider_sessions(
        &mut self,
        issuer: &str,
        subject: Option<&str>,
        sid: Option<&str>,
    ) -> Result<u64, StoreError> {
        use provider_session::Column::{Issuer, Session, Sid, Subject};
        let mut named = provider_session::Entity::find().filter(Issuer.eq(issuer)).select_only().column(Session);
        named = match (subject, sid) {
            (None, None) => return Ok(0),
            (Some(subject), None) => named.filter(Subject.eq(subject)),
            (None, Some(sid)) => named.filter(Sid.eq(sid)),
            (Some(subject), Some(sid)) => {
                let named = named.filter(Subject.eq(subject));
                named.filter(Condition::any().add(Sid.eq(sid)).add(Sid.is_null()))
            }
        };
        let keys: Vec<String> = named.into_tuple().all(self.db()).await.map_err(fault("provider's session"))?;
        let end = session::Entity::delete_many().filter(session::Column::Digest.is_in(keys));
        Ok(end.exec(self.db()).await.map_err(fault("session"))?.rows_affected)
    }
}

/// The session, while its refresh token is this one.
fn still(key: &SessionKey, was: Option<&str>) -> SimpleExpr {
    use provider_session::Column::{RefreshToken, Session};
    let token = was.map_or_else(|| RefreshToken.is_null(), |was| RefreshToken.eq(was));
    Session.eq(key.as_str()).and(token)
}

/// The oldest of these go, so that with one more there are `most`.
async fn make_room(db: &impl ConnectionTrait, these: SimpleExpr, most: u32) -> Result<(), StoreError> {
    use pending_sign_in::Column::{Digest, ExpiresAt};
    let oldest_first = pending_sign_in::Entity::find().filter(these).order_by(ExpiresAt, Order::Asc);
    let surplus = surplus(db, oldest_first.select_only().column(Digest), most).await?;
    if surplus.is_empty() {
        return Ok(());
    }
    let surplus = pending_sign_in::Entity::delete_many().filter(Digest.is_in(surplus));
    surplus.exec(db).await.map_err(fault("sign-in"))?;
    Ok(())
}

/// From the address that has the most, so that a flood from a few addresses pushes out its own sign-ins.
async fn drop_one_of_the_most(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    use pending_sign_in::Column::{Address, Digest, ExpiresAt};
    let greediest = pending_sign_in::Entity::find().select_only().column(Address).group_by(Address);
    let greediest = greediest.order_by(Digest.count(), Order::Desc).limit(1).into_tuple::<String>();
    let Some(address) = greediest.one(db).await.map_err(fault("sign-in"))? else { return Ok(()) };
    let oldest = pending_sign_in::Entity::find().select_only().column(Digest).filter(Address.eq(address));
    let oldest = oldest.order_by(ExpiresAt, Order::Asc).limit(1).into_tuple::<String>();
    let Some(oldest) = oldest.one(db).await.map_err(fault("sign-in"))? else { return Ok(()) };
    pending_sign_in::Entity::delete_by_id(oldest).exec(db).await.map_err(fault("sign-in"))?;
    Ok(())
}

pub(crate) async fn drop_late(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let late = pending_sign_in::Entity::delete_many().filter(pending_sign_in::Column::ExpiresAt.lte(now));
    Ok(late.exec(db).await.map_err(fault("sign-in"))?.rows_affected)
}
