//! What nodes are run with, and how many processes each may have. Before that, all had the engine's usual runtime and 1024
//! processes, unless `worker.pids` said something else.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, Vclusters::Table, big_integer(Vclusters::Pids).default(1024).take()).await?;
        add(manager, Nodes::Table, text_null(Nodes::Runtime)).await?;
        add(manager, AllowedImages::Table, text_null(AllowedImages::Runtime)).await
    }
}

async fn add(manager: &SchemaManager<'_>, table: impl IntoTableRef, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).take()).await
}

#[derive(DeriveIden)]
enum Vclusters {
    Table,
    Pids,
}

#[derive(DeriveIden)]
enum Nodes {
    Table,
    Runtime,
}

#[derive(DeriveIden)]
enum AllowedImages {
    Table,
    Runtime,
}
