//! What is to be known of a node besides its state.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let notes = Table::alter().table(Nodes::Table).add_column(text_null(Nodes::Notes)).take();
        manager.alter_table(notes).await
    }
}

#[derive(DeriveIden)]
enum Nodes {
    Table,
    Notes,
}
