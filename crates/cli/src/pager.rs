//! A text that is longer than the terminal goes through the person's pager, as git does it. Knows nothing of what is in it.

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    process::{Command, Stdio},
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{client::TOKEN, failure::Failure, terminal};

/// How a shell says that there is no such program.
const NO_PROGRAM: i32 = 127;

/// Whether the text was shown; otherwise it fits, or there is no pager.
pub(crate) fn show(text: &str) -> Result<bool, Failure> {
    if !io::stdout().is_terminal() || text.lines().count() < usize::from(terminal::size().rows()) {
        return Ok(false);
    }
    let Some(mut command) = command() else { return Ok(false) };
    let mut pager = match command.stdin(Stdio::piped()).spawn() {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(false),
        spawned => spawned?,
    };
    // From now on Ctrl-C is the pager's alone: it would keep the terminal if we ended before it.
    let _ours = signal(SignalKind::interrupt())?;
    let written = pager.stdin.take().map_or(Ok(()), |mut input| input.write_all(text.as_bytes()));
    if pager.wait()?.code() == Some(NO_PROGRAM) {
        return Ok(false);
    }
    match written {
        // Whoever leaves before the end has read enough.
        Err(gone) if gone.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        written => Ok(written.map(|()| true)?),
    }
}

/// `PAGER`, which is a command of the shell; less where it is not set, and none where it is empty or only copies.
fn command() -> Option<Command> {
    let (program, arguments) = match env::var_os("PAGER") {
        None => ("less", vec!["-FRX".into()]),
        Some(pager) if pager.is_empty() || pager == "cat" => return None,
        Some(pager) => ("sh", vec!["-c".into(), pager]),
    };
    let mut command = Command::new(program);
    command.args(arguments).env_remove(TOKEN);
    Some(command)
}
