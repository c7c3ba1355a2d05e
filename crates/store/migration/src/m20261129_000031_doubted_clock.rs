//! Since when the clock is doubted: a machine that is off at night doubts it no longer than one that is always on.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let since = timestamp_with_time_zone_null(Record::ClockDoubtedSince);
        manager.alter_table(Table::alter().table(Record::Table).add_column(since).take()).await
    }
}

#[derive(DeriveIden)]
enum Record {
    Table,
    ClockDoubtedSince,
}
