//! What watchers are told, in the order of commits. A sequence number is never used twice, not even after a sweep.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000001_users::Users;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut owner = ForeignKey::create()
            .from(Events::Table, Events::Owner)
            .to(Users::Table, Users::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let events = Table::create()
            .table(Events::Table)
            .col(big_pk_auto(Events::Sequence))
            .col(uuid(Events::Owner))
            .col(timestamp_with_time_zone(Events::At))
            .col(json(Events::Body))
            .foreign_key(&mut owner)
            .take();
        manager.create_table(events).await?;
        let of_owner = Index::create()
            .name("events_owner_sequence")
            .table(Events::Table)
            .col(Events::Owner)
            .col(Events::Sequence)
            .take();
        manager.create_index(of_owner).await?;
        let old = Index::create().name("events_at").table(Events::Table).col(Events::At).take();
        manager.create_index(old).await
    }
}

#[derive(DeriveIden)]
enum Events {
    Table,
    Sequence,
    Owner,
    At,
    Body,
}
