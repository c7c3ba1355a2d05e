//! What a person is asked at their terminal, and what is read in its place from standard input.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::LocalModes;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    failure::{Failure, Kind},
    terminal::Changed,
};

/// No token and no password is as long.
const LONGEST: u64 = 16 * 1024;

/// A line of standard input.
pub(super) fn line() -> Result<String, Failure> {
    let mut line = String::new();
    io::Read::take(io::stdin().lock(), LONGEST).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks without showing what is typed. Where standard input is no terminal, reads a line of it.
pub(super) async fn secret(question: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return line();
    }
    // Ctrl-C is handled before echo is off, so that the terminal is always restored.
    let interrupts = signal(SignalKind::interrupt())?;
    let unseen = Changed::begin(|modes| modes.local_modes.remove(LocalModes::ECHO))?;
    let answer = answer(question, interrupts).await;
    drop(unseen);
    writeln!(io::stderr())?;
    answer
}

/// A failure unless the answer is yes.
pub(super) async fn confirm(question: &str) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("Nobody is here to be asked. If you mean it: --yes"));
    }
    let interrupts = signal(SignalKind::interrupt())?;
    match answer(&format!("{question} [y/N] "), interrupts).await?.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::new(Kind::Other, "Nothing was done.")),
    }
}

async fn answer(question: &str, mut interrupts: Signal) -> Result<String, Failure> {
    let mut out = io::stderr();
    write!(out, "{question}")?;
    out.flush()?;
    tokio::select! {
        line = tokio::task::spawn_blocking(line) => line.map_err(io::Error::other)?,
        _ = interrupts.recv() => Err(Failure::new(Kind::Interrupted, "")),
    }
}
