//! `docklet attach`: finds a terminal that is open already. Showing it is `ssh`'s.

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use wire::terminals::Terminal;

use super::{
    lists::shown,
    named::{self, in_path},
    ssh,
};
use crate::{
    client::Client,
    failure::{Failure, Kind},
    output::{Output, Table},
};

/// Shows the terminal of this title, or whose id begins so, or the only one; or lists them.
pub(super) async fn run(
    client: Client,
    target: &str,
    terminal: Option<&str>,
    list: bool,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let (vcluster, node) = named::node_or_first(&client, target).await?;
    let terminals = format!("/vclusters/{}/nodes/{}/terminals", in_path(&vcluster.id), in_path(&node));
    let mut open: Vec<Terminal> = client.get(&terminals).await?;
    open.retain(|one| one.exited.is_none());
    if list {
        show(&open, output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let place = format!("{}/{node}", vcluster.name);
    open.retain(|one| terminal.is_none_or(|named| one.id.starts_with(named) || one.title == named));
    if let [first, _, ..] = &*open {
        show(&open, output)?;
        let what = format!("Several terminals are open: name one, such as docklet attach {place} {}", first.id);
        return Err(Failure::usage(what));
    }
    let Some(chosen) = open.pop() else {
        let what = match terminal {
            Some(named) => format!("No terminal '{named}' is open on {place}: docklet attach --list {place}"),
            None => format!("No terminal is open on {place}: docklet ssh {place} opens one."),
        };
        return Err(Failure::new(Kind::NotFound, what));
    };
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        let what = format!("It can be shown in a terminal only. For scripts: docklet exec {place} -- PROGRAM");
        return Err(Failure::usage(what));
    }
    ssh::attach(client, terminals, chosen.id).await
}

fn show(open: &[Terminal], output: &Output) -> Result<(), Failure> {
    let row = |one: &Terminal| {
        vec![
            one.id.clone(),
            one.title.clone(),
            shown(one.created_at),
            format!("{}x{}", one.cols, one.rows),
            one.viewers.to_string(),
        ]
    };
    output.show(&open, &Table::new(&["terminal", "title", "since", "size", "viewers"], open.iter().map(row)))
}
