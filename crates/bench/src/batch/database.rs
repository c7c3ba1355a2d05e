//! Databases of a measurement's own, of either kind: the product's record in them, and beside it plain connections, through which
//! floors are measured and many rows made. Of a job it knows the row, and what of it may differ in copies.

use std::time::Duration;

use anyhow::Result;
use domain::{JobId, job::JobState};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use store::{PostgresConfig, SqlStore, StoreConfig};
use tempfile::TempDir;
use testkit::RealPostgres;

const PATIENCE: Duration = Duration::from_secs(60);

/// Where a database is, or can be made.
pub(super) struct Place {
    /// What kind it is.
    pub(super) kind: &'static str,
    pub(super) url: String,
    config: StoreConfig,
    /// Of a file: it goes with this.
    directory: Option<TempDir>,
}

impl Place {
    pub(super) fn file() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("docklet.db");
        let url = format!("sqlite://{}", path.display());
        Ok(Self { kind: "SQLite", url, config: StoreConfig::at(path), directory: Some(directory) })
    }

    /// An empty one; it goes with the server.
    pub(super) fn on(server: &RealPostgres) -> Self {
        let url = server.url(&server.database(None));
        let config = PostgresConfig::at(url.clone()).into();
        Self { kind: "Postgres", url, config, directory: None }
    }

    pub(super) const fn is_file(&self) -> bool {
        self.directory.is_some()
    }

    /// With the schema in it.
    pub(super) async fn record(&self) -> Result<SqlStore> {
        let store = store::connect(&self.config).await?;
        store::migrate(&store).await?;
        Ok(store)
    }

    /// Connections that know no rule, as durable as the record's own. To a file one, as only one writes at a time.
    pub(super) async fn plain(&self, most: u32) -> Result<DatabaseConnection> {
        let mut options = ConnectOptions::new(self.url.clone());
        let most = if self.is_file() { 1 } else { most };
        options.max_connections(most).acquire_timeout(PATIENCE).test_before_acquire(false).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|options| {
            let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
            options.foreign_keys(true).busy_timeout(PATIENCE)
        });
        Ok(Database::connect(options).await?)
    }
}

/// The statement that writes down the row of this job once more, under the next number.
pub(super) async fn copy(plain: &DatabaseConnection, job: JobId) -> Result<String> {
    Ok(copying(&columns(plain).await?, job, None))
}

/// The same for every user there is, one row each, in this state.
pub(super) fn copy_for_all(columns: &[String], job: JobId, state: JobState) -> String {
    copying(columns, job, Some(state))
}

fn copying(columns: &[String], job: JobId, for_all: Option<JobState>) -> String {
    let names: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let value = |column: &String| match (column.as_str(), for_all) {
        ("owner", Some(_)) => "u.id".to_owned(),
        ("state", Some(state)) => format!("'{}'", state.as_str()),
        (column, _) => format!("t.\"{column}\""),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let from = if for_all.is_some() { "jobs t CROSS JOIN users u" } else { "jobs t" };
    format!("INSERT INTO jobs ({}) SELECT {} FROM {from} WHERE t.id = {job}", names.join(", "), values.join(", "))
}

/// Of a job's row, all but its number. Asked for, so that a new column is copied, too.
pub(super) async fn columns(plain: &DatabaseConnection) -> Result<Vec<String>> {
    let backend = plain.get_database_backend();
    let ask = match backend {
        DbBackend::Postgres => {
            "SELECT column_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = 'jobs' AND column_name <> 'id'"
        }
        _ => "SELECT name FROM pragma_table_info('jobs') WHERE name <> 'id'",
    };
    let rows = plain.query_all_raw(Statement::from_string(backend, ask)).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_the_row_again_and_differs_in_what_is_said() {
        let columns = ["owner", "after", "state"].map(str::to_owned);
        let job = JobId::try_from(7).expect("a number");
        assert_eq!(
            copying(&columns, job, None),
            "INSERT INTO jobs (\"owner\", \"after\", \"state\") SELECT t.\"owner\", t.\"after\", t.\"state\" FROM jobs t \
             WHERE t.id = 7"
        );
        assert_eq!(
            copy_for_all(&columns, job, JobState::Failed),
            "INSERT INTO jobs (\"owner\", \"after\", \"state\") SELECT u.id, t.\"after\", 'failed' FROM jobs t CROSS JOIN \
             users u WHERE t.id = 7"
        );
    }
}
