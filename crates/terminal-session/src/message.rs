//! What a session is told and what it asks for. Data only.

use wire::terminal::Size;

use crate::status::{Ending, Status};

/// Which attempt to connect something belongs to. What belongs to an older one is too late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u32);

impl Generation {
    pub(super) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// When an event happens, and the chance it brings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Milliseconds on a clock that never goes back.
    pub now_ms: u64,
    /// Random, from 0 (included) to 1 (excluded).
    pub chance: f64,
}

/// What a session is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// So much fits into the viewer's window.
    Fitted(Size),
    /// The connection is open.
    Opened(Generation),
    /// One message came.
    Frame { generation: Generation, bytes: &'a [u8] },
    /// The connection is closed, or could not be opened. `code`: the WebSocket close code.
    Closed { generation: Generation, code: u16 },
    /// The answer to [`Effect::Probe`].
    Probed(Generation, Found),
    /// A timer set by [`Effect::Schedule`] has run out.
    Elapsed(Generation, Timer),
    /// The screen has drawn a write that [`Effect::Write`] gave this mark.
    Drawn(u64),
    /// The person typed or pasted, or the screen answered a program's question.
    Typed(&'a [u8]),
    /// The page became visible, the machine woke up, the network is back, or the person asks to try now.
    Awake,
    /// The terminal shall get the size of this window.
    ClaimSize,
}

/// What the server says about a terminal whose connection could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It lives; `end` is how many bytes of output it has.
    Alive { end: u64 },
    /// It will not come back.
    Over(Ending),
    /// The server does not answer, or not sensibly.
    Unknown,
}

/// The timers of a session. Setting one replaces its earlier setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Timer {
    /// A connection should be open by now.
    Open,
    /// Time for the next attempt.
    Retry,
    /// Time to look whether the other side still answers.
    Heartbeat,
    /// Time to tell the node what is drawn.
    Acknowledge,
}

/// Where the node shall begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With a repaint.
    Snapshot,
    /// With the output at this offset.
    At(u64),
}

/// What a session asks for. To be carried out in order; screen effects in the order of the screen's own queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Open a connection; an older one, if any, is given up.
    Connect { generation: Generation, start: Start, size: Size },
    /// Close the connection. Nothing more is wanted from it.
    Disconnect,
    /// Send one message.
    Send(Vec<u8>),
    /// Make the screen as new: empty, all modes at their defaults.
    Reset,
    /// Give the screen this size.
    Resize(Size),
    /// Draw these bytes, then report `reaches`, if any, with [`Event::Drawn`].
    Write { bytes: Vec<u8>, reaches: Option<u64> },
    /// Find out why the connection could not be opened.
    Probe(Generation),
    /// Report [`Event::Elapsed`] after so many milliseconds.
    Schedule { timer: Timer, generation: Generation, after_ms: u64 },
    /// Show this.
    Show(Status),
    /// Tell the person.
    Notify(Notice),
}

/// What the person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// What was typed or pasted does not fit into what may wait; it was not sent.
    InputFull,
    /// The node or the server refused something. `code` is for programs, `message` for people.
    Refused { code: String, message: String },
}
