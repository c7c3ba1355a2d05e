//! API tokens, by the digest of their secret.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000001_users::Users;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create()
            .from(Tokens::Table, Tokens::User)
            .to(Users::Table, Users::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let tokens = Table::create()
            .table(Tokens::Table)
            .col(pk_uuid(Tokens::Id))
            .col(uuid(Tokens::User))
            .col(text_uniq(Tokens::Digest))
            .col(text(Tokens::Prefix))
            .col(timestamp_with_time_zone(Tokens::CreatedAt))
            .col(timestamp_with_time_zone(Tokens::ExpiresAt))
            .col(timestamp_with_time_zone_null(Tokens::RevokedAt))
            .foreign_key(&mut owner)
            .take();
        manager.create_table(tokens).await?;
        let of_user = Index::create().name("tokens_user").table(Tokens::Table).col(Tokens::User).take();
        manager.create_index(of_user).await?;
        let expired = Index::create().name("tokens_expires_at").table(Tokens::Table).col(Tokens::ExpiresAt).take();
        manager.create_index(expired).await
    }
}

#[derive(DeriveIden)]
enum Tokens {
    Table,
    Id,
    User,
    Digest,
    Prefix,
    CreatedAt,
    ExpiresAt,
    RevokedAt,
}
