//! Which homes were made, and where. Of a record from before: those of vclusters that have run; other people's are known
//! from their next node on.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const OF_BEFORE: &str = "
    INSERT INTO homes (owner, worker, made_at)
    SELECT v.owner, n.worker, MIN(v.created_at)
    FROM vclusters v JOIN nodes n ON n.vcluster = v.id
    WHERE n.state = 'running' OR EXISTS (
        SELECT 1 FROM operations o WHERE o.vcluster = v.id AND o.kind = 'create' AND o.state = 'succeeded')
    GROUP BY v.owner, n.worker";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create()
            .from(Homes::Table, Homes::Owner)
            .to(Users::Table, Users::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let homes = Table::create()
            .table(Homes::Table)
            .col(uuid(Homes::Owner))
            .col(text(Homes::Worker))
            .col(timestamp_with_time_zone(Homes::MadeAt))
            .primary_key(Index::create().col(Homes::Owner).col(Homes::Worker))
            .foreign_key(&mut owner)
            .take();
        manager.create_table(homes).await?;
        manager.get_connection().execute_unprepared(OF_BEFORE).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Homes {
    Table,
    Owner,
    Worker,
    MadeAt,
}

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
}
