//! Accounts and tokens, straight on the database: they work while the daemon runs, and when it does not.

use std::{io::IsTerminal as _, sync::Arc, time::Duration};

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand, ValueEnum};
use control::{
    accounts::Accounts,
    ports::{
        clock::{Clock as _, SystemClock},
        store::Token,
    },
};
use domain::{
    TokenId,
    user::{Role, User},
};

use super::show;
use crate::{compose, config::Config, data_dir::DataDir};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add an account. Without --password-stdin a password is generated and printed once.
    Add {
        name: String,
        #[arg(long, value_enum, default_value_t = RoleName::User)]
        role: RoleName,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List the accounts.
    List,
    /// Lock somebody out; what they do ends within a second.
    Lock { name: String },
    /// Let somebody in again.
    Unlock { name: String },
    /// Set a new password. Without --password-stdin one is generated and printed once.
    Passwd {
        name: String,
        #[command(flatten)]
        password: PasswordSource,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Issue a token that acts as a user. It is printed once.
    Create {
        #[arg(long)]
        user: String,
        /// How long it is good for, such as 30d; at most 366 days.
        #[arg(long, value_parser = humantime::parse_duration)]
        expires: Duration,
    },
    /// List a user's tokens: id, first characters, until when they are good.
    List {
        #[arg(long)]
        user: String,
    },
    /// Revoke a token by the id that `list` shows.
    Revoke {
        #[arg(long)]
        user: String,
        id: TokenId,
    },
}

/// Never an argument: those can be read by every user of the host.
#[derive(Debug, Args)]
pub(super) struct PasswordSource {
    /// Read the password from standard input, one line.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    User,
    Admin,
}

pub(super) async fn user(config: &Config, command: UserCommand) -> Result<()> {
    let accounts = accounts(config).await?;
    match command {
        UserCommand::Add { name, role, password } => {
            let role = match role {
                RoleName::User => Role::User,
                RoleName::Admin => Role::Admin,
            };
            let added = accounts.add_user(&name, password.read()?.as_deref(), role).await?;
            show_password(added.generated)
        }
        UserCommand::List => {
            for user in accounts.users().await? {
                show::line(&description(&user))?;
            }
            Ok(())
        }
        UserCommand::Lock { name } => Ok(accounts.set_locked(&name, true).await?),
        UserCommand::Unlock { name } => Ok(accounts.set_locked(&name, false).await?),
        UserCommand::Passwd { name, password } => {
            let generated = accounts.set_password(&name, password.read()?.as_deref()).await?;
            show_password(generated)
        }
    }
}

pub(super) async fn token(config: &Config, command: TokenCommand) -> Result<()> {
    let accounts = accounts(config).await?;
    match command {
        TokenCommand::Create { user, expires } => show::line(&accounts.issue_token(&user, expires).await?.text),
        TokenCommand::List { user } => {
            for token in accounts.tokens(&user).await? {
                show::line(&line_of(&token, SystemClock.now()))?;
            }
            Ok(())
        }
        TokenCommand::Revoke { user, id } => Ok(accounts.revoke_token_of(&user, id).await?),
    }
}

pub(super) async fn migrate(config: &Config) -> Result<()> {
    let data = DataDir::open(&config.server.data_dir)?;
    compose::open_store(config, &data).await?;
    Ok(())
}

async fn accounts(config: &Config) -> Result<Accounts> {
    let data = DataDir::open(&config.server.data_dir)?;
    let store = compose::open_store(config, &data).await?;
    Ok(compose::accounts(config, Arc::new(store)))
}

impl PasswordSource {
    fn read(&self) -> Result<Option<String>> {
        if self.password_stdin { first_line().map(Some) } else { Ok(None) }
    }
}

fn first_line() -> Result<String> {
    if std::io::stdin().is_terminal() {
        bail!(
            "the password is read from standard input, and that is a terminal; send it through a pipe, so that it does not show"
        );
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn show_password(generated: Option<String>) -> Result<()> {
    generated.map_or(Ok(()), |password| show::line(&password))
}

fn description(user: &User) -> String {
    let role = match user.role {
        Role::User => "user",
        Role::Admin => "admin",
    };
    let locked = if user.locked { "locked" } else { "" };
    let line = format!("{:<32}  {role:<5}  {}  {locked}", user.name.as_str(), user.created_at.format("%Y-%m-%d %H:%M"));
    line.trim_end().to_owned()
}

fn line_of(token: &Token, now: DateTime<Utc>) -> String {
    let state = match token.revoked_at {
        Some(_) => "revoked",
        None if token.expires_at <= now => "expired",
        None => "good",
    };
    format!("{}  {}…  {state:<7}  until {}", token.id, token.prefix, token.expires_at.format("%Y-%m-%d %H:%M"))
}
