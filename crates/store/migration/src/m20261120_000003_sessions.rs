//! Browser sessions, by the digest of their id.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000001_users::Users;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut user = ForeignKey::create()
            .from(Sessions::Table, Sessions::User)
            .to(Users::Table, Users::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let sessions = Table::create()
            .table(Sessions::Table)
            .col(text(Sessions::Digest).primary_key())
            .col(uuid_null(Sessions::User))
            .col(json(Sessions::Data))
            .col(timestamp_with_time_zone(Sessions::ExpiresAt))
            .foreign_key(&mut user)
            .take();
        manager.create_table(sessions).await?;
        let of_user = Index::create().name("sessions_user").table(Sessions::Table).col(Sessions::User).take();
        manager.create_index(of_user).await?;
        let expired =
            Index::create().name("sessions_expires_at").table(Sessions::Table).col(Sessions::ExpiresAt).take();
        manager.create_index(expired).await
    }
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Digest,
    User,
    Data,
    ExpiresAt,
}
