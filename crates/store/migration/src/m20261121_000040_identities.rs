//! People who sign in at an OpenID provider: who they are there, who is on the way, and which sessions stand on it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let pending = boolean(Users::Pending).default(false).take();
        manager.alter_table(Table::alter().table(Users::Table).add_column(pending).take()).await?;
        identities(manager).await?;
        pending_sign_ins(manager).await?;
        provider_sessions(manager).await
    }
}

async fn identities(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut user = ForeignKey::create()
        .from(Identities::Table, Identities::User)
        .to(Users::Table, Users::Id)
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    let table = Table::create()
        .table(Identities::Table)
        .col(text(Identities::Issuer))
        .col(text(Identities::Subject))
        .col(uuid(Identities::User))
        .col(text(Identities::Provider))
        .col(text(Identities::Shown))
        .col(timestamp_with_time_zone(Identities::CreatedAt))
        .col(timestamp_with_time_zone(Identities::LastSignIn))
        .primary_key(Index::create().col(Identities::Issuer).col(Identities::Subject))
        .foreign_key(&mut user)
        .take();
    manager.create_table(table).await?;
    let of_user = Index::create().name("identities_user").table(Identities::Table).col(Identities::User).take();
    manager.create_index(of_user).await
}

async fn pending_sign_ins(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(PendingSignIns::Table)
        .col(text(PendingSignIns::Digest).primary_key())
        .col(text(PendingSignIns::Browser))
        .col(text(PendingSignIns::Provider))
        .col(text(PendingSignIns::Nonce))
        .col(text(PendingSignIns::Verifier))
        .col(text(PendingSignIns::Back))
        .col(text(PendingSignIns::Next))
        .col(uuid_null(PendingSignIns::LinkUser))
        .col(text_null(PendingSignIns::LinkSession))
        .col(timestamp_with_time_zone(PendingSignIns::ExpiresAt))
        .take();
    manager.create_table(table).await?;
    let of_browser = Index::create()
        .name("pending_sign_ins_browser")
        .table(PendingSignIns::Table)
        .col(PendingSignIns::Browser)
        .take();
    manager.create_index(of_browser).await?;
    let by_end = Index::create()
        .name("pending_sign_ins_expires_at")
        .table(PendingSignIns::Table)
        .col(PendingSignIns::ExpiresAt)
        .take();
    manager.create_index(by_end).await
}

async fn provider_sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut session = ForeignKey::create()
        .from(ProviderSessions::Table, ProviderSessions::Session)
        .to(Sessions::Table, Sessions::Digest)
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    let table = Table::create()
        .table(ProviderSessions::Table)
        .col(text(ProviderSessions::Session).primary_key())
        .col(text(ProviderSessions::Provider))
        .col(text(ProviderSessions::Issuer))
        .col(text(ProviderSessions::Subject))
        .col(text_null(ProviderSessions::Sid))
        .col(text_null(ProviderSessions::RefreshToken))
        .col(text_null(ProviderSessions::IdToken))
        .col(timestamp_with_time_zone_null(ProviderSessions::DueAt))
        .foreign_key(&mut session)
        .take();
    manager.create_table(table).await?;
    let of_person = Index::create()
        .name("provider_sessions_issuer_subject")
        .table(ProviderSessions::Table)
        .col(ProviderSessions::Issuer)
        .col(ProviderSessions::Subject)
        .take();
    manager.create_index(of_person).await?;
    let due = Index::create()
        .name("provider_sessions_due_at")
        .table(ProviderSessions::Table)
        .col(ProviderSessions::DueAt)
        .take();
    manager.create_index(due).await
}

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    Pending,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Digest,
}

#[derive(DeriveIden)]
enum Identities {
    Table,
    Issuer,
    Subject,
    User,
    Provider,
    Shown,
    CreatedAt,
    LastSignIn,
}

#[derive(DeriveIden)]
enum PendingSignIns {
    Table,
    Digest,
    Browser,
    Provider,
    Nonce,
    Verifier,
    Back,
    Next,
    LinkUser,
    LinkSession,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum ProviderSessions {
    Table,
    Session,
    Provider,
    Issuer,
    Subject,
    Sid,
    RefreshToken,
    IdToken,
    DueAt,
}
