//! Scripts that wait for their turn and run once, and how much CPU time their owners have used. A job's number is never used
//! twice, not even where its row is gone.

use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261120_000001_users::Users;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let mut owner = ForeignKey::create()
            .from(UsedCpu::Table, UsedCpu::Owner)
            .to(Users::Table, Users::Id)
            .on_delete(ForeignKeyAction::Cascade)
            .take();
        let used = Table::create()
            .table(UsedCpu::Table)
            .col(pk_uuid(UsedCpu::Owner))
            .col(double(UsedCpu::CpuSeconds))
            .col(timestamp_with_time_zone(UsedCpu::At))
            .foreign_key(&mut owner)
            .take();
        manager.create_table(used).await?;
        let host_gone = boolean(Tasks::HostGone).default(false).take();
        manager.alter_table(Table::alter().table(Tasks::Table).add_column(host_gone).take()).await?;
        // For the sweep.
        let finished = Index::create().name("tasks_finished_at").table(Tasks::Table).col(Tasks::FinishedAt).take();
        manager.create_index(finished).await
    }
}

fn jobs() -> TableCreateStatement {
    let mut owner = ForeignKey::create().from(Jobs::Table, Jobs::Owner).to(Users::Table, Users::Id).take();
    Table::create()
        .table(Jobs::Table)
        .col(big_pk_auto(Jobs::Id))
        .col(uuid(Jobs::Owner))
        .col(text(Jobs::State))
        .col(boolean(Jobs::Held))
        .col(timestamp_with_time_zone(Jobs::WaitsSince))
        .col(text_null(Jobs::Runtime))
        .col(big_integer(Jobs::TimeLimitS))
        .col(big_integer(Jobs::CpuMilli))
        .col(big_integer(Jobs::MemoryMib))
        .col(big_integer(Jobs::Pids))
        // How many elements of an array have not begun; 1 for a job that is no array.
        .col(big_integer(Jobs::LeftCount))
        .col(big_integer_null(Jobs::AtMost))
        .col(big_integer(Jobs::Nice))
        .col(timestamp_with_time_zone_null(Jobs::NotBefore))
        .col(timestamp_with_time_zone_null(Jobs::Deadline))
        .col(text_null(Jobs::After))
        .col(big_integer_null(Jobs::ArrayOf))
        .col(big_integer_null(Jobs::ArrayIndex))
        .col(big_integer_null(Jobs::ArraySize))
        .col(text(Jobs::Name))
        .col(text_null(Jobs::Reason))
        .col(timestamp_with_time_zone(Jobs::SubmittedAt))
        .col(uuid_null(Jobs::Task))
        .col(text_null(Jobs::Worker))
        .col(timestamp_with_time_zone_null(Jobs::StartedAt))
        .col(timestamp_with_time_zone_null(Jobs::RunningSince))
        .col(text_null(Jobs::Exit))
        .col(text_null(Jobs::Used))
        .col(text(Jobs::Earlier))
        .col(text(Jobs::LeftIndexes))
        .col(timestamp_with_time_zone_null(Jobs::EndedAt))
        .col(text_null(Jobs::IdempotencyKey))
        .col(text(Jobs::Fingerprint))
        // The last: it has the script, and SQLite reads a long row page by page up to the last column that is asked for. The queue
        // asks for the first ones only, of every job that waits.
        .col(text(Jobs::Spec))
        .foreign_key(&mut owner)
        .take()
}

fn on<const N: usize>(name: &str, columns: [Jobs; N]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(Jobs::Table).take();
    for column in columns {
        index.col(column);
    }
    index
}

fn indexes() -> [IndexCreateStatement; 9] {
    // Lists and counts have arrays without their elements, of which there may be a hundred thousand.
    let no_element = || Expr::col(Jobs::ArrayOf).is_null();
    [
        // An owner's list, newest first.
        on("jobs_owner_id", [Jobs::Owner, Jobs::Id]).and_where(no_element()).take(),
        // What of an owner's has ended lately.
        on("jobs_owner_ended_at", [Jobs::Owner, Jobs::EndedAt]).and_where(no_element()).take(),
        // The queue.
        on("jobs_state_id", [Jobs::State, Jobs::Id]),
        // What an owner holds is added up from this one, so that their history is not read for it.
        on("jobs_owner_state", [Jobs::Owner, Jobs::State]),
        on("jobs_owner_idempotency_key", [Jobs::Owner, Jobs::IdempotencyKey]).unique().take(),
        // The elements of an array.
        on("jobs_array", [Jobs::ArrayOf, Jobs::ArrayIndex]).unique().take(),
        // How they fare is counted from this one, and those in one state are listed.
        on("jobs_array_state", [Jobs::ArrayOf, Jobs::State, Jobs::ArrayIndex]),
        // For the sweep.
        on("jobs_ended_at", [Jobs::EndedAt]),
        on("jobs_task", [Jobs::Task]),
    ]
}

#[derive(DeriveIden)]
enum Jobs {
    Table,
    Id,
    Owner,
    State,
    Held,
    WaitsSince,
    Runtime,
    TimeLimitS,
    CpuMilli,
    MemoryMib,
    Pids,
    LeftCount,
    AtMost,
    Nice,
    NotBefore,
    Deadline,
    After,
    ArrayOf,
    ArrayIndex,
    ArraySize,
    Name,
    Reason,
    SubmittedAt,
    Task,
    Worker,
    StartedAt,
    RunningSince,
    Exit,
    Used,
    Earlier,
    LeftIndexes,
    EndedAt,
    IdempotencyKey,
    Fingerprint,
    Spec,
}

#[derive(DeriveIden)]
enum UsedCpu {
    Table,
    Owner,
    CpuSeconds,
    At,
}

#[derive(DeriveIden)]
enum Tasks {
    Table,
    HostGone,
    FinishedAt,
}
