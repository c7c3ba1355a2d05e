//! The node's side: PID 1, its terminals, its services, and the loop that serves them. One thread, `poll(2)`, no async
//! runtime: it stays small, and a keystroke waits for nothing but the kernel. Knows no Docker and no worker; any
//! process that may use its socket may ask.

mod answer;
mod batch;
mod cgroup;
mod clock;
mod config;
mod dial;
mod exec;
mod firewall;
mod input;
mod listener;
mod listeners;
mod log;
mod offload;
mod once;
mod port_watch;
mod ports;
mod procfs;
mod pty;
mod read_file;
mod reap;
mod record;
mod request;
mod ring;
mod serve;
mod services;
mod shell;
mod shutdown;
mod sshd;
mod successor;
mod tcp_table;
mod terminal;
mod terminals;
mod used;
mod viewer;

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::ExitCode;

use crate::firewall::{GUARD_COMMAND, REMOVE_COMMAND};

/// docklet-init without arguments is PID 1; with a helper's name it is that helper.
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    match arguments.next().as_deref().and_then(OsStr::to_str) {
        Some(pty::SESSION_COMMAND) => failed("this terminal's program", &pty::lead_session(arguments)),
        Some(GUARD_COMMAND) => done("the firewall's helper ends", firewall::guard(arguments)),
        Some(REMOVE_COMMAND) => done("the firewall cannot be taken away", firewall::remove(arguments)),
        Some(services::SERVICE_COMMAND) => failed("this service", &services::become_service(arguments)),
        Some(batch::BATCH_COMMAND) => batch::become_script(arguments),
        Some(read_file::READ_COMMAND) => done("a file's helper ends", read_file::serve(arguments)),
        Some(exec::EXEC_COMMAND) => done("a command's helper ends", exec::serve(arguments)),
        Some(exec::PROGRAM_COMMAND) => not_run(&exec::become_program(arguments)),
        Some(sshd::SSHD_COMMAND) => failed("sshd", &sshd::become_sshd()),
        _ => match serve::serve(config::Config::from_env()) {
            Ok(code) => code,
            Err(error) => failed("docklet-init", &error),
        },
    }
}

/// A task that is not to become something else.
fn done(fault: &str, outcome: io::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::line(format_args!("{fault}: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// As a shell says it: 127 for what is not there, 126 for what cannot be run. Who reads it has the command's standard error
/// before them, where everything that is not the command's begins with our name.
fn not_run(error: &io::Error) -> ExitCode {
    log::line(format_args!("docklet: {error}."));
    ExitCode::from(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
}

/// Helpers return only when they could not become what they are for.
fn failed(what: &str, error: &io::Error) -> ExitCode {
    log::line(format_args!("{what} cannot be started: {error}"));
    ExitCode::from(127)
}
