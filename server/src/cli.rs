//! The command line of dockletd: which role it takes, and how it was told what to do. Every setting is a flag of every role.

mod account;
mod flags;
mod show;

use std::{process::ExitCode, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

use crate::{
    config::{self, Loaded},
    lifecycle, telemetry,
};
use account::{TokenCommand, UserCommand};
use flags::Flags;

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
    Serve,
    /// Print the effective configuration and where each value was written.
    CheckConfig,
    /// Bring the database up to date and end. `serve` does this, too.
    Migrate,
    /// Accounts. These work while the daemon runs.
    #[command(subcommand)]
    User(UserCommand),
    /// API tokens. These work while the daemon runs.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print docs/CONFIG.md.
    #[command(hide = true)]
    ConfigReference,
}

/// What `main` does. An error is printed once, with its causes.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if matches!(cli.role, Role::ConfigReference) {
        return show::text(&config::reference::reference());
    }
    let Loaded { config, effective } = load(cli.flags)?;
    match cli.role {
        Role::ConfigReference => Ok(()),
        Role::CheckConfig => show::text(&show::settings(&effective)),
        Role::Serve => {
            telemetry::init(&config.log)?;
            block_on(lifecycle::serve(config))
        }
        Role::Migrate => block_on(account::migrate(&config)),
        Role::User(command) => block_on(account::user(&config, command)),
        Role::Token(command) => block_on(account::token(&config, command)),
    }
}

/// What is left behind on other threads (a password being checked) is not waited for.
fn block_on(role: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = Runtime::new()?;
    let done = runtime.block_on(role);
    runtime.shutdown_timeout(LEFT_BEHIND);
    done
}

fn load(flags: Flags) -> Result<Loaded> {
    let environment =
        std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
    Ok(config::load(flags.values, environment, flags.file)?)
}
