//! Commands without a terminal. The loop carries none of their bytes: it hands the client's connection to a helper, this very
//! program started again, which starts the command and stands between the two until both are done. Helpers that read files are
//! counted with them.

mod command;
mod relay;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Pid;

use super::read_file::{self, READ_COMMAND};
use super::request::{Connection, bad_request, encode};
use super::shell::{self, Program};
use super::successor;
use crate::protocol::{Done, ErrorBody, ErrorCode, MAX_EXECS, ReadFile};
use relay::Relay;

/// First argument of the helper that stands between client and command; the client is its standard input.
pub(super) const EXEC_COMMAND: &str = "exec";
/// First argument of the helper that becomes the command.
pub(super) const PROGRAM_COMMAND: &str = "exec-program";

/// The helpers at work.
#[derive(Debug)]
pub(super) struct Execs {
    helpers: Vec<Pid>,
    environment: Vec<(OsString, OsString)>,
}

impl Execs {
    /// None yet; commands will get this environment.
    pub(super) fn new(environment: Vec<(OsString, OsString)>) -> Self {
        Self { helpers: Vec::new(), environment }
    }

    /// Hands the connection to a helper, which answers it. Gives it back when it is already answered.
    pub(super) fn begin(&mut self, connection: Connection, command: &[String]) -> Option<Connection> {
        self.hand_over(connection, EXEC_COMMAND, command)
    }

    /// The same for a helper that reads a file.
    pub(super) fn read_file(&mut self, connection: Connection, read: &ReadFile) -> Option<Connection> {
        self.hand_over(connection, READ_COMMAND, &read_file::arguments(read))
    }

    fn hand_over(&mut self, mut connection: Connection, name: &str, arguments: &[String]) -> Option<Connection> {
        let begun = self.admit(&connection).and_then(|()| self.start(&connection, name, arguments));
        match begun {
            Ok(helper) => {
                self.helpers.push(helper);
                None
            }
            Err(error) => {
                connection.reply::<Done>(Err(error));
                Some(connection)
            }
        }
    }

    /// A child was reaped. True if it was one of the helpers.
    pub(super) fn reaped(&mut self, pid: Pid) -> bool {
        let before = self.helpers.len();
        self.helpers.retain(|helper| *helper != pid);
        self.helpers.len() < before
    }

    fn admit(&self, connection: &Connection) -> Result<(), ErrorBody> {
        if self.helpers.len() >= MAX_EXECS {
            let message = format!("a node runs at most {MAX_EXECS} commands at once; wait until one has ended");
            return Err(ErrorBody::new(ErrorCode::TooManyExecs, message));
        }
        // It would be lost: what was read here cannot be read there.
        if connection.said_more() {
            return Err(bad_request("a client waits for the reply before it says more"));
        }
        Ok(())
    }

    /// The helper looks for the program, or the file: in a home that hangs it waits alone.
    fn start(&self, connection: &Connection, name: &str, arguments: &[String]) -> Result<Pid, ErrorBody> {
        let start = || -> io::Result<Child> {
            successor::helper(name)
                .args(arguments)
                .env_clear()
                .envs(self.environment.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::from(connection.as_fd().try_clone_to_owned()?))
                .stdout(Stdio::null())
                .process_group(0)
                .spawn()
        };
        start().map(|child| Pid::from_child(&child)).map_err(|error| cannot_start(&error))
    }
}

fn cannot_start(error: &io::Error) -> ErrorBody {
    ErrorBody::new(ErrorCode::Internal, format!("the command cannot be started: {error}"))
}

/// The helper's whole life: starts the command, answers the client, and relays until both are done.
pub(super) fn serve(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let mut client = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // The node's end is the command's to hear of; this helper stays to tell how that ended.
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT] {
        mask.add(signal);
    }
    mask.thread_block()?;
    let mut children = SigSet::empty();
    children.add(Signal::SIGCHLD);
    let signals = SignalFd::with_flags(&children, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let command: Option<Vec<String>> = arguments.map(|word| word.into_string().ok()).collect();
    match start(&client, &command.unwrap_or_default()) {
        Ok(child) => Relay::new(client, signals, child, encode(Ok(Done {})))?.run(),
        // The socket is empty, so it takes a sentence at once.
        Err(error) => client.write_all(&encode::<Done>(Err(error))),
    }
}

fn start(client: &UnixStream, command: &[String]) -> Result<Child, ErrorBody> {
    let environment: Vec<(OsString, OsString)> = env::vars_os().collect();
    let program = shell::resolve_plain(command, &environment)?;
    if has_gone(client) {
        // Looking for the program took too long, as in a home that hangs: its client was told that the node does not answer.
        return Err(ErrorBody::new(ErrorCode::Busy, "the client has gone"));
    }
    spawn(&program).map_err(|error| cannot_start(&error))
}

fn has_gone(client: &UnixStream) -> bool {
    let mut fds = [PollFd::new(client, PollFlags::RDHUP)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|happened| happened > 0)
}

/// In a process group of its own, so that a signal reaches what the command starts, too.
fn spawn(program: &Program) -> io::Result<Child> {
    successor::helper_for(PROGRAM_COMMAND, program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// The second helper's whole life. Returns why it could not become the command.
pub(super) fn become_program(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    let (Some(cwd), Some(path), Some(name)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return successor::for_ourselves_only();
    };
    let fault = successor::become_program(Path::new(&cwd), [path, name.clone()].into_iter().chain(arguments));
    io::Error::new(fault.kind(), format!("The node cannot run {name:?}: {fault}"))
}

/// A pipe of the child's, which has one: each was asked for.
fn piped<T: Into<OwnedFd>>(pipe: Option<T>) -> io::Result<OwnedFd> {
    pipe.map(Into::into).ok_or_else(|| io::Error::other("a pipe of the command is missing"))
}
