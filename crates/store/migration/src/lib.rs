//! The schema, one step per file. Knows tables and indexes, nothing of what the rows mean.
//!
//! A step that has shipped is never edited: add another file and list it below. `store::migrate` runs all of them in one
//! transaction, so a schema is never left half changed. Ids are uuids, times are UTC timestamps, counts are big integers.

use sea_orm_migration::prelude::*;

mod m20261120_000001_users;
mod m20261120_000002_tokens;
mod m20261120_000003_sessions;
mod m20261120_000004_attempts;
mod m20261120_000005_operations;
mod m20261120_000006_vclusters;
mod m20261120_000007_nodes;
mod m20261120_000008_events;
mod m20261120_000009_idempotency_keys;
mod m20261121_000001_apps;
mod m20261121_000002_entry_passes;
mod m20261121_000003_app_sessions;
mod m20261121_000004_operations_by;
mod m20261121_000020_people;
mod m20261121_000040_identities;
mod m20261121_000060_groups;
mod m20261129_000010_images;
mod m20261129_000010_reboot_homes;
mod m20261129_000010_truth;
mod m20261129_000011_reboot_autostart;
mod m20261129_000020_edge_pending_address;
mod m20261129_000030_record_identity;
mod m20261129_000030_signin_confirms;
mod m20261129_000031_doubted_clock;
mod m20261129_limits;
mod m20261129_node_notes;
mod m20261130_derived;
mod m20261130_description;
mod m20261130_opened;
mod m20261130_operations_owner;
mod m20261130_tasks;
mod m20261130_token_scopes;
mod m20261201_jobs;

/// Every step in the order it is applied.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_users::Migration),
            Box::new(m20261120_000002_tokens::Migration),
            Box::new(m20261120_000003_sessions::Migration),
            Box::new(m20261120_000004_attempts::Migration),
            Box::new(m20261120_000005_operations::Migration),
            Box::new(m20261120_000006_vclusters::Migration),
            Box::new(m20261120_000007_nodes::Migration),
            Box::new(m20261120_000008_events::Migration),
            Box::new(m20261120_000009_idempotency_keys::Migration),
            Box::new(m20261121_000001_apps::Migration),
            Box::new(m20261121_000002_entry_passes::Migration),
            Box::new(m20261121_000003_app_sessions::Migration),
            Box::new(m20261121_000004_operations_by::Migration),
            Box::new(m20261121_000020_people::Migration),
            Box::new(m20261121_000040_identities::Migration),
            Box::new(m20261121_000060_groups::Migration),
            Box::new(m20261129_000020_edge_pending_address::Migration),
            Box::new(m20261129_node_notes::Migration),
            Box::new(m20261129_000010_images::Migration),
            Box::new(m20261129_000010_reboot_homes::Migration),
            Box::new(m20261129_000011_reboot_autostart::Migration),
            Box::new(m20261129_000010_truth::Migration),
            Box::new(m20261129_limits::Migration),
            Box::new(m20261129_000030_record_identity::Migration),
            Box::new(m20261129_000030_signin_confirms::Migration),
            Box::new(m20261129_000031_doubted_clock::Migration),
            Box::new(m20261130_derived::Migration),
            Box::new(m20261130_description::Migration),
            Box::new(m20261130_tasks::Migration),
            Box::new(m20261130_operations_owner::Migration),
            Box::new(m20261130_token_scopes::Migration),
            Box::new(m20261130_opened::Migration),
            Box::new(m20261201_jobs::Migration),
        ]
    }
}

/// The names of all steps.
pub fn steps() -> Vec<String> {
    Migrator::migrations().iter().map(|step| step.name().to_owned()).collect()
}

pub use sea_orm_migration::MigratorTrait;
