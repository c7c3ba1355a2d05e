//! What only a server does: order as a language does, end what takes too long, cut connections, refuse a NUL.

use std::time::{Duration, Instant};

use control::ports::store::{AccessReads, PageRequest, Store, StoreError, UserReads};
use domain::name::UserName;
use sea_orm::{ConnectionTrait, Statement};
use store::{ConnectError, PostgresConfig};
use testkit::RealPostgres;

use super::{HASTE, Record};
use crate::fixture::{Kind, account, user_id};

/// One text per row.
async fn texts(record: &Record, sql: &str) -> Vec<String> {
    let plain = record.plain().await;
    let rows = plain.query_all_raw(Statement::from_string(plain.get_database_backend(), sql)).await.expect("a read");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
}

/// In the language of the tests' server `ab` comes before `a-c`, and signs hardly count.
#[tokio::test]
async fn names_are_ordered_by_their_bytes_whatever_the_language_of_the_server() {
    let record = Record::new().await;
    let names = ["a-c", "a.b", "a_b", "ab", "aba", "b-a", "ba"];
    let mut transaction = record.begin().await;
    for (number, name) in (1..).zip(names.iter().rev()) {
        let mut account = account(number);
        account.user.name = name.parse().expect("a name");
        transaction.insert_account(&account).await.expect("a new account");
    }
    transaction.commit().await.expect("a commit");
    let mut seen = Vec::new();
    let mut after: Option<UserName> = None;
    while let Some(person) = record.store.people("", PageRequest { after, limit: 1 }).await.expect("a page").pop() {
        seen.push(person.user.name.to_string());
        after = Some(person.user.name);
    }
    assert_eq!(seen, names);
    let by_language = texts(&record, "SELECT name FROM users ORDER BY name COLLATE \"en-x-icu\"").await;
    assert_ne!(by_language, names, "the server would do it otherwise");
    assert_eq!(record.store.people("_", PageRequest { after: None, limit: 9 }).await.expect("a page").len(), 1);
}

#[tokio::test]
async fn every_text_column_compares_by_bytes() {
    let record = Record::new().await;
    let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns \
               WHERE table_schema = 'public' AND data_type IN ('text', 'character varying') \
               AND table_name <> 'seaql_migrations' AND collation_name IS DISTINCT FROM 'C'";
    assert_eq!(texts(&record, sql).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let record = Record::new().await;
    let sql = "SELECT k.conrelid::regclass || '.' || k.conname FROM pg_constraint k WHERE k.contype = 'f' AND NOT EXISTS \
               (SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])";
    assert_eq!(texts(&record, sql).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_writer_that_stands_still_does_not_keep_the_others_waiting_for_ever() {
    let record = Record::of([1]).await;
    let hasty = record.elsewhere(HASTE).await;
    let _stuck = record.begin().await;
    let began = Instant::now();
    let refused = hasty.begin().await.err();
    assert!(matches!(refused, Some(StoreError::Unavailable(_))), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    let record = Record::of([1]).await;
    let statement_timeout = Duration::from_millis(300);
    let url = record.place.url();
    let hasty = store::connect(&PostgresConfig { statement_timeout, ..PostgresConfig::at(url) }.into()).await;
    let hasty = hasty.expect("the database");
    let plain = record.plain().await;
    let lock = sea_orm::TransactionTrait::begin(&plain).await.expect("a transaction");
    lock.execute_unprepared("LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let ended = hasty.user(user_id(1)).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    lock.rollback().await.expect("an end");
    assert!(hasty.user(user_id(1)).await.expect("a read").is_some());
}

/// As a restart does it to all of them.
#[tokio::test]
async fn cut_connections_are_replaced_and_what_was_not_committed_is_gone() {
    let record = Record::of([1]).await;
    let mut cut = record.begin().await;
    cut.set_locked(user_id(1), true).await.expect("a change");
    let all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    RealPostgres::shared().sql(&record.place.0, all);
    let lost = cut.commit().await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    assert!(!record.store.user(user_id(1)).await.expect("a read").expect("the user").locked);
    let mut next = record.begin().await;
    next.set_locked(user_id(1), true).await.expect("a change");
    next.commit().await.expect("a commit");
}

#[tokio::test]
async fn an_error_names_the_server_and_never_the_password() {
    let socket = RealPostgres::shared().socket();
    let directory = socket.parent().expect("a directory").display();
    let url = format!("postgres://docklet:swordfish@localhost/no_such_database?host={directory}");
    let mut config = PostgresConfig::at(&url);
    assert!(!format!("{config:?}").contains("swordfish"));
    let refused = store::connect(&config.clone().into()).await.expect_err("no such database");
    let text = format!("{refused:?} {refused}");
    assert!(matches!(refused, ConnectError::Server { .. }) && !text.contains("swordfish"), "{text}");
    assert!(
        refused.to_string().contains("no_such_database at ") && refused.to_string().contains(" as docklet"),
        "{text}"
    );
    config.url = "postgres://docklet:swordfish@local host/x".into();
    let refused = store::connect(&config.into()).await.expect_err("no URL");
    assert!(!format!("{refused:?} {refused}").contains("swordfish"), "{refused:?}");
}

#[tokio::test]
async fn a_text_with_a_nul_in_it_is_no_fault() {
    let record = Record::of([1]).await;
    let attempts =
        control::ports::store::Attempts { key: "a\0b".into(), failures: 1, last_failure: crate::fixture::at(0) };
    let mut transaction = record.begin().await;
    transaction.set_attempts(&attempts).await.expect("a count");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.attempts("a\0b").await.expect("a read").expect("the count").failures, 1);
    assert_eq!(record.store.people("\0", PageRequest { after: None, limit: 9 }).await.expect("a page"), []);
}
