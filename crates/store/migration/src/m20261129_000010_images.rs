//! The images that may be used, as administrators list them. No row: what the configuration allows.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(AllowedImages::Table)
            .col(text(AllowedImages::Pattern).primary_key())
            .col(text(AllowedImages::AddedBy))
            .col(timestamp_with_time_zone(AllowedImages::AddedAt))
            .take();
        manager.create_table(table).await
    }
}

#[derive(DeriveIden)]
enum AllowedImages {
    Table,
    Pattern,
    AddedBy,
    AddedAt,
}
