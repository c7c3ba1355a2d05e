//! What a browser is sent to a provider for besides signing in and linking: showing again who the person is.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let confirms = boolean(PendingSignIns::Confirms).default(false).take();
        manager.alter_table(Table::alter().table(PendingSignIns::Table).add_column(confirms).take()).await
    }
}

#[derive(DeriveIden)]
enum PendingSignIns {
    Table,
    Confirms,
}
