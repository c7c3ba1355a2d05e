//! All terminals of the node: opening, finding, closing, and when an ended one is forgotten.

use std::ffi::OsString;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process_group};
use wire::terminal::{Exit, Size};

use super::pty::Pty;
use super::terminal::Terminal;
use super::{procfs, shell};
use crate::protocol::{
    ErrorBody, ErrorCode, MAX_EXITED, MAX_TERMINALS, OpenTerminal, TerminalActivity, TerminalId, TerminalInfo,
};

/// The terminals, oldest first.
#[derive(Debug)]
pub(super) struct Terminals {
    all: Vec<Terminal>,
    environment: Vec<(OsString, OsString)>,
}

impl Terminals {
    /// No terminals yet; their programs will get this environment.
    pub(super) fn new(environment: Vec<(OsString, OsString)>) -> Self {
        Self { all: Vec::new(), environment }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Terminal> {
        self.all.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Terminal> {
        self.all.iter_mut()
    }

    /// The terminal at a place of the last `iter`.
    pub(super) fn at(&mut self, index: usize) -> Option<&mut Terminal> {
        self.all.get_mut(index)
    }

    /// How many programs run.
    pub(super) fn living(&self) -> usize {
        self.all.iter().filter(|terminal| terminal.exited().is_none()).count()
    }

    /// The terminal with this id.
    pub(super) fn find(&mut self, id: &TerminalId) -> Result<&mut Terminal, ErrorBody> {
        let unknown = || ErrorBody::new(ErrorCode::UnknownTerminal, format!("the node has no terminal {id}"));
        self.all.iter_mut().find(|terminal| terminal.id == *id).ok_or_else(unknown)
    }

    /// Opens a terminal, unless it is open already.
    pub(super) fn open(&mut self, request: OpenTerminal) -> Result<(), ErrorBody> {
        let size = Size::new(request.cols, request.rows)
            .map_err(|error| ErrorBody::new(ErrorCode::BadSize, error.to_string()))?;
        if let Ok(terminal) = self.find(&request.id) {
            return match terminal.exited() {
                None => Ok(()),
                Some(_) => Err(ErrorBody::new(
                    ErrorCode::TerminalExited,
                    format!("the terminal {} has ended; open one with another id", request.id),
                )),
            };
        }
        if self.living() >= MAX_TERMINALS {
            let message = format!("a node has at most {MAX_TERMINALS} terminals; close one first");
            return Err(ErrorBody::new(ErrorCode::TooManyTerminals, message));
        }
        let program = shell::resolve(&request.command, &self.environment)?;
        let (pty, leader) = Pty::start(&program, size).map_err(|error| {
            ErrorBody::new(ErrorCode::Internal, format!("the terminal's program cannot be started: {error}"))
        })?;
        self.all.push(Terminal::new(request.id, pty, leader, size));
        Ok(())
    }

    /// Hangs a terminal up and forgets it once its viewers are told.
    pub(super) fn close(&mut self, id: &TerminalId, now: Instant) -> Result<(), ErrorBody> {
        self.find(id)?.hang_up(now);
        self.all.retain(|terminal| terminal.id != *id);
        Ok(())
    }

    /// Tells all programs that their terminals hang up.
    pub(super) fn hang_up(&self) {
        for terminal in &self.all {
            let foreground = terminal.pty().and_then(Pty::foreground);
            for group in terminal.leader().into_iter().chain(foreground) {
                // Stopped programs must run to hear it; those that ended need not.
                let _ = kill_process_group(group, Signal::HUP);
                let _ = kill_process_group(group, Signal::CONT);
            }
        }
    }

    /// A child was reaped. True if it was the program of a terminal.
    pub(super) fn reaped(&mut self, pid: Pid, exit: Exit) -> bool {
        match self.all.iter_mut().find(|terminal| terminal.leader() == Some(pid)) {
            Some(terminal) => {
                terminal.leader_ended(exit);
                true
            }
            None => false,
        }
    }

    /// Forgets viewers that left, ended terminals that were seen, and the oldest of too many ended ones.
    pub(super) fn sweep(&mut self) {
        self.all.iter_mut().for_each(Terminal::sweep);
        self.all.retain(|terminal| !terminal.finished());
        let ended = self.all.iter().filter(|terminal| terminal.exited().is_some()).count();
        let mut surplus = ended.saturating_sub(MAX_EXITED);
        self.all.retain(|terminal| {
            let drop = surplus > 0 && terminal.exited().is_some();
            surplus -= usize::from(drop);
            !drop
        });
    }

    /// What *terminals* answers.
    pub(super) fn infos(&mut self) -> Vec<TerminalInfo> {
        self.all.iter_mut().map(info).collect()
    }

    /// What *activity* answers about terminals.
    pub(super) fn activity(&self) -> Vec<TerminalActivity> {
        let living = self.all.iter().filter(|terminal| terminal.exited().is_none());
        living
            .map(|terminal| TerminalActivity {
                id: terminal.id.clone(),
                process: foreground(terminal),
                last_input_ms: terminal.last_input_ms,
            })
            .collect()
    }
}

fn foreground(terminal: &Terminal) -> String {
    terminal.pty().and_then(Pty::foreground).and_then(procfs::name).unwrap_or_default()
}

fn info(terminal: &mut Terminal) -> TerminalInfo {
    TerminalInfo {
        id: terminal.id.clone(),
        title: terminal.title(),
        process: foreground(terminal),
        cols: terminal.size().cols(),
        rows: terminal.size().rows(),
        created_at_ms: terminal.created_at_ms,
        viewers: u32::try_from(terminal.viewers.len()).unwrap_or(u32::MAX),
        end_offset: terminal.end_offset(),
        exited: terminal.exited(),
    }
}
