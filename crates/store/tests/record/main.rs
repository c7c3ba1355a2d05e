//! The record on real databases, one per test: the same behaviours on SQLite files and on a Postgres server, by the name of the
//! module, and beside them what only one of the two has. Everything goes through control's ports, as in dockletd; what only a
//! person with the database could do (broken rows, foreign locks) goes through a plain connection of its own.

#![expect(clippy::duplicate_mod, reason = "each behaviour is compiled for each database")]

mod fixture;

/// On Sqlite.
#[path = "."]
mod sqlite {
    use crate::fixture::{self, Kind, Sqlite as Database};

    type Record = fixture::Record<Database>;
    const HASTE: std::time::Duration = Database::HASTE;

    mod accounts;
    mod app_sessions;
    mod apps;
    mod arrays;
    mod events;
    mod exclusion;
    mod file;
    mod history;
    mod holdings;
    mod idempotency;
    mod identities;
    mod images;
    mod jobs;
    mod lists;
    mod people;
    mod reservations;
    mod scale;
    mod schema;
    mod session_file;
    mod sessions;
    mod sweep;
    mod tasks;
    mod term;
    mod unclaimed;
    mod unreadable;
    mod upgrade;
    mod vclusters;
}

/// On Postgres.
#[path = "."]
mod postgres {
    use crate::fixture::{self, Kind, Postgres as Database};

    type Record = fixture::Record<Database>;
    const HASTE: std::time::Duration = Database::HASTE;

    mod accounts;
    mod app_sessions;
    mod apps;
    mod arrays;
    mod copy;
    mod events;
    mod exclusion;
    mod history;
    mod holdings;
    mod idempotency;
    mod identities;
    mod images;
    mod jobs;
    mod lists;
    mod loss;
    mod people;
    mod reservations;
    mod schema;
    mod server;
    mod sessions;
    mod sweep;
    mod tasks;
    mod term;
    mod unclaimed;
    mod vclusters;
}
