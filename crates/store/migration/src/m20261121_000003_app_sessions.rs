//! Browsers that are inside apps, by the digest of their cookie. They go with the portal session they came from.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261121_000001_apps::Apps;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut app = ForeignKey::create()
            .from(AppSessions::Table, AppSessions::App)
            .to(Apps::Table, Apps::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let mut session = ForeignKey::create()
            .from(AppSessions::Table, AppSessions::Session)
            .to(Sessions::Table, Sessions::Digest)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let sessions = Table::create()
            .table(AppSessions::Table)
            .col(text(AppSessions::Digest).primary_key())
            .col(uuid(AppSessions::App))
            .col(text(AppSessions::Session))
            .col(timestamp_with_time_zone(AppSessions::CreatedAt))
            .foreign_key(&mut app)
            .foreign_key(&mut session)
            .take();
        manager.create_table(sessions).await?;
        let of_session = Index::create()
            .name("app_sessions_session_app")
            .table(AppSessions::Table)
            .col(AppSessions::Session)
            .col(AppSessions::App)
            .take();
        manager.create_index(of_session).await?;
        let of_app = Index::create().name("app_sessions_app").table(AppSessions::Table).col(AppSessions::App).take();
        manager.create_index(of_app).await
    }
}

#[derive(DeriveIden)]
enum AppSessions {
    Table,
    Digest,
    App,
    Session,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Digest,
}
