//! What was asked of vclusters. Outlives them: it is history, so `vcluster` is no foreign key.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let operations = Table::create()
            .table(Operations::Table)
            .col(pk_uuid(Operations::Id))
            .col(uuid(Operations::Vcluster))
            .col(text(Operations::Kind))
            .col(text(Operations::State))
            .col(text_null(Operations::Reason))
            .col(timestamp_with_time_zone(Operations::StartedAt))
            .col(timestamp_with_time_zone_null(Operations::FinishedAt))
            .take();
        manager.create_table(operations).await?;
        let of_vcluster = Index::create()
            .name("operations_vcluster_state")
            .table(Operations::Table)
            .col(Operations::Vcluster)
            .col(Operations::State)
            .take();
        manager.create_index(of_vcluster).await
    }
}

#[derive(DeriveIden)]
pub(super) enum Operations {
    Table,
    Id,
    Vcluster,
    Kind,
    State,
    Reason,
    StartedAt,
    FinishedAt,
}
