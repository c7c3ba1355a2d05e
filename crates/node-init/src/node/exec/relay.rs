//! Between a client and its command: frames on one side, three pipes on the other. One thread, `poll(2)`. What cannot be
//! passed on is not read either, so nothing piles up, and neither direction waits for the other.

use std::io;
use std::mem;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signalfd::SignalFd;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use wire::exec::{ClientFrame, MAX_CLIENT_FRAME, MAX_DATA, NodeFrame};
use wire::framing;
use wire::terminal::Exit;

use super::super::{reap, serve::timespec};
use super::command::{Input, Output};
use super::piped;

/// Output that waits for the client. With it waits at most what one read of each pipe brings.
const ROOM: usize = 64 * 1024;
/// How long others may still write when the command itself has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long a command has to end when its client has gone, and how often that is looked at.
const GRACE: Duration = Duration::from_secs(2);
const TICK: Duration = Duration::from_millis(50);
/// How long a client may take to close once it knows how the command ended.
const LINGER: Duration = Duration::from_secs(60);
/// How often it is said that the command takes no more.
const ALIVE: Duration = Duration::from_secs(2);
/// What the client has gone with.
const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::RDHUP);

/// The two sides, and what is on its way between them.
#[derive(Debug)]
pub(super) struct Relay {
    client: UnixStream,
    signals: SignalFd,
    /// The command, which leads its process group.
    leader: Pid,
    input: Input,
    /// Standard output and standard error.
    outputs: [Output; 2],
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    scratch: Box<[u8]>,
    /// How and when the command ended.
    ended: Option<(Exit, Instant)>,
    /// When that the command takes no more is said the next time.
    alive: Instant,
    /// The client is told, or will be with the last byte of the outbox.
    told: bool,
}

/// What an event is for.
#[derive(Debug, Clone, Copy)]
enum Source {
    Signals,
    Client,
    Input,
    Output(usize),
}

impl Relay {
    /// `reply` is what the client hears first.
    pub(super) fn new(client: UnixStream, signals: SignalFd, mut child: Child, reply: Vec<u8>) -> io::Result<Self> {
        Ok(Self {
            client,
            signals,
            leader: Pid::from_child(&child),
            input: Input::new(piped(child.stdin.take())?)?,
            outputs: [Output::new(piped(child.stdout.take())?), Output::new(piped(child.stderr.take())?)],
            inbox: Vec::new(),
            outbox: reply,
            scratch: vec![0; MAX_DATA].into_boxed_slice(),
            ended: None,
            alive: Instant::now() + ALIVE,
            told: false,
        })
    }

    /// Until the command has ended and its client knows, or the client has gone.
    pub(super) fn run(mut self) -> io::Result<()> {
        loop {
            for (source, flags) in self.wait()? {
                if !self.handle(source, flags) {
                    return self.hang_up();
                }
            }
            let now = Instant::now();
            self.conclude(now);
            self.say_alive(now);
            if !self.send() {
                return self.hang_up();
            }
            if self.told && self.outbox.is_empty() {
                return self.linger();
            }
        }
    }

