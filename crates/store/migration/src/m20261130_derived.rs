//! What follows from the rest and is asked for by itself: a vcluster's state, where its subnet begins, and what is held on each
//! worker. The store writes them for vclusters from before.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, index, of) in [
            (text_null(Vclusters::State), "vclusters_state", Vclusters::State),
            (big_integer_null(Vclusters::SubnetStart), "vclusters_subnet_start", Vclusters::SubnetStart),
        ] {
            manager.alter_table(Table::alter().table(Vclusters::Table).add_column(column).take()).await?;
            manager.create_index(Index::create().name(index).table(Vclusters::Table).col(of).take()).await?;
        }
        let held = Table::create()
            .table(WorkerHoldings::Table)
            .col(text(WorkerHoldings::Worker).primary_key())
            .col(big_integer(WorkerHoldings::Vclusters))
            .col(big_integer(WorkerHoldings::Nodes))
            .col(big_integer(WorkerHoldings::CpuMilli))
            .col(big_integer(WorkerHoldings::MemoryMib))
            .col(big_integer(WorkerHoldings::Pids))
            .take();
        manager.create_table(held).await
    }
}

#[derive(DeriveIden)]
enum WorkerHoldings {
    Table,
    Worker,
    Vclusters,
    Nodes,
    CpuMilli,
    MemoryMib,
    Pids,
}

#[derive(DeriveIden)]
enum Vclusters {
    Table,
    State,
    SubnetStart,
}
