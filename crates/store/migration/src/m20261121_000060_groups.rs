//! Which group a user is in. What a group may hold is in the configuration.

use sea_orm_migration::{prelude::*, schema::text_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Users::Table).add_column(text_null(Users::GroupName)).take()).await
    }
}

#[derive(DeriveIden)]
enum Users {
    Table,
    /// `group` is a word of SQL.
    GroupName,
}
