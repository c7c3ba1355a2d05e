//! The loop: waits for signals, requests, viewers and programs, and lets each move one bounded step.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal as ProcessSignal;

use super::answer::{Next, answer};
use super::config::Config;
use super::dial::Dial;
use super::exec::Execs;
use super::offload::Offload;
use super::port_watch::PortWatch;
use super::request::{Connection, Heard, MAX_CONNECTIONS};
use super::services::Services;
use super::shutdown::{self, Due, Shutdown};
use super::terminal::Terminal;
use super::terminals::Terminals;
use super::{cgroup, listener, log, once, reap};
use crate::protocol::{Exit, Outcome, TaskResult};

/// Large enough for the largest frame of a viewer and for all a pseudo-terminal holds.
const SCRATCH: usize = 72 * 1024;
/// How long no connection is let in when no descriptor is left.
const PAUSE_WHEN_FULL: Duration = Duration::from_millis(200);

/// Everything docklet-init knows.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) started: Instant,
    pub(super) terminals: Terminals,
    pub(super) services: Services,
    pub(super) execs: Execs,
    pub(super) offload: Offload,
    /// Apart from the other work: a home that hangs keeps its own pieces, and no others.
    pub(super) home_offload: Offload,
    pub(super) port_watch: PortWatch,
    connections: Vec<Connection>,
    dials: Vec<Dial>,
    /// Of UDP sockets that were given away. Nothing is said over them but that one side is gone.
    pub(super) kept: Vec<UnixStream>,
    signals: SignalFd,
    listener: UnixListener,
    /// No descriptor was left for a connection; until then none is let in.
    full_until: Option<Instant>,
    scratch: Box<[u8]>,
    grace: Duration,
    shutdown: Shutdown,
    /// No child is left.
    alone: bool,
    /// The node is on its way out because a script has used up its time.
    timed_out: bool,
    /// How the service that runs once ended, when it has.
    result: Option<TaskResult>,
}

/// What an event is for. Places are those in the lists during the wait; nothing is removed before all are handled.
#[derive(Debug, Clone, Copy)]
enum Source {
    Signals,
    Listener,
    Connection(usize),
    Dial(usize),
    Kept(usize),
    Service(usize),
    Program(usize),
    Viewer(usize, usize),
}

/// Runs until told to stop, or until the service that runs once has ended and all processes after it.
pub(super) fn serve(config: Config) -> io::Result<ExitCode> {
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT] {
        mask.add(signal);
    }
    mask.thread_block()?;
    let signals = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1))?;
    let started = Instant::now();
    let services = Services::new(&config, started);
    if services.run_once() && !once::begin(config.instance.as_deref().unwrap_or_default())? {
        log::line(format_args!("the task of this container has been run; it is not run again"));
        return Ok(ExitCode::FAILURE);
    }
    let Some(listener) = listener::open(&config.run_dir, &signals)? else { return Ok(ExitCode::SUCCESS) };
    let mut node = Node {
        started,
        services,
        execs: Execs::new(config.environment.clone()),
        offload: Offload::default(),
        home_offload: Offload::default(),
        port_watch: PortWatch::default(),
        terminals: Terminals::new(config.environment),
        connections: Vec::new(),
        dials: Vec::new(),
        kept: Vec::new(),
        signals,
        listener,
        full_until: None,
        scratch: vec![0; SCRATCH].into_boxed_slice(),
        grace: config.grace,
        shutdown: Shutdown::No,
        alone: false,
        timed_out: false,
        result: None,
    };
    while !(node.stopping() && node.alone) {
        node.turn()?;
    }
    let Some(result) = node.result else { return Ok(ExitCode::SUCCESS) };
    Ok(ExitCode::from(match result.outcome.exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => 128u8.saturating_add(signal),
    }))
}

impl Node {
    /// Waits once and handles all that happened.
    fn turn(&mut self) -> io::Result<()> {
        let events = self.wait()?;
        let now = Instant::now();
        // Keys before output: Ctrl-C must not queue behind what it is to stop.
        for &(source, flags) in &events {
            match source {
                Source::Signals => self.handle_signals(now),
                Source::Viewer(terminal, viewer) => self.handle_viewer(terminal, viewer, flags, now),
                _ => {}
            }
        }
        for &(source, flags) in &events {
            if let Source::Program(terminal) = source {
                self.handle_program(terminal, flags, now);
            }
        }
        for &(source, flags) in events.iter().rev() {
            match source {
                Source::Dial(index) => self.handle_dial(index),
                Source::Kept(index) => drop(self.kept.remove(index)),
                Source::Service(index) => self.services.take_in(index, &mut self.scratch),
                Source::Connection(index) => self.handle_connection(index, flags, now),
                Source::Listener => self.accept(now),
                _ => {}
            }
        }
        self.terminals.iter_mut().for_each(|terminal| terminal.flush(now));
        self.terminals.sweep();
        self.connections.retain(|connection| !connection.over(now));
        self.dials.retain(|dial| !dial.over(now));
        self.keep_time(now);
        Ok(())
    }

