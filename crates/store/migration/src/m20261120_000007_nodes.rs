//! The nodes of vclusters. What a node may use is written in its vcluster.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000006_vclusters::Vclusters;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut vcluster = ForeignKey::create()
            .from(Nodes::Table, Nodes::Vcluster)
            .to(Vclusters::Table, Vclusters::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let nodes = Table::create()
            .table(Nodes::Table)
            .col(pk_uuid(Nodes::Id))
            .col(uuid(Nodes::Vcluster))
            .col(text(Nodes::Name))
            .col(text(Nodes::Worker))
            .col(text(Nodes::Ip))
            .col(big_integer(Nodes::Generation))
            .col(text(Nodes::Intent))
            .col(text(Nodes::State))
            .col(text_null(Nodes::Reason))
            .col(boolean(Nodes::Reserved))
            .col(timestamp_with_time_zone_null(Nodes::RunningSince))
            .col(uuid(Nodes::Operation))
            .foreign_key(&mut vcluster)
            .take();
        manager.create_table(nodes).await?;
        let names = Index::create()
            .name("nodes_vcluster_name")
            .table(Nodes::Table)
            .col(Nodes::Vcluster)
            .col(Nodes::Name)
            .unique()
            .take();
        manager.create_index(names).await?;
        // What each worker's tenants hold is added up at every placement, from this index alone. `reserved` does not come
        // first: SQLite, which keeps no statistics, would then begin there to add up what one owner holds.
        let held = Index::create()
            .name("nodes_worker_reserved")
            .table(Nodes::Table)
            .col(Nodes::Worker)
            .col(Nodes::Reserved)
            .col(Nodes::Vcluster)
            .take();
        manager.create_index(held).await
    }
}

#[derive(DeriveIden)]
enum Nodes {
    Table,
    Id,
    Vcluster,
    Name,
    Worker,
    Ip,
    Generation,
    Intent,
    State,
    Reason,
    Reserved,
    RunningSince,
    Operation,
}
