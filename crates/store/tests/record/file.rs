//! The file itself: who may read it and how it is opened.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use control::ports::store::{Store, StoreError};
use sea_orm::{ConnectionTrait, Statement};
use store::{ConnectError, StoreConfig};

use super::{HASTE, Record};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").permissions().mode() & 0o777
}

#[tokio::test]
async fn the_file_and_its_side_files_are_for_us_alone() {
    let record = Record::of([1]).await;
    let directory = record.path().parent().expect("a directory").to_owned();
    let files: Vec<_> =
        fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(files.len(), 4, "the file, its lock, its log and the log's index: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_file_that_others_could_read_is_closed_to_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("docklet.db");
    fs::write(&path, "").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    store::connect(&StoreConfig::at(&path)).await.expect("a database");
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_path_is_taken_as_it_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a b?mode=memory#%41.db");
    let store = store::connect(&StoreConfig::at(&path)).await.expect("a database");
    store::migrate(&store).await.expect("the schema");
    store.close().await.expect("an orderly end");
    assert!(fs::metadata(&path).expect("the file").len() > 0);
}

#[tokio::test]
async fn a_missing_directory_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("missing/docklet.db");
    let refused = store::connect(&StoreConfig::at(&path)).await.expect_err("no such directory");
    assert!(matches!(refused, ConnectError::File { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("docklet.db");
    let text = "somebody's notes, ".repeat(1000);
    fs::write(&path, &text).expect("a file");
    let refused = store::connect(&StoreConfig::at(&path)).await.expect_err("not a database");
    assert!(matches!(refused, ConnectError::Database { .. }), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), text);
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let record = Record::new().await;
    let plain = record.plain().await;
    let sql = "SELECT t.name || '.' || k.\"from\" AS \"column\" FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) k \
               WHERE t.type = 'table' AND NOT EXISTS (SELECT 1 FROM pragma_index_list(t.name) i \
               JOIN pragma_index_info(i.name) c WHERE c.seqno = 0 AND c.name = k.\"from\")";
    let rows = plain.query_all_raw(Statement::from_string(plain.get_database_backend(), sql)).await.expect("a read");
    let bare: Vec<String> = rows.iter().map(|row| row.try_get("", "column").expect("a name")).collect();
    assert_eq!(bare, Vec::<String>::new());
}

#[tokio::test]
async fn a_database_that_answers_is_told_apart_from_one_that_does_not() {
    let record = Record::new().await;
    record.store.ping().await.expect("an answer");
    let closed = record.store.clone();
    record.store.clone().close().await.expect("an orderly end");
    let silence = closed.ping().await;
    assert!(matches!(silence, Err(StoreError::Unavailable(_))), "{silence:?}");
}

#[tokio::test]
async fn a_foreign_lock_on_the_file_is_waited_for_and_then_reported() {
    let record = Record::of([1]).await;
    let hasty = record.elsewhere(HASTE).await;
    let plain = record.plain().await;
    plain.execute_unprepared("BEGIN EXCLUSIVE").await.expect("a lock");
    let error = hasty.begin().await.err().expect("somebody else writes");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    plain.execute_unprepared("ROLLBACK").await.expect("an end");
    let soon = std::time::Duration::from_secs(30);
    testkit::obtain("the writer's place", soon, async || hasty.begin().await.ok()).await;
}

#[tokio::test]
async fn a_closed_database_is_one_file() {
    let record = Record::of([1]).await;
    record.store.clone().close().await.expect("an orderly end");
    let entries = fs::read_dir(record.path().parent().expect("a directory")).expect("a directory").count();
    assert_eq!(entries, 2, "the log was folded in; the lock stays beside the file");
}
