//! One viewer's session with one terminal: a pure machine from events to effects. It keeps every output byte and every
//! typed byte exactly once and in order, whatever the connection does. Independent of WebSocket, xterm.js, clocks and
//! chance: those are events, effects and arguments. `terminal` drives it in browsers, `cli` in a terminal.

mod backoff;
mod heartbeat;
mod input;
mod live;
mod message;
mod screen;
pub mod status;

use wire::terminal::{Exit, Size};

use crate::status::{Ending, Link, Status};
use backoff::Backoff;
use heartbeat::Heartbeat;
use input::Input;
use screen::Screen;

pub use input::KEPT_INPUT;
pub use message::{Effect, Event, Found, Generation, Moment, Notice, Start, Timer};

/// How long a connection may take to open, in milliseconds.
const OPEN_WITHIN_MS: u64 = 10_000;
/// The server closes with this code when the person is not signed in any more.
const CLOSE_SIGNED_OUT: u16 = 4401;

/// A viewer's session. Give it every event in order, and carry out every effect in order.
#[derive(Debug, Default)]
pub struct Session {
    phase: Phase,
    generation: Generation,
    backoff: Backoff,
    screen: Screen,
    input: Input,
    /// What fits into the viewer's window.
    room: Option<Size>,
    /// The terminal's size.
    size: Option<Size>,
    /// The terminal should get this viewer's size once connected.
    claims_size: bool,
    /// It was connected before.
    was_live: bool,
    /// The timer for an acknowledgement runs.
    ack_scheduled: bool,
    round_trip_ms: Option<u32>,
    shown: Status,
    effects: Vec<Effect>,
}

#[derive(Debug, Default)]
enum Phase {
    /// Waits for the size of the viewer's window.
    #[default]
    Idle,
    /// A connection was asked for and is not open.
    Connecting,
    Live(Heartbeat),
    /// The program ended; the connection stays until its last output is drawn and acknowledged.
    Closing(Exit),
    /// The timer for the next attempt runs.
    Waiting,
    Ended(Ending),
}

impl Session {
    /// A session that connects as soon as it knows the size of its window.
    pub fn new() -> Self {
        Self { claims_size: true, ..Self::default() }
    }

    /// The same with a terminal that was opened for this viewer: its output is wanted from the first byte, and not as a repaint.
    pub fn from_beginning() -> Self {
        Self { screen: Screen::at_beginning(), ..Self::new() }
    }

    /// What there is to show now.
    pub fn status(&self) -> Status {
        Status { link: self.link(), round_trip_ms: self.round_trip_ms, size: self.size, room: self.room }
    }

    /// Whether more input may come: [`Notice::InputFull`] loses what a person pastes, and a program's output must not be lost.
    pub fn takes_input(&self) -> bool {
        self.input.has_room()
    }

    /// Takes one event and says what has to be done, in order.
    pub fn handle(&mut self, event: Event<'_>, at: Moment) -> Vec<Effect> {
        match event {
            Event::Fitted(room) => self.fitted(room),
            Event::Opened(generation) if self.current(generation) => self.opened(at),
            Event::Frame { generation, bytes } if self.current(generation) => self.frame(bytes, at),
            Event::Closed { generation, code } if self.current(generation) => self.closed(code, at),
            Event::Probed(generation, found) if self.current(generation) => self.probed(found),
            Event::Elapsed(generation, timer) if self.current(generation) => self.elapsed(timer, at),
            Event::Drawn(offset) => self.drawn(offset),
            Event::Typed(bytes) => self.typed(bytes),
            Event::Awake => self.awake(at),
            Event::ClaimSize => self.claim_size(),
            // News of a connection that was given up.
            Event::Opened(_) | Event::Frame { .. } | Event::Closed { .. } | Event::Probed(..) | Event::Elapsed(..) => {}
        }
        let status = self.status();
        if status != self.shown {
            self.shown = status.clone();
            self.effects.push(Effect::Show(status));
        }
        std::mem::take(&mut self.effects)
    }

    fn current(&self, generation: Generation) -> bool {
        generation == self.generation
    }

    fn link(&self) -> Link {
        match self.phase {
            Phase::Idle => Link::Idle,
            Phase::Connecting | Phase::Waiting if self.was_live => Link::Reconnecting,
            Phase::Connecting | Phase::Waiting => Link::Connecting,
            Phase::Live(_) => Link::Live,
            Phase::Closing(exit) => Link::Ended(Ending::Exited(exit)),
            Phase::Ended(ending) => Link::Ended(ending),
        }
    }