    /// Whether the node is on its way out.
    pub(super) fn stopping(&self) -> bool {
        self.shutdown != Shutdown::No
    }

    /// Does what is due even when nothing happened.
    fn keep_time(&mut self, now: Instant) {
        if !self.stopping() {
            self.services.tick(now);
            self.conclude(now);
            if self.stopping() {
                // It could not even be started: no signal of a child's end tells that there is none.
                self.reap(now);
            } else if self.services.is_over_time(now) {
                self.end_in_time(now);
            } else if let Some((pid, warning)) = self.services.warn(now) {
                shutdown::warn(pid, warning);
            }
            return;
        }
        let (shutdown, due) = self.shutdown.advance(now);
        self.shutdown = shutdown;
        match due {
            Due::Nothing => {}
            Due::HangUp => self.terminals.iter_mut().for_each(Terminal::drop_line),
            Due::Kill => shutdown::signal_everybody(ProcessSignal::KILL),
        }
    }

    fn lets_in(&self, now: Instant) -> bool {
        self.full_until.is_none_or(|until| now >= until)
    }

    fn wait(&self) -> io::Result<Vec<(Source, PollFlags)>> {
        let now = Instant::now();
        let (mut sources, mut fds) = (Vec::new(), Vec::new());
        let mut watch = |source, fd, reads: bool, writes: bool| {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, reads);
            flags.set(PollFlags::OUT, writes);
            sources.push(source);
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        };
        watch(Source::Signals, self.signals.as_fd(), true, false);
        // First of all connections in the list, so that it is handled last: it may change their places.
        watch(Source::Listener, self.listener.as_fd(), self.lets_in(now), false);
        self.watch_connections(&mut watch);
        self.watch_terminals(now, &mut watch);
        let timeout = self.next_deadline(now).map(|at| timespec(at.saturating_duration_since(now)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno.into()),
        }
        let happened = sources.into_iter().zip(fds.iter().map(PollFd::revents));
        Ok(happened.filter(|(_, flags)| !flags.is_empty()).collect())
    }

    fn watch_connections<'a>(&'a self, watch: &mut impl FnMut(Source, BorrowedFd<'a>, bool, bool)) {
        for (index, connection) in self.connections.iter().enumerate() {
            watch(Source::Connection(index), connection.as_fd(), connection.reads(), connection.writes());
        }
        for (index, dial) in self.dials.iter().enumerate() {
            watch(Source::Dial(index), dial.as_fd(), false, true);
        }
        for (index, kept) in self.kept.iter().enumerate() {
            watch(Source::Kept(index), kept.as_fd(), true, false);
        }
        for (index, output) in self.services.outputs() {
            watch(Source::Service(index), output, true, false);
        }
    }

    fn watch_terminals<'a>(&'a self, now: Instant, watch: &mut impl FnMut(Source, BorrowedFd<'a>, bool, bool)) {
        for (index, terminal) in self.terminals.iter().enumerate() {
            let (reads, writes) = (terminal.output_allowance(now) > 0, terminal.has_input());
            // Not watched at all while it is paused: the kernel reports a hang-up whether it was asked for or not.
            if let Some(pty) = terminal.pty().filter(|_| reads || writes) {
                watch(Source::Program(index), pty.as_fd(), reads, writes);
            }
            for (number, viewer) in terminal.viewers.iter().enumerate() {
                watch(Source::Viewer(index, number), viewer.as_fd(), viewer.wants_input(), viewer.wants_output());
            }
        }
    }

    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let connections = self.connections.iter().map(Connection::deadline);
        let dials = self.dials.iter().map(Dial::deadline);
        let terminals = self.terminals.iter().filter_map(|terminal| terminal.next_deadline(now));
        let services = self.services.deadline().filter(|_| !self.stopping());
        let full = self.full_until.filter(|until| *until > now);
        connections.chain(dials).chain(terminals).chain(services).chain(self.shutdown.deadline()).chain(full).min()
    }

    fn handle_signals(&mut self, now: Instant) {
        let mut told = 0;
        while let Ok(Some(signal)) = self.signals.read_signal() {
            told += u32::from(i32::try_from(signal.ssi_signo) != Ok(Signal::SIGCHLD as i32));
        }
        self.reap(now);
        // Before what we were told: what has ended by now did not end because of it.
        self.conclude(now);
        for _ in 0..told {
            self.stop(now);
        }
    }

    fn reap(&mut self, now: Instant) {
        self.alone = reap::reap(|pid, exit| {
            if !self.terminals.reaped(pid, exit) && !self.execs.reaped(pid) {
                self.services.reaped(pid, exit, &mut self.scratch, now);
            }
        });
    }

    /// When the service that runs once has ended, so does the node.
    fn conclude(&mut self, now: Instant) {
        let Some(exit) = self.services.end().filter(|_| self.result.is_none()) else { return };
        let (out_of_memory, used) = (cgroup::ran_out_of_memory(), self.services.used());
        let outcome = Outcome { exit, out_of_memory, timed_out: self.timed_out, used };
        let result = TaskResult { outcome, told: self.stopping() && !self.timed_out };
        let line = self.services.not_started().map_or_else(|| result.line(), |fault| fault.line());
        // At once: what the command has left running may take its time to end.
        log::line(format_args!("{line}"));
        self.result = Some(result);
        if !self.stopping() {
            self.stop(now);
        }
    }

    /// A script has used up its time: it is ended as if the node were told to, and its result says why.
    fn end_in_time(&mut self, now: Instant) {
        // It may have ended at the last moment.
        self.reap(now);
        self.conclude(now);
        if !self.stopping() {
            self.timed_out = true;
            self.stop(now);
        }
    }

    /// Told to stop: shells hang up, every process is asked to end.
    fn stop(&mut self, now: Instant) {
        if !self.stopping() {
            self.terminals.hang_up();
            shutdown::signal_everybody(ProcessSignal::TERM);
        }
        self.shutdown = self.shutdown.begin(self.grace, now);
    }

    fn handle_viewer(&mut self, terminal: usize, viewer: usize, flags: PollFlags, now: Instant) {
        let Some(terminal) = self.terminals.at(terminal) else { return };
        if flags.contains(PollFlags::IN) {
            terminal.read_viewer(viewer, &mut self.scratch, now);
        } else if flags.intersects(PollFlags::HUP | PollFlags::ERR) {
            terminal.viewers[viewer].hung_up();
        }
    }

    fn handle_program(&mut self, terminal: usize, flags: PollFlags, now: Instant) {
        let Some(terminal) = self.terminals.at(terminal) else { return };
        if flags.contains(PollFlags::OUT) {
            terminal.write_input();
        }
        terminal.read_output(&mut self.scratch, now);
        terminal.retry_blocked(now);
        terminal.flush(now);
    }

    fn handle_connection(&mut self, index: usize, flags: PollFlags, now: Instant) {
        let connection = &mut self.connections[index];
        if connection.writes() {
            connection.send();
        } else if !connection.reads() && flags.intersects(PollFlags::HUP | PollFlags::ERR) {
            connection.end();
        } else if connection.reads() {
            match connection.hear(&mut self.scratch) {
                Heard::Nothing => {}
                Heard::Bad(error) => connection.reply::<()>(Err(error)),
                Heard::Request(request) => {
                    let connection = self.connections.remove(index);
                    match answer(self, connection, request, now) {
                        Next::Stay(connection) => self.connections.insert(index, connection),
                        Next::Dialing(dial) => {
                            if self.dials.len() >= MAX_CONNECTIONS {
                                self.dials.remove(0);
                            }
                            self.dials.push(dial);
                        }
                        Next::Kept(connection) => self.kept.push(connection.into_stream().0),
                        Next::Gone => {}
                    }
                }
            }
        }
    }

    fn handle_dial(&mut self, index: usize) {
        match self.dials.remove(index).proceed() {
            Ok(dial) => self.dials.push(dial),
            Err(connection) => self.connections.push(connection),
        }
    }

    fn accept(&mut self, now: Instant) {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    log::line(format_args!("a connection cannot be accepted: {error}"));
                    self.full_until = Some(now + PAUSE_WHEN_FULL);
                    return;
                }
            };
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            let allowed = listener::may_ask(&stream);
            if self.connections.len() >= MAX_CONNECTIONS {
                self.connections.remove(0);
            }
            self.connections.push(Connection::new(stream, allowed, now));
        }
    }
}

pub(super) fn timespec(duration: Duration) -> Timespec {
    // A millisecond more, so that the deadline has passed when the wait ends.
    let duration = duration + Duration::from_millis(1);
    Timespec { tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX), tv_nsec: duration.subsec_nanos().into() }
}
