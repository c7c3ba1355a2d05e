//! What happens while a connection is open: frames in, frames out.

use wire::terminal::{ClientFrame, Exit, NodeFrame, Size};

use super::heartbeat::{Heartbeat, Verdict};
use super::message::{Effect, Moment, Notice, Timer};
use super::screen::Owed;
use super::{Phase, Session};
use crate::status::Ending;

/// Drawn bytes are acknowledged after this many milliseconds if nothing demands it earlier.
const ACK_WITHIN_MS: u64 = 50;

impl Session {
    pub(super) fn opened(&mut self, at: Moment) {
        if !matches!(self.phase, Phase::Connecting) {
            return;
        }
        self.was_live = true;
        self.screen.resume();
        let mut heartbeat = Heartbeat::new(at.now_ms);
        let verdict = heartbeat.check(at.now_ms);
        self.phase = Phase::Live(heartbeat);
        self.heed(verdict, at);
    }

    pub(super) fn heed(&mut self, verdict: Verdict, at: Moment) {
        match verdict {
            Verdict::Ask { nonce, again_ms } => {
                self.send(ClientFrame::Ping { nonce });
                self.schedule(Timer::Heartbeat, again_ms);
            }
            Verdict::Wait { again_ms } => self.schedule(Timer::Heartbeat, again_ms),
            Verdict::Dead => self.give_up(at),
        }
    }

    pub(super) fn frame(&mut self, bytes: &[u8], at: Moment) {
        let Phase::Live(heartbeat) = &mut self.phase else { return };
        heartbeat.hear(at.now_ms);
        let Ok(frame) = NodeFrame::decode(bytes) else {
            return self.give_up(at);
        };
        match frame {
            NodeFrame::Output { offset, bytes } => {
                if self.screen.output(offset, bytes, &mut self.effects).is_err() {
                    self.give_up(at);
                }
            }
            NodeFrame::Snapshot { offset, size, more, bytes } => {
                self.screen.snapshot(offset, size, more, bytes, &mut self.effects);
                self.size = Some(size);
            }
            NodeFrame::InputAck { seq } => {
                self.input.acknowledge(seq);
                self.send_input();
            }
            NodeFrame::Size(size) => self.sized(size),
            NodeFrame::Exit(exit) => self.exited(exit),
            NodeFrame::Pong { nonce } => {
                if let Some(took) = heartbeat.answer(nonce, at.now_ms) {
                    self.round_trip_ms = Some(took);
                }
            }
            NodeFrame::Error { code, message } => {
                let notice = Notice::Refused { code: code.to_owned(), message: message.to_owned() };
                self.effects.push(Effect::Notify(notice));
            }
        }
    }

    /// The terminal has this size now. The first news after a connection shows whether it is this viewer's.
    fn sized(&mut self, size: Size) {
        self.effects.push(Effect::Resize(size));
        self.size = Some(size);
        let claims = std::mem::take(&mut self.claims_size);
        if let Some(room) = self.room.filter(|&room| claims && room != size) {
            self.send_size(room);
        }
    }

    pub(super) fn claim_size(&mut self) {
        if let (Phase::Live(_), Some(room)) = (&self.phase, self.room) {
            self.send_size(room);
        }
    }

    fn exited(&mut self, exit: Exit) {
        self.screen.owe();
        self.phase = Phase::Closing(exit);
        self.close_when_drawn(exit);
    }

    fn close_when_drawn(&mut self, exit: Exit) {
        if self.screen.settled() {
            self.acknowledge();
            self.effects.push(Effect::Disconnect);
            self.end(Ending::Exited(exit));
        }
    }

    pub(super) fn drawn(&mut self, offset: u64) {
        self.screen.drawn(offset);
        match self.phase {
            Phase::Live(_) => match self.screen.owed() {
                Owed::Now => self.acknowledge(),
                Owed::Soon => self.acknowledge_soon(),
                Owed::Nothing => {}
            },
            Phase::Closing(exit) => self.close_when_drawn(exit),
            Phase::Idle | Phase::Connecting | Phase::Waiting | Phase::Ended(_) => {}
        }
    }

    fn acknowledge_soon(&mut self) {
        if !self.ack_scheduled {
            self.ack_scheduled = true;
            self.schedule(Timer::Acknowledge, ACK_WITHIN_MS);
        }
    }

    pub(super) fn acknowledge(&mut self) {
        self.ack_scheduled = false;
        let frame = self.screen.acknowledgement();
        self.effects.push(Effect::Send(frame));
    }

    pub(super) fn send_input(&mut self) {
        if !matches!(self.phase, Phase::Live(_)) {
            return;
        }
        while let Some(frame) = self.input.next_frame() {
            self.effects.push(Effect::Send(frame));
        }
    }

    pub(super) fn send_size(&mut self, size: Size) {
        self.send(ClientFrame::Resize { cols: size.cols(), rows: size.rows() });
    }

    fn send(&mut self, frame: ClientFrame<'_>) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.effects.push(Effect::Send(bytes));
    }
}
