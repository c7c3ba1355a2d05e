//! Whose vcluster each operation is about, and that vcluster's name: an owner's history is one index, and outlives the vclusters.
//! Of a record from before, the owner is known where the vcluster is there or its creation says who asked for it; the name is
//! known where the vcluster is there.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const OF_BEFORE: &str = "
    UPDATE operations SET
        owner = (SELECT v.owner FROM vclusters v WHERE v.id = operations.vcluster),
        vcluster_name = (SELECT v.name FROM vclusters v WHERE v.id = operations.vcluster)";

/// Only owners create their vclusters.
const OF_DELETED: &str = "
    UPDATE operations SET owner = (
        SELECT made.\"by\" FROM operations made
        WHERE made.vcluster = operations.vcluster AND made.kind = 'create' LIMIT 1)
    WHERE owner IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [uuid_null(Operations::Owner), text_null(Operations::VclusterName)] {
            manager.alter_table(Table::alter().table(Operations::Table).add_column(column).take()).await?;
        }
        for statement in [OF_BEFORE, OF_DELETED] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        // An owner's history, newest first: ids sort by creation.
        let history = Index::create()
            .name("operations_owner_id")
            .table(Operations::Table)
            .col(Operations::Owner)
            .col(Operations::Id)
            .take();
        manager.create_index(history).await
    }
}

#[derive(DeriveIden)]
enum Operations {
    Table,
    Id,
    Owner,
    VclusterName,
}
