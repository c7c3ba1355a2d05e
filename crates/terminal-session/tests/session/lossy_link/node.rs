//! A model of the node's side: a record with a short memory, snapshots for what it forgot, a small window, and input
//! that is taken once.

use terminal_session::Start;
use wire::terminal::{ClientFrame, NodeFrame, Size};

/// Bytes of output the record remembers.
const MEMORY: usize = 300;
/// Output sent beyond the last acknowledgement.
const WINDOW: u64 = 100;
const FRAME: usize = 32;

#[derive(Default)]
pub(super) struct Node {
    /// All that the program wrote.
    pub(super) written: Vec<u8>,
    /// All that the program read.
    pub(super) read: Vec<u8>,
    sent: u64,
    acked: u64,
}

impl Node {
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// The program writes.
    pub(super) fn write(&mut self, count: usize) {
        let from = self.written.len();
        self.written.extend((from..from + count).map(|at| (at % 253) as u8));
    }

    /// A viewer attaches; the first messages for it.
    pub(super) fn attach(&mut self, start: Start) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        push(&mut messages, NodeFrame::InputAck { seq: self.read.len() as u64 });
        push(&mut messages, NodeFrame::Size(Size::DEFAULT));
        match start {
            Start::At(offset) => {
                assert!(offset <= self.written.len() as u64, "asked for output that was never written");
                (self.sent, self.acked) = (offset, offset);
            }
            Start::Snapshot => self.repaint(&mut messages),
        }
        messages
    }

    /// A repaint of everything. Ends where output continues; an empty one is no message at all.
    fn repaint(&mut self, messages: &mut Vec<Vec<u8>>) {
        let offset = self.written.len() as u64;
        let mut chunks = self.written.chunks(FRAME).peekable();
        while let Some(bytes) = chunks.next() {
            let more = chunks.peek().is_some();
            push(messages, NodeFrame::Snapshot { offset, size: Size::DEFAULT, more, bytes });
        }
        (self.sent, self.acked) = (offset, self.acked.min(offset));
    }

    /// Sends what the window allows.
    pub(super) fn send(&mut self, messages: &mut Vec<Vec<u8>>) {
        while self.sent < self.written.len() as u64 && self.sent < self.acked + WINDOW {
            let from = usize::try_from(self.sent).expect("small");
            if from + MEMORY < self.written.len() {
                return self.repaint(messages);
            }
            let end = self.written.len().min(from + FRAME);
            push(messages, NodeFrame::Output { offset: self.sent, bytes: &self.written[from..end] });
            self.sent = end as u64;
        }
    }

    /// A message of the viewer arrives.
    pub(super) fn take(&mut self, frame: ClientFrame<'_>, messages: &mut Vec<Vec<u8>>) {
        match frame {
            ClientFrame::Input { seq, bytes } => {
                let known = usize::try_from(self.read.len() as u64 - seq).expect("input never has a gap");
                self.read.extend(bytes.get(known..).unwrap_or_default());
                push(messages, NodeFrame::InputAck { seq: self.read.len() as u64 });
            }
            ClientFrame::Ack { offset } => {
                assert!(offset <= self.sent, "acknowledged {offset}, sent only {}", self.sent);
                self.acked = self.acked.max(offset);
            }
            ClientFrame::Ping { nonce } => push(messages, NodeFrame::Pong { nonce }),
            ClientFrame::Resize { .. } => {}
        }
    }
}

fn push(messages: &mut Vec<Vec<u8>>, frame: NodeFrame<'_>) {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    messages.push(bytes);
}
