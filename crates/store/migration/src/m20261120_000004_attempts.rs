//! How often signing in has failed, per account or address.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let attempts = Table::create()
            .table(Attempts::Table)
            .col(text(Attempts::Key).primary_key())
            .col(big_integer(Attempts::Failures))
            .col(timestamp_with_time_zone(Attempts::LastFailure))
            .take();
        manager.create_table(attempts).await?;
        let old =
            Index::create().name("attempts_last_failure").table(Attempts::Table).col(Attempts::LastFailure).take();
        manager.create_index(old).await
    }
}

#[derive(DeriveIden)]
enum Attempts {
    Table,
    Key,
    Failures,
    LastFailure,
}
