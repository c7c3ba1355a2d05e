//! What each API token may do. Those from before may everything that their users may.

use sea_orm_migration::{prelude::*, schema::*};

const OF_ADMINISTRATORS: &str = r#"UPDATE "tokens" SET "scopes" = 'read vclusters ssh admin'
    WHERE "user" IN (SELECT "id" FROM "users" WHERE "role" = 'admin')"#;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let scopes = text(Tokens::Scopes).default("read vclusters ssh").take();
        manager.alter_table(Table::alter().table(Tokens::Table).add_column(scopes).take()).await?;
        manager.get_connection().execute_unprepared(OF_ADMINISTRATORS).await.map(drop)
    }
}

#[derive(DeriveIden)]
enum Tokens {
    Table,
    Scopes,
}
