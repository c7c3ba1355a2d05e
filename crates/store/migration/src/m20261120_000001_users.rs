//! People with an account.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let users = Table::create()
            .table(Users::Table)
            .col(pk_uuid(Users::Id))
            .col(text_uniq(Users::Name))
            .col(text(Users::Role))
            .col(boolean(Users::Locked))
            .col(text_null(Users::PasswordHash))
            .col(timestamp_with_time_zone(Users::CreatedAt))
            .take();
        manager.create_table(users).await
    }
}

#[derive(DeriveIden)]
pub(super) enum Users {
    Table,
    Id,
    Name,
    Role,
    Locked,
    PasswordHash,
    CreatedAt,
}
