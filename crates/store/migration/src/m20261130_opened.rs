//! What users reached into, from where and by what, in the history of their vclusters.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let opened = Table::alter().table(Operations::Table).add_column(text_null(Operations::Opened)).take();
        manager.alter_table(opened).await
    }
}

#[derive(DeriveIden)]
enum Operations {
    Table,
    Opened,
}
