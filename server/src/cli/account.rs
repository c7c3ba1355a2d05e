//! Accounts and tokens, straight on the database: they work while the daemon runs, and when it does not.

use std::{io::IsTerminal as _, str::FromStr, sync::Arc, time::Duration};

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
    quota::OwnLimits,
    quota_policy::QuotaAssignment,
    user::{Role, Scope, Scopes, User},
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
    /// Make somebody an administrator, or an administrator a user. The last administrator stays one.
    Role {
        name: String,
        #[arg(value_enum)]
        role: RoleName,
    },
    /// Put somebody into a group of limits.groups, or into none. Where their provider decides groups (group_if), it does so
    /// again when they sign in.
    Group {
        name: String,
        /// The group; none without it.
        group: Option<String>,
    },
    /// Show what somebody may hold, or set it. Without options nothing changes.
    Limits {
        name: String,
        #[command(flatten)]
        limits: LimitOptions,
    },
    /// Declare somebody's home lost for good: their next node may begin with an empty one. A home that is there is used.
    HomeLost { name: String },
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
        /// What it is for, as lists show it.
        #[arg(long, default_value = "command line")]
        name: String,
        /// What it may: read (every token may), vclusters, ssh, admin, with commas between. Everything that its user may
        /// when nothing is said.
        #[arg(long, value_delimiter = ',', value_parser = scope, value_name = "SCOPES")]
        scope: Vec<Scope>,
    },
    /// List a user's tokens: id, first characters, until when they are good, what they may.
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

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::User => Self::User,
            RoleName::Admin => Self::Admin,
        }
    }
}

/// A number, or `default` for what everybody may hold.
#[derive(Debug, Args)]
pub(super) struct LimitOptions {
    #[arg(long, value_name = "COUNT|default", value_parser = limit::<i64>)]
    vclusters: Option<Limit<i64>>,
    #[arg(long, value_name = "COUNT|default", value_parser = limit::<i64>)]
    nodes: Option<Limit<i64>>,
    #[arg(long, value_name = "CPUS|default", value_parser = limit::<f64>)]
    cpus: Option<Limit<f64>>,
    #[arg(long, value_name = "MIB|default", value_parser = limit::<i64>)]
    memory_mib: Option<Limit<i64>>,
}

/// `None` is `default`: no limit of the user's own.
#[derive(Debug, Clone, Copy)]
struct Limit<T>(Option<T>);

fn limit<T: FromStr>(text: &str) -> Result<Limit<T>, String> {
    match text {
        "default" => Ok(Limit(None)),
        number => number.parse().map(|number| Limit(Some(number))).map_err(|_| "must be a number, or `default`".into()),
    }
}

fn scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|_| "must be one of read, vclusters, ssh, admin".into())
}

impl LimitOptions {
    fn is_empty(&self) -> bool {
        self.vclusters.is_none() && self.nodes.is_none() && self.cpus.is_none() && self.memory_mib.is_none()
    }

    /// What holds once these are set over `own`; what was not given stays.
    fn over(&self, own: OwnLimits) -> Result<OwnLimits> {
        let given = OwnLimits::parse(
            self.vclusters.and_then(|limit| limit.0),
            self.nodes.and_then(|limit| limit.0),
            self.cpus.and_then(|limit| limit.0),
            self.memory_mib.and_then(|limit| limit.0),
        );
        let given = given.map_err(control::Error::Invalid)?;
        Ok(OwnLimits {
            vclusters: if self.vclusters.is_some() { given.vclusters } else { own.vclusters },
            nodes: if self.nodes.is_some() { given.nodes } else { own.nodes },
            cpu_milli: if self.cpus.is_some() { given.cpu_milli } else { own.cpu_milli },
            memory_mib: if self.memory_mib.is_some() { given.memory_mib } else { own.memory_mib },
            pids: own.pids,
        })
    }
}

pub(super) async fn user(config: &Config, command: UserCommand) -> Result<()> {
    let accounts = accounts(config).await?;
    match command {
        UserCommand::Add { name, role, password } => {
            let added = accounts.add_user(&name, password.read()?.as_deref(), role.into()).await?;
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
        UserCommand::Role { name, role } => Ok(accounts.set_role(&name, role.into()).await?),
        UserCommand::Group { name, group } => {
            Ok(accounts.set_group(&name, group.as_deref().unwrap_or_default()).await?)
        }
        UserCommand::Limits { name, limits } => show_limits(&accounts, &name, &limits).await,
        UserCommand::HomeLost { name } => give_up_home(&accounts, &name).await,
    }
}

async fn give_up_home(accounts: &Accounts, name: &str) -> Result<()> {
    if accounts.give_up_home(name).await? {
        show::line(&format!(
            "{name}'s next node begins with an empty home where there is none; one that is there is used."
        ))
    } else {
        show::line(&format!("The record has no home of {name}: nothing was changed."))
    }
}

/// Sets what was given, then shows what holds.
async fn show_limits(accounts: &Accounts, name: &str, options: &LimitOptions) -> Result<()> {
    if !options.is_empty() {
        let (_, quota, _) = accounts.limits_of(name).await?;
        accounts.set_own_limits(name, options.over(quota.own)?).await?;
    }
    let (usual, QuotaAssignment { group, own }, held) = accounts.limits_of(name).await?;
    let limits = own.over(usual);
    let default = group.map_or_else(|| "default".into(), |group| format!("group {group}"));
    let line = |what: &str, held: String, limit: String, is_own: bool| {
        show::line(&format!(
            "{what:<10}  {held} of {limit}{}",
            if is_own { String::new() } else { format!("  ({default})") }
        ))
    };
    let cpus = |milli: u64| (milli as f64 / 1000.0).to_string();
    line("vclusters", held.vclusters.to_string(), limits.vclusters.to_string(), own.vclusters.is_some())?;
    line("nodes", held.nodes.to_string(), limits.nodes.to_string(), own.nodes.is_some())?;
    line("cpus", cpus(held.cpu_milli), cpus(limits.cpu_milli), own.cpu_milli.is_some())?;
    line("memory_mib", held.memory_mib.to_string(), limits.memory_mib.to_string(), own.memory_mib.is_some())
}

pub(super) async fn token(config: &Config, command: TokenCommand) -> Result<()> {
    let accounts = accounts(config).await?;
    match command {
        TokenCommand::Create { user, expires, name, scope } => {
            let scopes = if scope.is_empty() { Scopes::ALL } else { Scopes::of(&scope) };
            show::line(&accounts.issue_named_token(&user, &name, expires, scopes).await?.text)
        }
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
    let line = format!(
        "{}  {}…  {state:<7}  until {}  {:<24}  {}",
        token.id,
        token.prefix,
        token.expires_at.format("%Y-%m-%d %H:%M"),
        token.scopes,
        token.name
    );
    line.trim_end().to_owned()
}
