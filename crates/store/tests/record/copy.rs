//! An installation that moves from a file to a server: everything arrives, or nothing does.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use control::ports::store::{EventBody, Store, UserReads, VclusterReads};
use domain::quota::Usage;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, QueryResult, Statement,
    prelude::{Json, Uuid},
};
use store::{CopyError, SqlStore, copy};

use super::{
    Record as Target,
    jobs::{new_job, submitted},
};
use crate::fixture::{Kind, Postgres, Record, Sqlite, at, user_id, vcluster, vcluster_id};

type Source = Record<Sqlite>;

/// How many rows each table gets: more than are copied at a time.
const ROWS: usize = 501;

async fn rows(db: &DatabaseConnection, sql: &str) -> Vec<QueryResult> {
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect(sql)
}

async fn tables(db: &DatabaseConnection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'seaql_migrations'";
    rows(db, sql).await.iter().map(|row| row.try_get("", "name").expect("a name")).collect()
}

/// Names and types of a table's columns.
async fn columns(db: &DatabaseConnection, table: &str) -> Vec<(String, String)> {
    let found = rows(db, &format!("SELECT name, lower(type) AS type FROM pragma_table_info('{table}')")).await;
    let text = |row: &QueryResult, name: &str| row.try_get("", name).expect("a text");
    found.iter().map(|row| (text(row, "name"), text(row, "type"))).collect()
}

/// The column a column refers to.
async fn parents(db: &DatabaseConnection, table: &str) -> BTreeMap<String, (String, String)> {
    let sql = format!("SELECT \"table\", \"from\", \"to\" FROM pragma_foreign_key_list('{table}')");
    let text = |row: &QueryResult, name: &str| -> String { row.try_get("", name).expect("a text") };
    rows(db, &sql).await.iter().map(|row| (text(row, "from"), (text(row, "table"), text(row, "to")))).collect()
}

/// What the `number`th row has in this column: another value in every row, and the same one wherever it is referred to.
fn written(table: &str, column: &str, kind: &str, number: usize) -> String {
    match kind {
        "uuid_text" => format!("x'{:032x}'", number + 1),
        "boolean" => if number.is_multiple_of(2) { "TRUE" } else { "FALSE" }.to_owned(),
        "bigint" | "integer" => (number + 7).to_string(),
        "double" => format!("{number}.5"),
        "json_text" => format!("'{{\"number\": {number}, \"text\": \"主机 \\u00e4\"}}'"),
        kind if kind.starts_with("timestamp") => {
            format!("'2026-11-20 23:{:02}:{:02}.123456 +00:00'", number / 60 % 60, number % 60)
        }
        kind if kind.contains("blob") => format!("x'00ff{number:08x}'"),
        "text" | "varchar" => format!("'{table} {column} ''{number}'' äß主'"),
        other => panic!("{table}.{column} is a {other}: say here what to write into it"),
    }
}

/// Rows in every table there is, whichever those are.
async fn fill(source: &Source) -> Vec<String> {
    let plain = source.plain().await;
    let tables = tables(&plain).await;
    for table in &tables {
        let (columns, parents) = (columns(&plain, table).await, parents(&plain, table).await);
        let row = |number: usize| {
            let values = columns.iter().map(|(column, kind)| {
                let (table, column) = parents.get(column).map_or((table, column), |(table, column)| (table, column));
                written(table, column, kind, number)
            });
            format!("({})", values.collect::<Vec<_>>().join(", "))
        };
        let names = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let rows = (0..ROWS).map(row).collect::<Vec<_>>().join(", ");
        source
            .run(&format!(
                "PRAGMA foreign_keys = OFF; DELETE FROM \"{table}\"; INSERT INTO \"{table}\" ({names}) VALUES {rows}"
            ))
            .await;
    }
    assert_eq!(rows(&plain, "PRAGMA foreign_key_check").await.len(), 0, "everything refers to something");
    tables
}

/// Every row of a table as one text, by the kinds of its columns.
async fn read(db: &DatabaseConnection, table: &str, columns: &[(String, String)]) -> Vec<String> {
    let cell = |row: &QueryResult, name: &str, kind: &str| match kind {
        "uuid_text" => format!("{:?}", row.try_get::<Option<Uuid>>("", name)),
        "boolean" => format!("{:?}", row.try_get::<Option<bool>>("", name)),
        "bigint" | "integer" => format!("{:?}", row.try_get::<Option<i64>>("", name)),
        "double" => format!("{:?}", row.try_get::<Option<f64>>("", name)),
        "json_text" => format!("{:?}", row.try_get::<Option<Json>>("", name)),
        kind if kind.starts_with("timestamp") => format!("{:?}", row.try_get::<Option<DateTime<Utc>>>("", name)),
        kind if kind.contains("blob") => format!("{:?}", row.try_get::<Option<Vec<u8>>>("", name)),
        _ => format!("{:?}", row.try_get::<Option<String>>("", name)),
    };
    let found = rows(db, &format!("SELECT * FROM \"{table}\"")).await;
    let whole =
        |row: &QueryResult| columns.iter().map(|(name, kind)| cell(row, name, kind)).collect::<Vec<_>>().join(" ");
    let mut all: Vec<String> = found.iter().map(whole).collect();
    assert!(all.iter().all(|row| !row.contains("Err")), "{table}: {}", all[0]);
    all.sort();
    all
}

