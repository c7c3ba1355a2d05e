//! The command line of dockletd: which role it takes, and how it was told what to do. Every setting is a flag of every role.

mod account;
mod cluster;
mod db;
mod flags;
mod host;
mod show;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand};
use control::ports::clock::{Clock as _, SystemClock};
use tokio::runtime::{self, Runtime};

use crate::{
    config::{self, ConfigError, Loaded},
    doctor, healthcheck, lifecycle, rest_reference, telemetry, worker_role,
};
use account::{TokenCommand, UserCommand};
use db::DbCommand;
use flags::Flags;
use host::HostCommand;

const LEFT_BEHIND: Duration = Duration::from_millis(200);

/// Docklet's daemon: private clusters of Linux nodes, with terminals, in the browser.
#[derive(Debug, Parser)]
#[command(name = "dockletd", version, disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Serve: everything a host needs, in one process.
    Serve {
        /// Take the record (Postgres) from another dockletd that serves it and hangs, or whose host is lost; take etcd from
        /// another record that is gone for good. A dockletd that still serves there writes nothing any more, and ends as soon
        /// as it notices.
        #[arg(long)]
        takeover: bool,
    },
    /// Work: one host's nodes, for a `serve` in another process (worker.mode = remote).
    Worker {
        /// Remove all nodes and networks of the installation from this host, keep the users' homes, and end.
        #[arg(long)]
        clear: bool,
    },
    /// Print the effective configuration and where each value was written.
    CheckConfig,
    /// Look at what this host needs, one by one, and say how to mend what is missing. Changes nothing.
    Doctor {
        /// One line of JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// Bring the database up to date and end. `serve` does this, too.
    Migrate,
    /// Print a secret for cluster.secret_file.
    ClusterSecret {
        /// Keep it in this file instead. A file that is there is left as it is.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Ask the dockletd of this configuration how it is: the exit code is 0 when it is well.
    Healthcheck {
        #[arg(value_enum, default_value_t = Part::Serve)]
        of: Part,
        /// Whether what `serve` needs answers, too: database, etcd, at least one host.
        #[arg(long)]
        ready: bool,
    },
    /// The record as a whole.
    #[command(subcommand)]
    Db(DbCommand),
    /// Hosts. These work while the daemon runs.
    #[command(subcommand)]
    Host(HostCommand),
    /// Accounts. These work while the daemon runs.
    #[command(subcommand)]
    User(UserCommand),
    /// API tokens. These work while the daemon runs.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print docs/CONFIG.md.
    #[command(hide = true)]
    ConfigReference,
    /// Print docs/reference/rest.md.
    #[command(hide = true)]
    RestReference,
}

/// Which role is asked how it is.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Part {
    Serve,
    Worker,
}

/// What `main` does. An error is printed once, with its causes.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            show::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.role {
        Role::Doctor { json } => doctor(cli.flags, json),
        role => act(cli.flags, role).map(|()| ExitCode::SUCCESS),
    }
}

/// A problem is the exit code 1, like any failure; warnings are not.
fn doctor(flags: Flags, json: bool) -> Result<ExitCode> {
    let config = load(flags).map(|loaded| loaded.config);
    let runtime = Runtime::new()?;
    let report = runtime.block_on(doctor::examine(config, SystemClock.now()));
    runtime.shutdown_timeout(LEFT_BEHIND);
    show::text(&if json { report.json() } else { report.text() })?;
    Ok(if report.has_problem() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn act(flags: Flags, role: Role) -> Result<()> {
    match &role {
        Role::ConfigReference => return show::text(&config::reference::reference()),
        Role::RestReference => return show::text(&rest_reference::reference()?),
        Role::ClusterSecret { file } => return cluster::secret(file.as_deref()),
        _ => {}
    }
    let loaded = load(flags)?;
    let Loaded { config, effective } = &loaded;
    match role {
        Role::ConfigReference | Role::RestReference | Role::Doctor { .. } | Role::ClusterSecret { .. } => Ok(()),
        Role::CheckConfig => show::text(&show::settings(effective)),
        Role::Serve { takeover } => {
            telemetry::init(&config.log)?;
            block_on(lifecycle::serve(loaded, takeover))
        }
        Role::Worker { clear: false } => {
            telemetry::init(&config.log)?;
            block_on(worker_role::work(config))
        }
        Role::Worker { clear: true } => block_on(async { show::line(&worker_role::clear(config).await?) }),
        Role::Healthcheck { of: Part::Serve, ready } => block_on(healthcheck::portal(config, ready)),
        Role::Healthcheck { of: Part::Worker, .. } => block_on(healthcheck::worker(config)),
        Role::Migrate => block_on(account::migrate(config)),
        Role::Db(command) => block_on(db::db(config, command)),
        Role::Host(command) => block_on(host::host(config, command)),
        Role::User(command) => block_on(account::user(config, command)),
        Role::Token(command) => block_on(account::token(config, command)),
    }
}

/// Bytes of a thread's stack. Pages are drawn there, and the unoptimised build takes more than the usual 2 MiB for the largest form;
/// what is not touched costs no memory.
const STACK: usize = 8 * 1024 * 1024;

/// What is left behind on other threads (a password being checked) is not waited for.
fn block_on(role: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()?;
    let done = runtime.block_on(role);
    runtime.shutdown_timeout(LEFT_BEHIND);
    done
}

fn load(flags: Flags) -> Result<Loaded, ConfigError> {
    let environment =
        std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    config::load(flags.values, environment, flags.file)
}
