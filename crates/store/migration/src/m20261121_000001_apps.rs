//! Apps: ports of nodes under names of their own. One goes with its node, and so with its vcluster.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000006_vclusters::Vclusters;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut vcluster = ForeignKey::create()
            .from(Apps::Table, Apps::Vcluster)
            .to(Vclusters::Table, Vclusters::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let mut node = ForeignKey::create()
            .from(Apps::Table, Apps::Node)
            .to(Nodes::Table, Nodes::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        // `owner` and `node_name` are its vcluster's and its node's and change with neither: deciding about a request then
        // needs no join for them. They are no foreign keys, because those two are.
        let apps = Table::create()
            .table(Apps::Table)
            .col(pk_uuid(Apps::Id))
            .col(text_uniq(Apps::Label))
            .col(uuid(Apps::Vcluster))
            .col(uuid(Apps::Owner))
            .col(uuid(Apps::Node))
            .col(text(Apps::NodeName))
            .col(big_integer(Apps::Port))
            .col(text(Apps::Kind))
            .col(text_null(Apps::Name))
            .col(boolean(Apps::Pinned))
            .col(boolean(Apps::Enabled))
            .col(text_null(Apps::Process))
            .col(timestamp_with_time_zone(Apps::CreatedAt))
            .foreign_key(&mut vcluster)
            .foreign_key(&mut node)
            .take();
        manager.create_table(apps).await?;
        let ports =
            Index::create().name("apps_node_port").table(Apps::Table).col(Apps::Node).col(Apps::Port).unique().take();
        manager.create_index(ports).await?;
        let of_vcluster = Index::create().name("apps_vcluster").table(Apps::Table).col(Apps::Vcluster).take();
        manager.create_index(of_vcluster).await
    }
}

#[derive(DeriveIden)]
pub(super) enum Apps {
    Table,
    Id,
    Label,
    Vcluster,
    Owner,
    Node,
    NodeName,
    Port,
    Kind,
    Name,
    Pinned,
    Enabled,
    Process,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Nodes {
    Table,
    Id,
}
