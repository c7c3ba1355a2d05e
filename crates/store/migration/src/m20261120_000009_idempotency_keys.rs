//! Which vcluster an idempotency key was answered with; the vcluster may be gone by now.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000001_users::Users;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut user = ForeignKey::create()
            .from(IdempotencyKeys::Table, IdempotencyKeys::User)
            .to(Users::Table, Users::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let keys = Table::create()
            .table(IdempotencyKeys::Table)
            .col(uuid(IdempotencyKeys::User))
            .col(text(IdempotencyKeys::Key))
            .col(text(IdempotencyKeys::Fingerprint))
            .col(uuid(IdempotencyKeys::Vcluster))
            .col(timestamp_with_time_zone(IdempotencyKeys::CreatedAt))
            .primary_key(Index::create().col(IdempotencyKeys::User).col(IdempotencyKeys::Key))
            .foreign_key(&mut user)
            .take();
        manager.create_table(keys).await?;
        let old = Index::create()
            .name("idempotency_keys_created_at")
            .table(IdempotencyKeys::Table)
            .col(IdempotencyKeys::CreatedAt)
            .take();
        manager.create_index(old).await
    }
}

#[derive(DeriveIden)]
enum IdempotencyKeys {
    Table,
    User,
    Key,
    Fingerprint,
    Vcluster,
    CreatedAt,
}
