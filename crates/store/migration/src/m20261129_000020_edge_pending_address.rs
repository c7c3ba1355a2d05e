//! From which address a sign-in was begun: each has a share of those that are under way.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new(PendingSignIns::Address).text().not_null().default("").take();
        manager.alter_table(Table::alter().table(PendingSignIns::Table).add_column(column).take()).await?;
        let of_address = Index::create()
            .name("pending_sign_ins_address")
            .table(PendingSignIns::Table)
            .col(PendingSignIns::Address)
            .col(PendingSignIns::ExpiresAt)
            .take();
        manager.create_index(of_address).await
    }
}

#[derive(DeriveIden)]
enum PendingSignIns {
    Table,
    Address,
    ExpiresAt,
}
