//! What the record knows beyond vclusters: its own term, the nodes it has let go of, and containers it does not know.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row, which a later migration inserts.
        let record = Table::create()
            .table(Record::Table)
            .col(big_integer(Record::Id).primary_key())
            .col(big_integer(Record::Term))
            .col(timestamp_with_time_zone_null(Record::SweptAt))
            .take();
        manager.create_table(record).await?;
        let departed = Table::create()
            .table(DepartedNodes::Table)
            .col(pk_uuid(DepartedNodes::Id))
            .col(uuid(DepartedNodes::Vcluster))
            .col(big_integer(DepartedNodes::Generation))
            .col(timestamp_with_time_zone(DepartedNodes::DepartedAt))
            .take();
        manager.create_table(departed).await?;
        let unclaimed = Table::create()
            .table(UnclaimedNodes::Table)
            .col(pk_uuid(UnclaimedNodes::Id))
            .col(text(UnclaimedNodes::Worker))
            .col(uuid(UnclaimedNodes::Vcluster))
            .col(uuid(UnclaimedNodes::Owner))
            .col(big_integer(UnclaimedNodes::Generation))
            .col(timestamp_with_time_zone(UnclaimedNodes::FoundAt))
            .take();
        manager.create_table(unclaimed).await
    }
}

#[derive(DeriveIden)]
enum Record {
    Table,
    Id,
    Term,
    SweptAt,
}

#[derive(DeriveIden)]
enum DepartedNodes {
    Table,
    Id,
    Vcluster,
    Generation,
    DepartedAt,
}

#[derive(DeriveIden)]
enum UnclaimedNodes {
    Table,
    Id,
    Worker,
    Vcluster,
    Owner,
    Generation,
    FoundAt,
}
