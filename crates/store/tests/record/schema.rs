//! How the schema comes to be, and whose it may be.

use std::time::Duration;

use control::ports::store::UserReads;
use store::MigrateError;

use super::{Database, Record};
use crate::fixture::{Kind, account};

#[tokio::test]
async fn the_schema_is_brought_up_once_however_often_it_is_asked_for() {
    let record = Record::of([1]).await;
    store::migrate(&record.store).await.expect("nothing to do");
    assert_eq!(record.store.users().await.expect("a read"), [account(1).user]);
}

#[tokio::test]
async fn two_processes_may_bring_the_schema_up_at_the_same_time() {
    let place = Database::empty().await;
    let config = place.config(Duration::from_secs(5));
    let (one, other) = tokio::join!(store::connect(&config), store::connect(&config));
    let (one, other) = (one.expect("a database"), other.expect("the same database"));
    let (first, second) = tokio::join!(store::migrate(&one), store::migrate(&other));
    first.expect("the schema");
    second.expect("the schema");
    assert_eq!(other.users().await.expect("a read"), []);
}

#[tokio::test]
async fn a_database_of_a_newer_docklet_is_refused_and_left_as_it_is() {
    let record = Record::of([1]).await;
    record.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_flying', 0)").await;
    record.run("DELETE FROM seaql_migrations WHERE version = 'm20261120_000001_users'").await;
    let refused = store::migrate(&record.store).await.expect_err("an unknown step");
    assert!(matches!(refused, MigrateError::Newer(_)), "{refused:?}");
    let text = refused.to_string();
    assert!(text.contains("newer Docklet") && text.contains("m29990101_000001_flying"), "{text}");
    assert_eq!(record.store.users().await.expect("a read"), [account(1).user]);
}
