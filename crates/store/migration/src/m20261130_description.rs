//! What owners say their vclusters are for. Before that, there was nothing to say it in.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let description = text(Vclusters::Description).default("").take();
        manager.alter_table(Table::alter().table(Vclusters::Table).add_column(description).take()).await
    }
}

#[derive(DeriveIden)]
enum Vclusters {
    Table,
    Description,
}
