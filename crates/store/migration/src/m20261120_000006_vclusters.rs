//! vclusters. Their ids sort by creation, so (owner, id) is also the order of lists.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{m20261120_000001_users::Users, m20261120_000005_operations::Operations};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner =
            ForeignKey::create().from(Vclusters::Table, Vclusters::Owner).to(Users::Table, Users::Id).take();
        let mut latest = ForeignKey::create()
            .from(Vclusters::Table, Vclusters::Operation)
            .to(Operations::Table, Operations::Id)
            .take();
        let vclusters = Table::create()
            .table(Vclusters::Table)
            .col(pk_uuid(Vclusters::Id))
            .col(uuid(Vclusters::Owner))
            .col(text(Vclusters::Name))
            .col(text(Vclusters::Image))
            .col(big_integer(Vclusters::CpuMilli))
            .col(big_integer(Vclusters::MemoryMib))
            .col(text_uniq(Vclusters::Subnet))
            .col(text(Vclusters::Intent))
            .col(uuid(Vclusters::Operation))
            .col(timestamp_with_time_zone(Vclusters::CreatedAt))
            .foreign_key(&mut owner)
            .foreign_key(&mut latest)
            .take();
        manager.create_table(vclusters).await?;
        let names = Index::create()
            .name("vclusters_owner_name")
            .table(Vclusters::Table)
            .col(Vclusters::Owner)
            .col(Vclusters::Name)
            .unique()
            .take();
        manager.create_index(names).await?;
        let list = Index::create()
            .name("vclusters_owner_id")
            .table(Vclusters::Table)
            .col(Vclusters::Owner)
            .col(Vclusters::Id)
            .take();
        manager.create_index(list).await?;
        // A foreign key without an index makes every delete of an operation look through all vclusters.
        let operation =
            Index::create().name("vclusters_operation").table(Vclusters::Table).col(Vclusters::Operation).take();
        manager.create_index(operation).await
    }
}

#[derive(DeriveIden)]
pub(super) enum Vclusters {
    Table,
    Id,
    Owner,
    Name,
    Image,
    CpuMilli,
    MemoryMib,
    Subnet,
    Intent,
    Operation,
    CreatedAt,
}
