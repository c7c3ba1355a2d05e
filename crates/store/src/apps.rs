//! Statements about apps. Knows no cookie and no code; those are in `entries`.

use control::ports::store::StoreError;
use domain::{
    AppId, UserId, VclusterId,
    app::{App, AppLabel},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter, sea_query::Expr};

use crate::{entity::app, fault::fault};

/// By node and port.
pub(crate) async fn of_vcluster(db: &impl ConnectionTrait, id: VclusterId) -> Result<Vec<App>, StoreError> {
    let rows = app::Entity::find().filter(app::Column::Vcluster.eq(id.as_uuid())).all(db).await;
    let mut apps: Vec<App> = rows.map_err(fault("app"))?.into_iter().map(App::try_from).collect::<Result<_, _>>()?;
    // Not by the database: as texts, `node-10` comes before `node-2`.
    apps.sort_by_key(|app| (app.node, app.port));
    Ok(apps)
}

pub(crate) async fn load(db: &impl ConnectionTrait, id: AppId) -> Result<Option<App>, StoreError> {
    let row = app::Entity::find_by_id(id.as_uuid()).one(db).await.map_err(fault("app"))?;
    row.map(App::try_from).transpose()
}

pub(crate) async fn labelled(db: &impl ConnectionTrait, label: &AppLabel) -> Result<Option<App>, StoreError> {
    let row = app::Entity::find().filter(app::Column::Label.eq(label.as_str())).one(db).await.map_err(fault("app"))?;
    row.map(App::try_from).transpose()
}

pub(crate) async fn pinned(db: &impl ConnectionTrait, owner: UserId) -> Result<u64, StoreError> {
    let theirs =
        app::Entity::find().filter(app::Column::Owner.eq(owner.as_uuid())).filter(app::Column::Pinned.eq(true));
    theirs.count(db).await.map_err(fault("app"))
}

pub(crate) async fn insert(db: &impl ConnectionTrait, app: &App) -> Result<(), StoreError> {
    app::Entity::insert(app::ActiveModel::from(app)).exec_without_returning(db).await.map_err(fault("app"))?;
    Ok(())
}

pub(crate) async fn save(db: &impl ConnectionTrait, app: &App) -> Result<(), StoreError> {
    let change = app::Entity::update_many()
        .col_expr(app::Column::Name, Expr::value(app.name.as_ref().map(ToString::to_string)))
        .col_expr(app::Column::Pinned, Expr::value(app.pinned))
        .col_expr(app::Column::Enabled, Expr::value(app.enabled))
        .col_expr(app::Column::Process, Expr::value(app.process.clone()));
    change.filter(app::Column::Id.eq(app.id.as_uuid())).exec(db).await.map_err(fault("app"))?;
    Ok(())
}

/// Its codes and sessions go with it: their foreign keys cascade.
pub(crate) async fn remove(db: &impl ConnectionTrait, id: AppId) -> Result<(), StoreError> {
    app::Entity::delete_by_id(id.as_uuid()).exec(db).await.map_err(fault("app"))?;
    Ok(())
}