    fn wait(&self) -> io::Result<Vec<(Source, PollFlags)>> {
        let (mut sources, mut fds) = (Vec::new(), Vec::new());
        let mut watch = |source, fd, flags| {
            sources.push(source);
            fds.push(PollFd::from_borrowed_fd(fd, flags));
        };
        watch(Source::Signals, self.signals.as_fd(), PollFlags::IN);
        let mut interest = PollFlags::RDHUP;
        interest.set(PollFlags::IN, self.input.has_room());
        interest.set(PollFlags::OUT, !self.outbox.is_empty());
        watch(Source::Client, self.client.as_fd(), interest);
        if let Some((pipe, flags)) = self.input.watched() {
            watch(Source::Input, pipe, flags);
        }
        // Not watched at all while there is no room: the kernel reports a hang-up whether it was asked for or not.
        if self.outbox.len() < ROOM {
            for (which, output) in self.outputs.iter().enumerate() {
                if let Some(pipe) = output.watched() {
                    watch(Source::Output(which), pipe, PollFlags::IN);
                }
            }
        }
        let timeout = self.deadline().map(|at| timespec(at.saturating_duration_since(Instant::now())));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Vec::new()),
            Err(errno) => return Err(errno.into()),
        }
        let happened = sources.into_iter().zip(fds.iter().map(PollFd::revents));
        Ok(happened.filter(|(_, flags)| !flags.is_empty()).collect())
    }

    /// When the outputs of a command that has ended are cut, or something is to be said.
    fn deadline(&self) -> Option<Instant> {
        let endless = self.outputs.iter().any(Output::is_endless);
        let cut = self.ended.filter(|_| endless).map(|(_, at)| at + LAST_WORDS);
        cut.into_iter().chain(self.takes_no_more().then_some(self.alive)).min()
    }

    /// A client that does not read notices by that when it is cut off.
    fn takes_no_more(&self) -> bool {
        !self.input.has_room() && self.outbox.is_empty()
    }

    fn say_alive(&mut self, now: Instant) {
        if self.takes_no_more() && now >= self.alive {
            self.put(NodeFrame::Alive);
            self.alive = now + ALIVE;
        }
    }

    /// Whether the client is still there.
    fn handle(&mut self, source: Source, flags: PollFlags) -> bool {
        match source {
            Source::Signals => self.reap(),
            Source::Client if flags.intersects(GONE) => return false,
            Source::Client if flags.contains(PollFlags::IN) => return self.receive(),
            // There is room, which is tried anyway.
            Source::Client => {}
            Source::Input if flags.contains(PollFlags::ERR) => self.input.close(),
            Source::Input => self.input.write(),
            Source::Output(which) => self.pass_on(which),
        }
        true
    }

    fn reap(&mut self) {
        // Which signals there were is no matter: children are asked for.
        while let Ok(Some(_)) = self.signals.read_signal() {}
        let (leader, ended) = (self.leader, &mut self.ended);
        reap::reap(|pid, exit| {
            if pid == leader {
                *ended = Some((exit, Instant::now()));
            }
        });
    }

    /// Whether the client is still there, and speaks the protocol.
    fn receive(&mut self) -> bool {
        match rustix::io::read(&self.client, &mut *self.scratch) {
            Ok(0) => return false,
            Ok(count) => self.inbox.extend_from_slice(&self.scratch[..count]),
            Err(Errno::AGAIN | Errno::INTR) => return true,
            Err(_) => return false,
        }
        let inbox = mem::take(&mut self.inbox);
        match self.take_frames(&inbox) {
            Some(rest) => {
                self.inbox = rest.to_vec();
                true
            }
            None => false,
        }
    }

    /// What is behind the last whole frame; `None` where something is no frame.
    fn take_frames<'a>(&mut self, mut bytes: &'a [u8]) -> Option<&'a [u8]> {
        while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
            let length =
                usize::try_from(u32::from_be_bytes(*length)).ok().filter(|length| *length <= MAX_CLIENT_FRAME)?;
            let Some((frame, behind)) = rest.split_at_checked(length) else { break };
            match ClientFrame::decode(frame).ok()? {
                ClientFrame::Stdin(bytes) => self.input.push(bytes),
                ClientFrame::StdinEnd => self.input.end(),
                ClientFrame::Signal(number) => {
                    if let Some(signal) = Signal::from_named_raw(number.into()) {
                        self.signal(signal);
                    }
                }
            }
            bytes = behind;
        }
        Some(bytes)
    }

    /// To the command and what it has started. When it has ended, its number may be another's.
    fn signal(&self, signal: Signal) {
        if self.ended.is_none() {
            // It may have ended meanwhile; its number is not given to another process before it is reaped.
            let _ = kill_process_group(self.leader, signal);
        }
    }

    fn pass_on(&mut self, which: usize) {
        let bytes = self.outputs[which].read(&mut self.scratch);
        if !bytes.is_empty() {
            let frame = if which == 0 { NodeFrame::Stdout(bytes) } else { NodeFrame::Stderr(bytes) };
            framing::put(&mut self.outbox, |out| frame.encode(out));
        }
    }

    fn put(&mut self, frame: NodeFrame<'_>) {
        framing::put(&mut self.outbox, |out| frame.encode(out));
    }

    /// Says how the command ended, behind all that it wrote.
    fn conclude(&mut self, now: Instant) {
        let Some((exit, at)) = self.ended.filter(|_| !self.told) else { return };
        if now >= at + LAST_WORDS {
            self.outputs.iter_mut().for_each(Output::cut);
        }
        if self.outputs.iter().all(Output::is_closed) {
            self.put(NodeFrame::Exit(exit));
            self.told = true;
        }
    }

    /// Writes what the socket takes. Whether the client is still there.
    fn send(&mut self) -> bool {
        while !self.outbox.is_empty() {
            match rustix::io::write(&self.client, &self.outbox) {
                Ok(count) => drop(self.outbox.drain(..count)),
                Err(Errno::AGAIN) => return true,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// The client has gone: the command is told as if a terminal were closed, and killed if it does not end.
    fn hang_up(mut self) -> io::Result<()> {
        // Processes that outlive their command go on, as they do after a script.
        if self.ended.is_some() {
            return Ok(());
        }
        self.input.close();
        // What was stopped must run to hear it.
        self.signal(Signal::HUP);
        self.signal(Signal::CONT);
        let until = Instant::now() + GRACE;
        while Instant::now() < until {
            if self.ended.is_some() && test_kill_process_group(self.leader).is_err() {
                return Ok(());
            }
            let mut fds = [PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN)];
            // Interrupted or not: it is looked again.
            let _ = poll(&mut fds, Some(&timespec(TICK)));
            self.reap();
        }
        // It fails when none of them is left, which is the aim.
        let _ = kill_process_group(self.leader, Signal::KILL);
        Ok(())
    }

    /// Reads on until the client has gone: a connection that is closed with something unread is reset, and the worker that
    /// carries it may lose the last frames. A client that says nothing for a minute is not waited for.
    fn linger(mut self) -> io::Result<()> {
        self.client.set_nonblocking(false)?;
        self.client.set_read_timeout(Some(LINGER))?;
        self.client.shutdown(Shutdown::Write)?;
        while matches!(rustix::io::read(&self.client, &mut *self.scratch), Ok(1..) | Err(Errno::INTR)) {}
        Ok(())
    }
}
