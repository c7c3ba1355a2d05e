//! The user who asked for each operation. History: the user is no foreign key, and neither is the vcluster.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by = Table::alter().table(Operations::Table).add_column(uuid_null(Operations::By)).take();
        manager.alter_table(by).await?;
        // A vcluster's history, newest first: ids sort by creation.
        let history = Index::create()
            .name("operations_vcluster_id")
            .table(Operations::Table)
            .col(Operations::Vcluster)
            .col(Operations::Id)
            .take();
        manager.create_index(history).await?;
        let old =
            Index::create().name("operations_started_at").table(Operations::Table).col(Operations::StartedAt).take();
        manager.create_index(old).await
    }
}

#[derive(DeriveIden)]
enum Operations {
    Table,
    Id,
    Vcluster,
    By,
    StartedAt,
}
