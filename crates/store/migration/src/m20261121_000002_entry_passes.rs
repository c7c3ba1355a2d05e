//! One-time codes that let a browser into an app, by the digest of the code. They go with the portal session they were given to.

use sea_orm_migration::{prelude::*, schema::*};

use crate::{m20261120_000001_users::Users, m20261121_000001_apps::Apps};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cascade = ForeignKeyAction::Cascade;
        let mut app = ForeignKey::create()
            .from(EntryPasses::Table, EntryPasses::App)
            .to(Apps::Table, Apps::Id)
            .on_delete(cascade)
            .take();
        let mut user = ForeignKey::create()
            .from(EntryPasses::Table, EntryPasses::User)
            .to(Users::Table, Users::Id)
            .on_delete(cascade)
            .take();
        let mut session = ForeignKey::create()
            .from(EntryPasses::Table, EntryPasses::Session)
            .to(Sessions::Table, Sessions::Digest)
            .on_delete(cascade)
            .take();
        let passes = Table::create()
            .table(EntryPasses::Table)
            .col(text(EntryPasses::Digest).primary_key())
            .col(uuid(EntryPasses::App))
            .col(uuid(EntryPasses::User))
            .col(text(EntryPasses::Session))
            .col(text(EntryPasses::Nonce))
            .col(timestamp_with_time_zone(EntryPasses::ExpiresAt))
            .foreign_key(&mut app)
            .foreign_key(&mut user)
            .foreign_key(&mut session)
            .take();
        manager.create_table(passes).await?;
        for (name, columns) in [
            ("entry_passes_app", vec![EntryPasses::App]),
            ("entry_passes_user_expires_at", vec![EntryPasses::User, EntryPasses::ExpiresAt]),
            ("entry_passes_session", vec![EntryPasses::Session]),
            ("entry_passes_expires_at", vec![EntryPasses::ExpiresAt]),
        ] {
            let mut index = Index::create();
            index.name(name).table(EntryPasses::Table);
            columns.into_iter().for_each(|column| {
                index.col(column);
            });
            manager.create_index(index.take()).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum EntryPasses {
    Table,
    Digest,
    App,
    User,
    Session,
    Nonce,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Digest,
}
