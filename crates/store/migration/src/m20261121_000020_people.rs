//! What people see of themselves and administrators of them: sign-ins, limits of one's own, what tokens and sessions are.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column per statement.
        for column in [
            timestamp_with_time_zone_null(Users::LastSignIn),
            big_integer_null(Users::LimitVclusters),
            big_integer_null(Users::LimitNodes),
            big_integer_null(Users::LimitCpuMilli),
            big_integer_null(Users::LimitMemoryMib),
        ] {
            add(manager, Users::Table, column).await?;
        }
        add(manager, Tokens::Table, text(Tokens::Name).default("").take()).await?;
        add(manager, Tokens::Table, timestamp_with_time_zone_null(Tokens::LastUsed)).await?;
        // Sessions from before know none of it.
        for column in [
            timestamp_with_time_zone_null(Sessions::Since),
            timestamp_with_time_zone_null(Sessions::LastSeen),
            text_null(Sessions::Address),
            text_null(Sessions::Agent),
        ] {
            add(manager, Sessions::Table, column).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: impl IntoTableRef, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).take()).await
}

#[derive(DeriveIden)]
enum Users {
    Table,
    LastSignIn,
    LimitVclusters,
    LimitNodes,
    LimitCpuMilli,
    LimitMemoryMib,
}

#[derive(DeriveIden)]
enum Tokens {
    Table,
    Name,
    LastUsed,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Since,
    LastSeen,
    Address,
    Agent,
}
