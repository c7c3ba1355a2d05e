//! One process serves a record at a time; the process that served it before writes nothing any more.

use std::time::Duration;

use control::ports::store::{Store, StoreError, UserReads};
use store::{MigrateError, ServeError, SqlStore};

use super::Record;
use crate::fixture::{account, at};

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_has_ended() {
    let record = Record::of([1]).await;
    let first = record.store.serve(false).await.expect("nobody serves it");
    let second = record.elsewhere(PATIENCE).await;
    assert!(matches!(second.serve(false).await, Err(ServeError::Served { .. })));
    // Neither the command line nor a look is refused.
    let mut transaction = second.begin().await.expect("a transaction");
    transaction.insert_account(&account(2)).await.expect("a new account");
    transaction.commit().await.expect("a commit");
    drop(first);
    let third = record.elsewhere(PATIENCE).await;
    testkit::obtain("it is free again", PATIENCE * 2, async || third.serve(false).await.ok()).await;
}

#[tokio::test]
async fn terms_go_up_and_the_earlier_one_writes_nothing() {
    let record = Record::of([1]).await;
    let old = record.elsewhere(PATIENCE).await;
    let serving = old.serve(false).await.expect("nobody serves it");
    let mut transaction = old.begin().await.expect("its own term");
    transaction.set_last_sweep(at(1)).await.expect("written");
    transaction.commit().await.expect("a commit");
    assert!(old.superseded().await.expect("a look").is_none());

    // As a takeover does it, or a process that came while the first one's lock was lost.
    let next = i64::try_from(serving.term()).expect("a number") + 1;
    record.run(&format!("UPDATE record SET term = {next}")).await;
    let Err(refused) = old.begin().await.map(drop) else { panic!("an old term may not write") };
    assert!(matches!(refused, StoreError::Superseded { .. }), "{refused:?}");
    assert!(old.superseded().await.expect("a look").is_some());
    assert_eq!(old.users().await.expect("reading is no harm").len(), 1);
    assert!(old.raise_above(99).await.is_err(), "it does not serve the record any more");
}

#[tokio::test]
async fn a_record_restored_from_a_backup_goes_on_above_the_term_that_is_known() {
    let record = Record::of([1]).await;
    let serving = record.store.serve(false).await.expect("nobody serves it");
    let known = serving.term() + 6;
    assert_eq!(record.store.raise_above(known).await.expect("raised"), known + 1);
    assert!(record.store.superseded().await.expect("a look").is_none());
    let mut transaction = record.begin().await;
    transaction.set_last_sweep(at(1)).await.expect("written");
    transaction.commit().await.expect("under the new term");
    // Also above its own, when less is known.
    assert_eq!(record.store.raise_above(1).await.expect("raised"), known + 2);
}

#[tokio::test]
async fn a_process_that_is_refused_leaves_the_schema_of_the_one_that_serves_as_it_is() {
    let record = Record::of([1]).await;
    let serving = record.store.serve(false).await.expect("nobody serves it");
    // As a Docklet that is a step older has it.
    record.run("ALTER TABLE record DROP COLUMN clock_doubted_since").await;
    record.run("DELETE FROM seaql_migrations WHERE version = 'm20261129_000031_doubted_clock'").await;
    let newer = record.elsewhere(PATIENCE).await;
    assert!(matches!(newer.serve(false).await, Err(ServeError::Served { .. })));
    let refused = store::migrate(&newer).await;
    assert!(matches!(refused, Err(MigrateError::Served(_))), "the command line leaves it, too: {refused:?}");
    let doubted = async |store: &SqlStore| store.begin().await.expect("a transaction").clock_doubted_since().await;
    assert!(doubted(&newer).await.is_err(), "there is no such column");
    drop(serving);
    let third = record.elsewhere(PATIENCE).await;
    testkit::obtain("it is free again", PATIENCE * 2, async || third.serve(false).await.ok()).await;
    assert_eq!(doubted(&third).await.expect("the column"), None);
}
