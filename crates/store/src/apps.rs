//! Apps, and entering them: one-time codes, the sessions they are turned into, and what decides about a request.

use chrono::{DateTime, Utc};
use control::ports::store::{Admission, AppReads, AppSession, AppWrites, EntryPass, StoreError};
use domain::{
    AppId, UserId, VclusterId,
    app::{App, AppLabel},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Order, PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect,
    Select, prelude::Uuid, sea_query::Expr,
};

use crate::{
    entity::{app, app_session, entry_pass, session},
    fault::fault,
    sql::{Connection, Sql, SqlTransaction},
    users, vclusters,
};

#[async_trait::async_trait]
impl<C: Connection> AppReads for Sql<C> {
    async fn apps_of(&self, id: VclusterId) -> Result<Vec<App>, StoreError> {
        let rows = app::Entity::find().filter(app::Column::Vcluster.eq(id.as_uuid())).all(self.db()).await;
        let mut apps: Vec<App> =
            rows.map_err(fault("app"))?.into_iter().map(App::try_from).collect::<Result<_, _>>()?;
        // Not by the database: as texts, `node-10` comes before `node-2`.
        apps.sort_by_key(|app| (app.node, app.port));
        Ok(apps)
    }

    async fn app(&self, id: AppId) -> Result<Option<App>, StoreError> {
        load(self.db(), id).await
    }

    async fn app_labelled(&self, label: &AppLabel) -> Result<Option<App>, StoreError> {
        let row = app::Entity::find()
            .filter(app::Column::Label.eq(label.as_str()))
            .one(self.db())
            .await
            .map_err(fault("app"))?;
        row.map(App::try_from).transpose()
    }

    async fn pinned_apps(&self, owner: UserId) -> Result<u64, StoreError> {
        let theirs =
            app::Entity::find().filter(app::Column::Owner.eq(owner.as_uuid())).filter(app::Column::Pinned.eq(true));
        theirs.count(self.db()).await.map_err(fault("app"))
    }

    async fn admission(&self, digest: &str) -> Result<Option<Admission>, StoreError> {
        let db = &*self.snapshot().await?;
        let row = app_session::Entity::find_by_id(digest).one(db).await.map_err(fault("app session"))?;
        let Some(row) = row else { return Ok(None) };
        let inside = AppSession::from(row);
        let portal = session::Entity::find_by_id(inside.session.as_str()).one(db).await.map_err(fault("session"))?;
        let Some((user, expires_at)) = portal.and_then(|row| Some((UserId::new(row.user?), row.expires_at))) else {
            return Ok(None);
        };
        let (user, app) = (users::user(db, user).await?, load(db, inside.app).await?);
        let (Some(user), Some(app)) = (user, app) else { return Ok(None) };
        let vcluster = vclusters::load(db, app.vcluster).await?;
        Ok(vcluster.map(|vcluster| Admission { session: inside, app, user, expires_at, vcluster }))
    }
}

#[async_trait::async_trait]
impl AppWrites for SqlTransaction {
    async fn insert_app(&mut self, app: &App) -> Result<(), StoreError> {
        let savepoint = self.savepoint().await?;
        let insert = app::Entity::insert(app::ActiveModel::from(app));
        let done = insert.exec_without_returning(savepoint.db()).await.map(drop).map_err(fault("app"));
        savepoint.end(done).await
    }

    async fn save_app(&mut self, app: &App) -> Result<(), StoreError> {
        let change = app::Entity::update_many()
            .col_expr(app::Column::Name, Expr::value(app.name.as_ref().map(ToString::to_string)))
            .col_expr(app::Column::Pinned, Expr::value(app.pinned))
            .col_expr(app::Column::Enabled, Expr::value(app.enabled))
            .col_expr(app::Column::Process, Expr::value(app.process.clone()));
        change.filter(app::Column::Id.eq(app.id.as_uuid())).exec(self.db()).await.map_err(fault("app"))?;
        Ok(())
    }

    async fn remove_app(&mut self, id: AppId) -> Result<(), StoreError> {
        app::Entity::delete_by_id(id.as_uuid()).exec(self.db()).await.map_err(fault("app"))?;
        Ok(())
    }

    async fn insert_entry_pass(&mut self, pass: &EntryPass, most: u32, now: DateTime<Utc>) -> Result<(), StoreError> {
        let db = self.db();
        use entry_pass::Column::{Digest, ExpiresAt, User};
        let late = entry_pass::Entity::delete_many().filter(User.eq(pass.user.as_uuid())).filter(ExpiresAt.lte(now));
        late.exec(db).await.map_err(fault("entry code"))?;
        let oldest_first =
            entry_pass::Entity::find().filter(User.eq(pass.user.as_uuid())).order_by(ExpiresAt, Order::Asc);
        let surplus = surplus(db, oldest_first.select_only().column(Digest), most).await?;
        let surplus = entry_pass::Entity::delete_many().filter(Digest.is_in(surplus));
        surplus.exec(db).await.map_err(fault("entry code"))?;
        let row = entry_pass::ActiveModel::from(pass);
        entry_pass::Entity::insert(row).exec_without_returning(db).await.map_err(fault("entry code"))?;
        Ok(())
    }

    async fn take_entry_pass(&mut self, digest: &str) -> Result<Option<EntryPass>, StoreError> {
        let db = self.db();
        let row = entry_pass::Entity::find_by_id(digest).one(db).await.map_err(fault("entry code"))?;
        let Some(row) = row else { return Ok(None) };
        let taken = entry_pass::Entity::delete_by_id(digest).exec(db).await.map_err(fault("entry code"))?;
        // On a database where transactions run beside each other, only one of them deletes it.
        Ok((taken.rows_affected == 1).then(|| row.into()))
    }

    async fn insert_app_session(&mut self, inside: &AppSession, most: u32) -> Result<(), StoreError> {
        let db = self.db();
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

    async fn end_app_sessions(&mut self, app: AppId) -> Result<(), StoreError> {
        let db = self.db();
        let id: Uuid = app.as_uuid();
        let passes = entry_pass::Entity::delete_many().filter(entry_pass::Column::App.eq(id));
        passes.exec(db).await.map_err(fault("entry code"))?;
        let sessions = app_session::Entity::delete_many().filter(app_session::Column::App.eq(id));
        sessions.exec(db).await.map_err(fault("app session"))?;
        Ok(())
    }
}

async fn load(db: &impl ConnectionTrait, id: AppId) -> Result<Option<App>, StoreError> {
    let row = app::Entity::find_by_id(id.as_uuid()).one(db).await.map_err(fault("app"))?;
    row.map(App::try_from).transpose()
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

pub(crate) async fn drop_late_passes(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let late = entry_pass::Entity::delete_many().filter(entry_pass::Column::ExpiresAt.lte(now));
    Ok(late.exec(db).await.map_err(fault("entry code"))?.rows_affected)
}
