//! What runs again by itself after a restart of its host, how often that was tried, and which host it was.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, Vclusters::Table, boolean(Vclusters::Autostart).default(true).take()).await?;
        add(manager, Nodes::Table, big_integer(Nodes::Tries).default(0).take()).await?;
        add(manager, Operations::Table, text_null(Operations::Host)).await
    }
}

async fn add(manager: &SchemaManager<'_>, table: impl IntoTableRef, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).take()).await
}

#[derive(DeriveIden)]
enum Vclusters {
    Table,
    Autostart,
}

#[derive(DeriveIden)]
enum Nodes {
    Table,
    Tries,
}

#[derive(DeriveIden)]
enum Operations {
    Table,
    Host,
}
