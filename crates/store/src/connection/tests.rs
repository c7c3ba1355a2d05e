//! What only this module's own connections can show: a disk that is full, and what the pragmas came to.

use std::time::Duration;

use chrono::DateTime;
use control::ports::store::{EventBody, EventReads, Store};
use domain::{UserId, VclusterId, quota::Usage};
use sea_orm::{ConnectionTrait, Statement, prelude::Uuid};
use tempfile::TempDir;

use super::*;

async fn migrated() -> (TempDir, SqlStore) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("docklet.db");
    let config = SqliteConfig { busy_timeout: Duration::from_millis(200), ..SqliteConfig::at(path) };
    let store = connect(&config.into()).await.expect("an empty database");
    crate::migrate(&store).await.expect("the schema");
    let user = "INSERT INTO users (id, name, role, locked, created_at) VALUES (zeroblob(16), 'ada', 'user', 0, '2026-11-20T00:00:00+00:00')";
    store.0.writer.execute_unprepared(user).await.expect("a user");
    (directory, store)
}

async fn number(db: &WithTimeout<DatabaseConnection>, pragma: &str) -> i64 {
    let statement = Statement::from_string(db.get_database_backend(), format!("PRAGMA {pragma}"));
    let row = db.query_one_raw(statement).await.expect("a read").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

/// What SQLite calls `synchronous = FULL`.
const FULL: i64 = 2;

/// Appends an event, `rows` times in one transaction.
async fn append(store: &SqlStore, rows: u32) -> Result<(), StoreError> {
    let body = EventBody::VclusterGone { id: VclusterId::new(Uuid::nil()), usage: Usage::default() };
    let mut transaction = store.begin().await?;
    for _ in 0..rows {
        transaction.append_event(UserId::new(Uuid::nil()), DateTime::UNIX_EPOCH, &body).await?;
    }
    transaction.commit().await
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_writing_goes_on_when_there_is_room_again() {
    let (_directory, store) = migrated().await;
    append(&store, 1).await.expect("room for one");
    let pages = number(&store.0.writer, "page_count").await;
    number(&store.0.writer, &format!("max_page_count = {pages}")).await;

    let refused = append(&store, 10_000).await;
    assert!(matches!(refused, Err(StoreError::DiskFull(_))), "{refused:?}");
    assert_eq!(store.last_event().await.expect("a read"), 1, "nothing of it was written");

    number(&store.0.writer, "max_page_count = 1000000").await;
    append(&store, 10_000).await.expect("room for all");
    assert_eq!(store.last_event().await.expect("a read"), 10_001);
}

/// As it does when the disk fills up or breaks during a commit.
#[tokio::test]
async fn a_transaction_that_sqlite_ended_by_itself_does_not_spoil_the_next() {
    let (directory, store) = migrated().await;
    let path = directory.path().join("docklet.db");
    let config = SqliteConfig { busy_timeout: Duration::from_millis(500), ..SqliteConfig::at(path) };
    let elsewhere = connect(&config.into()).await.expect("the same database");
    let ended = store.exclusive().await.expect("the writer's place");
    let twin = "INSERT OR ROLLBACK INTO users SELECT * FROM users";
    ended.execute_unprepared(twin).await.expect_err("the same name twice");
    elsewhere.begin().await.expect("the lock is free already");
    drop(ended);

    // A savepoint instead of a transaction would not hold the lock, and what it releases would not be a commit.
    let next = store.exclusive().await.expect("the writer's place");
    let refused = elsewhere.begin().await.err();
    assert!(matches!(refused, Some(StoreError::Unavailable(_))), "{refused:?}");
    next.commit().await.expect("a commit");
    append(&store, 1).await.expect("a commit");
    assert_eq!(elsewhere.last_event().await.expect("a read"), 1);
}

#[tokio::test]
async fn commits_are_durable_and_foreign_keys_hold_on_every_connection() {
    let (_directory, store) = migrated().await;
    for db in [&store.0.writer, &store.0.readers] {
        assert_eq!(number(db, "synchronous").await, FULL);
        assert_eq!(number(db, "foreign_keys").await, 1);
        assert_eq!(number(db, "busy_timeout").await, 200);
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_directory, store) = migrated().await;
    let refused = store.0.readers.execute_unprepared("DELETE FROM users").await;
    assert!(refused.expect_err("a reader").to_string().contains("readonly"));
}
