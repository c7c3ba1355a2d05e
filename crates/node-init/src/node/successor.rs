//! Helpers: this very program started again, to prepare what its successor needs and then become it.
//!
//! Children inherit the signals docklet-init blocks to read them from a descriptor; a program with SIGTERM and SIGINT
//! blocked could not be stopped. Only a process can unblock its own, so every program is started by way of a helper.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::SigSet;

use super::shell::Program;

/// This very program, also where it was mounted and unmounted again.
const OURSELVES: &str = "/proc/self/exe";

/// A helper that is about to be started.
pub(super) fn helper(name: &str) -> Command {
    let mut command = Command::new(OURSELVES);
    command.arg0("docklet-init").arg(name);
    command
}

/// The same, for [`become_program`]: with the program's place, path, name, arguments and environment.
pub(super) fn helper_for(name: &str, program: &Program) -> Command {
    let mut command = helper(name);
    command.arg(&program.cwd).arg(&program.path).arg(&program.arg0).args(&program.args).env_clear();
    command.envs(program.environment.iter().map(|(name, value)| (name, value)));
    command
}

/// Becomes the program the arguments name: its path, what it is called, its arguments. Returns why it could not.
pub(super) fn become_program(cwd: &Path, mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    let (Some(path), Some(arg0)) = (arguments.next(), arguments.next()) else { return for_ourselves_only() };
    become_command(Command::new(path).arg0(arg0).args(arguments).current_dir(cwd))
}

/// Becomes the command, with no signal blocked. Returns why it could not.
pub(super) fn become_command(command: &mut Command) -> io::Error {
    match SigSet::all().thread_unblock() {
        Ok(()) => command.exec(),
        Err(errno) => errno.into(),
    }
}

/// For a user who calls a helper by hand.
pub(super) fn for_ourselves_only() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "this command is for docklet-init itself")
}
