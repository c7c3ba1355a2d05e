//! The record itself, as a whole: moving it from a file to a server.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use store::StoreConfig;

use super::show;
use crate::{
    compose,
    config::{Config, database::DatabaseUrl, setting::secret_in},
    data_dir::{DataDir, LOCK, Lock},
};

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Copy the record from its SQLite file to an empty database on a Postgres server. The daemon must not run meanwhile.
    Copy {
        /// The SQLite file, as a path or as sqlite://PATH. By default the one the daemon has used.
        #[arg(long, value_name = "FILE")]
        from: Option<String>,
        /// postgres://user@host/database. By default what database.url says. Every user of this machine can read it: a password
        /// belongs into database.password_file, or into --to-file.
        #[arg(long, value_name = "URL", value_parser = url)]
        to: Option<DatabaseUrl>,
        /// A file with that URL, alone in it.
        #[arg(long, value_name = "FILE", conflicts_with = "to")]
        to_file: Option<PathBuf>,
    },
}

fn url(text: &str) -> Result<DatabaseUrl, String> {
    // Never the text itself: it may hold a password.
    DatabaseUrl::parse(text).ok_or_else(|| "must be a URL such as postgres://user@host:5432/database".into())
}

fn url_in(path: &Path) -> Result<DatabaseUrl> {
    let text = secret_in("--to-file", path)?;
    url(text.0.trim()).map_err(|rule| anyhow::anyhow!("what is in {} {rule}", path.display()))
}

pub(super) async fn db(config: &Config, command: DbCommand) -> Result<()> {
    match command {
        DbCommand::Copy { from, to, to_file } => {
            if to.as_ref().is_some_and(DatabaseUrl::has_secret) {
                show::warning(
                    "every user of this machine can read the password in --to while this runs, and the shell keeps it; \
                     take --to-file or database.password_file, and change the password",
                );
            }
            let to = to_file.map_or(Ok(to), |path| url_in(&path).map(Some))?;
            copy(config, from.as_deref(), to).await
        }
    }
}

async fn copy(config: &Config, from: Option<&str>, to: Option<DatabaseUrl>) -> Result<()> {
    let data = DataDir::open(&config.server.data_dir)?;
    let file = from.map_or_else(|| compose::database_file(config, &data), file_of);
    if !file.is_file() {
        bail!("there is no database file {}; say where it is with --from", file.display());
    }
    let Some(url) = to.or_else(|| config.database.url.clone()) else {
        bail!("say where to with --to postgres://user@host/database, or with the setting database.url");
    };
    let _locks = not_in_use(&data, &file)?;
    let source = store::connect(&StoreConfig::at(&file)).await?;
    let target = store::connect(&compose::postgres(config, &url)?.into()).await?;
    let copied = store::copy(&source, &target).await?;
    source.close().await?;
    target.close().await?;
    let width = copied.iter().map(|table| table.table.len()).max().unwrap_or_default();
    for table in &copied {
        show::line(&format!("{:width$}  {}", table.table, table.rows))?;
    }
    show::line(&format!(
        "Everything is in {url} now. Set database.url to it and start dockletd; keep {} as a backup until you trust it.",
        file.display()
    ))
}

/// `sqlite:///var/lib/docklet.db`, or just the path.
fn file_of(text: &str) -> PathBuf {
    text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text).into()
}

/// No daemon may run on the data directory, nor on the directory of the file if that is another one's.
fn not_in_use(data: &DataDir, file: &Path) -> Result<Vec<Lock>> {
    let mut locks = vec![data.lock()?];
    let beside = file.canonicalize().with_context(|| format!("cannot open {}", file.display()))?;
    if let Some(beside) = beside.parent().filter(|beside| *beside != data.path() && beside.join(LOCK).exists()) {
        locks.push(DataDir::open(beside)?.lock()?);
    }
    Ok(locks)
}
