//! What each command does: its requests, and what is printed of the answers.

mod admin;
mod app;
mod ask;
mod attach;
mod browser;
pub(crate) mod completion;
mod connect;
mod context;
mod device;
mod exec;
mod follow;
mod job;
mod lists;
mod named;
mod ssh;
mod ssh_config;
mod token;
mod vc;

use std::{io, process::ExitCode};

use clap::CommandFactory as _;

use crate::{
    args::{Args, Command},
    client::Client,
    failure::Failure,
    output::Output,
};

use context::Way;

pub(crate) use connect::Forward;
pub(crate) use named::JUPYTER;

pub(crate) async fn run(args: Args, output: &Output) -> Result<ExitCode, Failure> {
    let context = args.global.context.as_deref();
    match args.command {
        Command::Login { url, name, token, token_stdin, scope, plain_http } => {
            let way = match (token_stdin, token) {
                (true, _) => Way::Stdin,
                (_, true) => Way::Prompt,
                _ => Way::Browser { scope: (!scope.is_empty()).then(|| scope.join(" ")) },
            };
            context::login(&url, name, way, plain_http, output).await?;
        }
        Command::Logout => context::logout(context, output)?,
        Command::Context(command) => context::run(command, output)?,
        Command::Completions { shell } => {
            io::Write::write_all(&mut io::stdout().lock(), &completion::script(shell)?)?;
        }
        Command::Man { directory } => clap_mangen::generate_to(Args::command(), directory)?,
        Command::Whoami => lists::whoami(&Client::of(context)?, output).await?,
        Command::Images => lists::images(&Client::of(context)?, output).await?,
        Command::Events { follow: _always } => lists::events(&Client::of(context)?, output).await?,
        Command::Activity { vcluster, limit } => {
            lists::activity(&Client::of(context)?, vcluster.as_deref(), limit, output).await?;
        }
        Command::Vc(command) => vc::run(&Client::of(context)?, command, output).await?,
        Command::Job(command) => return job::run(&Client::of(context)?, command, output).await,
        Command::Why { job: Some(job) } => job::why(&Client::of(context)?, &job, output).await?,
        Command::Why { job: None } => job::standing(&Client::of(context)?, output).await?,
        Command::Queue { hosts } => job::queue(&Client::of(context)?, hosts, output).await?,
        Command::Ssh { target, command } => return ssh::run(Client::of(context)?, &target, command).await,
        Command::Attach { target, terminal, list } => {
            return attach::run(Client::of(context)?, &target, terminal.as_deref(), list, output).await;
        }
        Command::Exec { target, command } => return exec::run(&Client::of(context)?, &target, command).await,
        Command::SshConfig { install } => ssh_config::run(install, context, output)?,
        Command::Connect { host, port } => connect::connect(&Client::of(context)?, &host, port).await?,
        Command::PortForward { target, forwards } => {
            connect::forward(Client::of(context)?, &target, &forwards, output).await?;
        }
        Command::Open { vcluster, app } => {
            app::open(&Client::of(context)?, vcluster.as_deref(), &app, output).await?;
        }
        Command::App(command) => app::run(&Client::of(context)?, command, output).await?,
        Command::Token(command) => token::run(&Client::of(context)?, command, output).await?,
        Command::Admin(command) => admin::run(&Client::of(context)?, command, output).await?,
    }
    Ok(ExitCode::SUCCESS)
}
