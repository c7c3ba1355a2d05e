//! A connection whose answers are not waited for without end. A database that has gone without a word (a cable, a firewall)
//! answers nothing, and its own time-outs end only what it still does.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement, TransactionTrait, Value,
};

/// A connection with a timeout: `limit` is for each statement; `None` waits as long as the database lets one wait.
#[derive(Debug, Clone)]
pub(crate) struct WithTimeout<C> {
    connection: C,
    limit: Option<Duration>,
}

impl<C> WithTimeout<C> {
    pub(crate) const fn new(connection: C, limit: Option<Duration>) -> Self {
        Self { connection, limit }
    }

    /// For work that may take as long as it takes.
    pub(crate) fn without_limit(self) -> Self {
        Self { limit: None, ..self }
    }

    /// Without the limit.
    pub(crate) const fn inner(&self) -> &C {
        &self.connection
    }

    /// One statement, counted.
    async fn statement<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        metrics::counter!("docklet_database_statements_total").increment(1);
        self.within(work).await
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        within(self.limit, work).await
    }
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
    let Some(limit) = limit else { return work.await };
    let silent = |_| Err(DbErr::Conn(RuntimeErr::Internal(format!("no answer within {} s", limit.as_secs_f32()))));
    tokio::time::timeout(limit, work).await.unwrap_or_else(silent)
}

impl WithTimeout<DatabaseConnection> {
    /// Twice the limit: beginning may wait for a connection first.
    pub(crate) async fn begin(&self) -> Result<WithTimeout<DatabaseTransaction>, DbErr> {
        let limit = self.limit.map(|limit| limit * 2);
        Ok(WithTimeout::new(within(limit, self.connection.begin()).await?, self.limit))
    }
}

impl WithTimeout<DatabaseTransaction> {
    pub(crate) async fn savepoint(&self) -> Result<Self, DbErr> {
        Ok(Self::new(self.within(self.connection.begin()).await?, self.limit))
    }

    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        within(self.limit, self.connection.commit()).await
    }

    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        within(self.limit, self.connection.rollback()).await
    }
}

/// Postgres fails a statement that has a NUL in a text. No client sends one on purpose, so each is replaced.
fn fit(mut statement: Statement) -> Statement {
    if statement.db_backend == DbBackend::Postgres {
        for value in statement.values.iter_mut().flat_map(|values| values.0.iter_mut()) {
            match value {
                Value::String(Some(text)) => without_nul(text),
                Value::Json(Some(json)) => json_without_nul(json),
                _ => {}
            }
        }
    }
    statement
}

fn without_nul(text: &mut String) {
    if text.contains('\0') {
        *text = text.replace('\0', "\u{fffd}");
    }
}

/// In its texts; names of fields are ours.
fn json_without_nul(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::String(text) => without_nul(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(json_without_nul),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(json_without_nul),
        _ => {}
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for WithTimeout<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statement(self.connection.execute_raw(fit(statement))).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.statement(self.connection.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.statement(self.connection.query_one_raw(fit(statement))).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.statement(self.connection.query_all_raw(fit(statement))).await
    }
}
