//! What the schema says of itself: its tables in the order in which rows can be written, their columns, their counts.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

use super::CopyError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The server's counter behind it.
    counter: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Uuid,
    Text,
    Integer,
    Double,
    Boolean,
    Time,
    Json,
    Bytes,
}

const COLUMNS: &str = "
    SELECT c.table_name AS \"table\", c.column_name AS \"column\", c.data_type AS kind,
        pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) AS counter
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> 'seaql_migrations'
    ORDER BY c.table_name, c.ordinal_position";

const REFERENCES: &str = "
    SELECT child.relname AS \"table\", parent.relname AS parent
    FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace AND k.conrelid <> k.confrelid";

const TABLES_OF_A_FILE: &str = "
    SELECT name AS \"table\" FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'seaql_migrations'";

#[derive(FromQueryResult)]
struct ColumnRow {
    table: String,
    column: String,
    kind: String,
    counter: Option<String>,
}

#[derive(FromQueryResult)]
struct Reference {
    table: String,
    parent: String,
}

async fn read<R: FromQueryResult>(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<R>, DbErr> {
    R::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).all(db).await
}

/// All tables, those first that others refer to. Both sides must have the same ones.
pub(super) async fn of(from: &impl ConnectionTrait, to: &impl ConnectionTrait) -> Result<Vec<Table>, CopyError> {
    let fault = CopyError::of("the schema");
    let columns: Vec<ColumnRow> = read(to, COLUMNS).await.map_err(&fault)?;
    let references: Vec<Reference> = read(to, REFERENCES).await.map_err(&fault)?;
    let file = Statement::from_string(from.get_database_backend(), TABLES_OF_A_FILE);
    let file = from.query_all_raw(file).await.map_err(&fault)?;
    let here: BTreeSet<String> =
        file.iter().map(|row| row.try_get("", "table")).collect::<Result<_, _>>().map_err(&fault)?;
    let tables = together(columns)?;
    let there: BTreeSet<String> = tables.iter().map(|table| table.name.clone()).collect();
    if let Some(odd) = here.symmetric_difference(&there).next() {
        return Err(CopyError::Schema(odd.clone()));
    }
    in_order(tables, &references)
}

fn together(rows: Vec<ColumnRow>) -> Result<Vec<Table>, CopyError> {
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let unknown = || CopyError::Schema(format!("{}.{} ({})", row.table, row.column, row.kind));
        let column = Column { kind: kind(&row.kind).ok_or_else(unknown)?, name: row.column, counter: row.counter };
        match tables.last_mut().filter(|table| table.name == row.table) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table { name: row.table, columns: vec![column] }),
        }
    }
    Ok(tables)
}

fn kind(written: &str) -> Option<Kind> {
    Some(match written {
        "uuid" => Kind::Uuid,
        "text" | "character varying" => Kind::Text,
        "bigint" => Kind::Integer,
        "double precision" => Kind::Double,
        "boolean" => Kind::Boolean,
        "timestamp with time zone" => Kind::Time,
        "json" | "jsonb" => Kind::Json,
        "bytea" => Kind::Bytes,
        _ => return None,
    })
}

fn in_order(mut left: Vec<Table>, references: &[Reference]) -> Result<Vec<Table>, CopyError> {
    let mut ordered: Vec<Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |table: &Table| {
            let mut parents = references.iter().filter(|reference| reference.table == table.name);
            parents.any(|reference| left.iter().any(|other| other.name == reference.parent))
        };
        let Some(next) = left.iter().position(|table| !waits(table)) else {
            return Err(CopyError::Schema(format!("the order of {}", left[0].name)));
        };
        ordered.push(left.remove(next));
    }
    Ok(ordered)
}

/// A number that was given out once is never given out again, also when its row is gone.
pub(super) async fn continue_counting(
    from: &impl ConnectionTrait,
    to: &impl ConnectionTrait,
    table: &Table,
) -> Result<(), DbErr> {
    for column in &table.columns {
        let Some(counter) = &column.counter else { continue };
        let ask = "SELECT seq FROM sqlite_sequence WHERE name = $1";
        let ask = Statement::from_sql_and_values(from.get_database_backend(), ask, [table.name.as_str().into()]);
        let last: Option<i64> = from.query_one_raw(ask).await?.map(|row| row.try_get("", "seq")).transpose()?;
        if let Some(last) = last.filter(|last| *last > 0) {
            let set = "SELECT setval($1::text::regclass, $2)";
            let set =
                Statement::from_sql_and_values(to.get_database_backend(), set, [counter.as_str().into(), last.into()]);
            to.query_one_raw(set).await?;
        }
    }
    Ok(())
}