async fn empty_target() -> (Postgres, SqlStore) {
    let place = Postgres::empty().await;
    let store = store::connect(&place.config(std::time::Duration::from_secs(5))).await.expect("an empty database");
    (place, store)
}

#[tokio::test]
async fn every_row_of_every_table_arrives_as_it_was() {
    let source = Source::new().await;
    let mut expected = fill(&source).await;
    let (place, target) = empty_target().await;
    let mut copied = copy(&source.store, &target).await.expect("a copy");
    copied.sort_by(|one, other| one.table.cmp(&other.table));
    expected.sort();
    assert_eq!(copied.iter().map(|copied| copied.table.clone()).collect::<Vec<_>>(), expected);
    let (here, there) = (source.plain().await, sea_orm::Database::connect(place.url()).await.expect("a connection"));
    for copied in copied {
        assert_eq!(copied.rows, i64::try_from(ROWS).expect("a number"), "{}", copied.table);
        let columns = columns(&here, &copied.table).await;
        assert_eq!(read(&here, &copied.table, &columns).await, read(&there, &copied.table, &columns).await);
    }
}

/// Numbers of events and jobs that were given out, also to what is gone, are not given out again.
#[tokio::test]
async fn what_was_moved_is_used_on_as_if_nothing_had_happened() {
    let source = Source::of([1, 2]).await;
    for number in 1..=3 {
        source.save(&vcluster(1, number, 2)).await;
    }
    let gone = EventBody::VclusterGone { id: vcluster_id(9), usage: Usage::default() };
    let append = async |store: &SqlStore| {
        let mut transaction = store.begin().await.expect("the writer's place");
        let sequence = transaction.append_event(user_id(1), at(0), &gone).await.expect("an event");
        transaction.commit().await.expect("a commit");
        sequence
    };
    let submit = async |store: &SqlStore| submitted(store, &new_job(1, None)).await.id.as_i64();
    append(&source.store).await;
    assert_eq!(append(&source.store).await, 2);
    source.run("DELETE FROM events WHERE sequence = 2").await;
    assert_eq!([submit(&source.store).await, submit(&source.store).await], [1, 2]);
    source.run("DELETE FROM jobs WHERE id = 2").await;
    let (_place, target) = empty_target().await;
    copy(&source.store, &target).await.expect("a copy");
    assert_eq!(target.all_vclusters().await.expect("a read"), source.store.all_vclusters().await.expect("a read"));
    assert_eq!(target.users().await.expect("a read"), source.store.users().await.expect("a read"));
    assert_eq!((append(&target).await, submit(&target).await), (3, 3));
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_refused_and_left_as_it_is() {
    let source = Source::of([1, 2]).await;
    let target = Target::of([7]).await;
    let refused = copy(&source.store, &target.store).await.expect_err("somebody's record");
    assert!(matches!(&refused, CopyError::NotEmpty(table) if table == "users"), "{refused:?}");
    let users = target.store.users().await.expect("a read");
    assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [user_id(7)]);
}

#[tokio::test]
async fn a_copy_that_fails_in_the_middle_leaves_nothing() {
    let source = Source::of([1, 2]).await;
    source.save(&vcluster(1, 1, 2)).await;
    source.run("UPDATE nodes SET generation = 'many' WHERE name = 'node-1'").await;
    let (_place, target) = empty_target().await;
    let refused = copy(&source.store, &target).await.expect_err("no number");
    assert!(matches!(&refused, CopyError::Table { table, .. } if table == "nodes"), "{refused:?}");
    assert_eq!(target.users().await.expect("a read"), []);
    source.run("UPDATE nodes SET generation = 1").await;
    copy(&source.store, &target).await.expect("the second try");
    assert_eq!(target.users().await.expect("a read").len(), 2);
}

#[tokio::test]
async fn a_source_that_is_not_of_this_version_is_refused() {
    let (_place, target) = empty_target().await;
    let source = Source::of([1]).await;
    source.run("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_flying', 0)").await;
    let refused = copy(&source.store, &target).await.expect_err("of a newer one");
    assert!(matches!(&refused, CopyError::Newer(step) if step == "m29990101_000001_flying"), "{refused:?}");
    source.run("DELETE FROM seaql_migrations WHERE version LIKE 'm2999%' OR version LIKE '%_people'").await;
    let refused = copy(&source.store, &target).await.expect_err("of an older one");
    assert!(matches!(refused, CopyError::Older), "{refused:?}");
    let refused = copy(&target, &source.store).await.expect_err("the other way");
    assert!(matches!(refused, CopyError::Direction), "{refused:?}");
}
