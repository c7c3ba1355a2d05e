//! Commands that run to their end, once.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tasks = Table::create()
            .table(Tasks::Table)
            .col(pk_uuid(Tasks::Id))
            .col(uuid(Tasks::Owner))
            .col(text(Tasks::Worker))
            .col(text(Tasks::Spec))
            .col(big_integer(Tasks::Generation))
            .col(text(Tasks::Intent))
            .col(text(Tasks::State))
            .col(boolean(Tasks::Begun))
            .col(timestamp_with_time_zone_null(Tasks::FinishedAt))
            .col(boolean(Tasks::Cleared))
            .take();
        manager.create_table(tasks).await?;
        let left = Index::create().name("tasks_left").table(Tasks::Table).col(Tasks::Cleared).col(Tasks::Worker).take();
        manager.create_index(left).await
    }
}

#[derive(DeriveIden)]
enum Tasks {
    Table,
    Id,
    Owner,
    Worker,
    Spec,
    Generation,
    Intent,
    State,
    Begun,
    FinishedAt,
    Cleared,
}
