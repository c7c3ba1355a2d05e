//! Rows from one side to the other, some hundred at a time, each value by the kind of its column.

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbErr, QueryResult, Statement, Value,
    prelude::{Json, Uuid},
    sea_query::{Alias, Expr, Query},
};

use super::tables::{Column, Kind, Table};

/// Times the columns of a table, far below what a statement takes as parameters.
const AT_A_TIME: usize = 500;

pub(super) async fn copy(from: &impl ConnectionTrait, to: &impl ConnectionTrait, table: &Table) -> Result<(), DbErr> {
    let columns = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
    let page = format!(
        "SELECT rowid AS \"place in the file\", {columns} FROM \"{}\" WHERE rowid > $1 ORDER BY rowid LIMIT {AT_A_TIME}",
        table.name
    );
    let mut behind = i64::MIN;
    loop {
        let ask = Statement::from_sql_and_values(from.get_database_backend(), &page, [behind.into()]);
        let rows = from.query_all_raw(ask).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        behind = last.try_get("", "place in the file")?;
        let mut insert = Query::insert();
        insert.into_table(Alias::new(&table.name));
        insert.columns(table.columns.iter().map(|column| Alias::new(&column.name)));
        for row in &rows {
            let values = table.columns.iter().map(|column| value(row, column).map(Expr::val));
            insert.values(values.collect::<Result<Vec<_>, _>>()?).map_err(|fault| DbErr::Custom(fault.to_string()))?;
        }
        to.execute(&insert).await?;
    }
}

fn value(row: &QueryResult, column: &Column) -> Result<Value, DbErr> {
    let name = column.name.as_str();
    Ok(match column.kind {
        Kind::Uuid => row.try_get::<Option<Uuid>>("", name)?.into(),
        Kind::Text => row.try_get::<Option<String>>("", name)?.into(),
        Kind::Integer => row.try_get::<Option<i64>>("", name)?.into(),
        Kind::Double => row.try_get::<Option<f64>>("", name)?.into(),
        Kind::Boolean => row.try_get::<Option<bool>>("", name)?.into(),
        Kind::Time => row.try_get::<Option<DateTime<Utc>>>("", name)?.into(),
        Kind::Json => row.try_get::<Option<Json>>("", name)?.into(),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>>("", name)?.into(),
    })
}
