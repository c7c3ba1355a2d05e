//! `make bench`: measures Docklet beside a floor or a peer in the same run, prints a table and writes target/bench/*.json.
//!
//! Says what was measured, also where it misses a bar; never fails because of a figure. Knows dockletd only from outside:
//! the binary, its HTTP interface and /proc.

mod apps;
mod attack;
mod batch;
mod cli;
mod client;
mod creation;
mod figure;
mod footprint;
mod installation;
mod listing;
mod proxy;
mod pty_peer;
mod sign_in;
mod terminal;
mod visitor;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use figure::Report;

#[derive(Debug, Parser)]
#[command(about = "Docklet's figures beside a floor or a peer")]
struct Options {
    /// Measure only groups whose name contains this: creation, terminal, attack, apps, footprint, sign-in, listing,
    /// proxy, cli, batch (batch-pass, batch-submission, batch-run, batch-lists, batch-slurm).
    only: Option<String>,
    /// The optimised dockletd; docklet-init stands beside it.
    #[arg(long, default_value = "target/release/dockletd")]
    dockletd: PathBuf,
    /// Where the JSON goes.
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// Rounds of creating vclusters.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Also fill the host with this many one-node vclusters.
    #[arg(long, default_value_t = 200)]
    many: usize,
    /// Be the app that the proxies stand before, and measure nothing.
    #[arg(long, hide = true)]
    app: Option<u16>,
}

impl Options {
    fn wants(&self, group: &str) -> bool {
        self.only.as_deref().is_none_or(|only| group.contains(only))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(port) = options.app {
        return proxy::serve_app(port).await;
    }
    let mut report = Report::new(options.out.clone());
    batch::measure(&options, &mut report).await?;
    if options.wants("creation") {
        report.add("creation", creation::measure(&options).await?)?;
    }
    if options.wants("terminal") {
        report.add("terminal", terminal::measure(&options).await?)?;
    }
    if options.wants("attack") {
        report.add("attack", attack::measure(&options).await?)?;
    }
    if options.wants("apps") {
        report.add("apps", apps::measure(&options).await?)?;
    }
    if options.wants("footprint") {
        report.add("footprint", footprint::measure(&options).await?)?;
    }
    if options.wants("sign-in") {
        report.add("sign-in", sign_in::measure(&options).await?)?;
    }
    if options.wants("listing") {
        report.add("listing", listing::measure(&options).await?)?;
    }
    if options.wants("proxy") {
        report.add("proxy", proxy::measure(&options).await?)?;
    }
    if options.wants("cli") {
        report.add("cli", cli::measure(&options).await?)?;
    }
    report.print();
    Ok(())
}
