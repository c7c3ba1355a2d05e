//! A session on a bench: events in, effects out, time by hand.

use terminal_session::status::Link;
use terminal_session::{Effect, Event, Generation, Moment, Session, Start, Timer};
use wire::terminal::{ClientFrame, NodeFrame, Size};

pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) now_ms: u64,
    /// Of the latest attempt to connect.
    pub(crate) generation: Generation,
}

pub(crate) fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).expect("a size within the limits")
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self { session: Session::new(), now_ms: 0, generation: Generation::default() }
    }

    /// A session whose connection is open and has said where input continues.
    pub(crate) fn live() -> Self {
        let mut bench = Self::new();
        bench.tell(Event::Fitted(size(80, 24)));
        bench.open();
        bench.frame(NodeFrame::InputAck { seq: 0 });
        bench.frame(NodeFrame::Size(size(80, 24)));
        assert_eq!(bench.link(), Link::Live);
        bench
    }

    pub(crate) fn tell(&mut self, event: Event<'_>) -> Vec<Effect> {
        let effects = self.session.handle(event, Moment { now_ms: self.now_ms, chance: 0.5 });
        for effect in &effects {
            if let Effect::Connect { generation, .. } = effect {
                self.generation = *generation;
            }
        }
        effects
    }

    pub(crate) fn open(&mut self) -> Vec<Effect> {
        self.tell(Event::Opened(self.generation))
    }

    pub(crate) fn frame(&mut self, frame: NodeFrame<'_>) -> Vec<Effect> {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.tell(Event::Frame { generation: self.generation, bytes: &bytes })
    }

    pub(crate) fn close(&mut self) -> Vec<Effect> {
        self.tell(Event::Closed { generation: self.generation, code: 1006 })
    }

    /// The timer runs out after what it was set to in `effects`.
    pub(crate) fn elapse(&mut self, timer: Timer, effects: &[Effect]) -> Vec<Effect> {
        self.now_ms += wait_of(timer, effects).expect("the timer was set");
        self.tell(Event::Elapsed(self.generation, timer))
    }

    /// Loses the connection and asks for the next one; returns where that begins.
    pub(crate) fn reconnect(&mut self) -> Start {
        let effects = self.close();
        let effects = self.elapse(Timer::Retry, &effects);
        let start = start_of(&effects).expect("the retry connects");
        self.open();
        start
    }

    pub(crate) fn link(&self) -> Link {
        self.session.status().link
    }
}

pub(crate) fn wait_of(timer: Timer, effects: &[Effect]) -> Option<u64> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Schedule { timer: set, after_ms, .. } if *set == timer => Some(*after_ms),
        _ => None,
    })
}

pub(crate) fn start_of(effects: &[Effect]) -> Option<Start> {
    effects.iter().find_map(|effect| match effect {
        Effect::Connect { start, .. } => Some(*start),
        _ => None,
    })
}

/// The frames among the effects, in words.
pub(crate) fn sent(effects: &[Effect]) -> Vec<String> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(frame) => Some(frame),
        _ => None,
    });
    frames
        .map(|frame| match ClientFrame::decode(frame).expect("the session sends whole frames") {
            ClientFrame::Input { seq, bytes } => format!("input {seq} {}", String::from_utf8_lossy(bytes)),
            ClientFrame::Resize { cols, rows } => format!("resize {cols}x{rows}"),
            ClientFrame::Ack { offset } => format!("ack {offset}"),
            ClientFrame::Ping { nonce } => format!("ping {nonce}"),
        })
        .collect()
}

/// What happens to the screen, in words.
pub(crate) fn drawn(effects: &[Effect]) -> Vec<String> {
    let drawing = effects.iter().filter_map(|effect| match effect {
        Effect::Reset => Some("reset".to_owned()),
        Effect::Resize(size) => Some(format!("{}x{}", size.cols(), size.rows())),
        Effect::Write { bytes, reaches } => Some(match reaches {
            Some(offset) => format!("{} to {offset}", String::from_utf8_lossy(bytes)),
            None => format!("{} ...", String::from_utf8_lossy(bytes)),
        }),
        _ => None,
    });
    drawing.collect()
}