    fn schedule(&mut self, timer: Timer, after_ms: u64) {
        self.effects.push(Effect::Schedule { timer, generation: self.generation, after_ms });
    }

    fn fitted(&mut self, room: Size) {
        if self.room.replace(room) == Some(room) {
            return;
        }
        match self.phase {
            Phase::Idle => self.connect(),
            Phase::Live(_) => self.send_size(room),
            Phase::Connecting | Phase::Waiting => self.claims_size = true,
            Phase::Closing(_) | Phase::Ended(_) => {}
        }
    }

    fn connect(&mut self) {
        let Some(size) = self.room else { return };
        self.generation = self.generation.next();
        self.phase = Phase::Connecting;
        let start = self.screen.start();
        self.effects.push(Effect::Connect { generation: self.generation, start, size });
        self.schedule(Timer::Open, OPEN_WITHIN_MS);
    }

    /// The connection, if there is one, is of no use: the next attempt comes after a wait.
    fn lose(&mut self, at: Moment) {
        if let Phase::Live(_) = self.phase {
            self.claims_size = self.size == self.room;
        }
        self.screen.interrupt();
        self.input.interrupt();
        self.ack_scheduled = false;
        self.round_trip_ms = None;
        self.phase = Phase::Waiting;
        let wait = self.backoff.next(at.chance);
        self.schedule(Timer::Retry, wait);
    }

    fn give_up(&mut self, at: Moment) {
        self.effects.push(Effect::Disconnect);
        self.lose(at);
    }

    fn end(&mut self, ending: Ending) {
        self.screen.interrupt();
        self.input.discard();
        self.round_trip_ms = None;
        self.phase = Phase::Ended(ending);
    }

    fn closed(&mut self, code: u16, at: Moment) {
        match self.phase {
            Phase::Closing(exit) => self.end(Ending::Exited(exit)),
            Phase::Live(_) | Phase::Connecting if code == CLOSE_SIGNED_OUT => self.end(Ending::SignedOut),
            Phase::Live(_) => self.lose(at),
            Phase::Connecting => self.refused(at),
            Phase::Idle | Phase::Waiting | Phase::Ended(_) => {}
        }
    }

    /// A connection that never opened. A browser does not say why, so the server is asked in another way.
    fn refused(&mut self, at: Moment) {
        self.effects.push(Effect::Probe(self.generation));
        self.lose(at);
    }

    fn probed(&mut self, found: Found) {
        if !matches!(self.phase, Phase::Waiting) {
            return;
        }
        match found {
            Found::Alive { end } => self.screen.check_end(end),
            Found::Over(ending) => self.end(ending),
            Found::Unknown => {}
        }
    }

    fn elapsed(&mut self, timer: Timer, at: Moment) {
        match (timer, &mut self.phase) {
            (Timer::Retry, Phase::Waiting) => self.connect(),
            (Timer::Open, Phase::Connecting) => {
                self.effects.push(Effect::Disconnect);
                self.refused(at);
            }
            (Timer::Heartbeat, Phase::Live(heartbeat)) => {
                if heartbeat.proven(at.now_ms) {
                    self.backoff.reset();
                }
                let verdict = heartbeat.check(at.now_ms);
                self.heed(verdict, at);
            }
            (Timer::Acknowledge, Phase::Live(_)) => self.acknowledge(),
            _ => {}
        }
    }

    /// The page is visible again, the machine woke up, or the network came back.
    fn awake(&mut self, at: Moment) {
        match &mut self.phase {
            Phase::Waiting => {
                self.backoff.reset();
                self.connect();
            }
            Phase::Live(heartbeat) => {
                let verdict = heartbeat.doubt(at.now_ms);
                self.heed(verdict, at);
            }
            Phase::Idle | Phase::Connecting | Phase::Closing(_) | Phase::Ended(_) => {}
        }
    }

    fn typed(&mut self, bytes: &[u8]) {
        if matches!(self.phase, Phase::Closing(_) | Phase::Ended(_)) {
            return;
        }
        if self.input.push(bytes).is_err() {
            self.effects.push(Effect::Notify(Notice::InputFull));
        }
        self.send_input();
    }
}
