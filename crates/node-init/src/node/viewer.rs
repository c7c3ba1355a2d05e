//! One attached viewer: its stream, what it was sent, what it acknowledged. Knows the frames, not the terminal behind them.

use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use wire::framing;
use wire::terminal::{ClientFrame, Exit, FrameError, MAX_CLIENT_FRAME, MAX_OUTPUT, NodeFrame, Size, WINDOW};

use super::record::Record;
use crate::protocol::ClientId;

/// A viewer that acknowledges nothing for this long while data waits for it does not hold back the program any more.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Answers (`Pong`, `Size`, …) that may wait for a viewer that does not read, before it is not read from either.
const MAX_ANSWERS: usize = 16 * 1024;
const READ: usize = MAX_CLIENT_FRAME + 4;

/// A viewer and its stream.
#[derive(Debug)]
pub(super) struct Viewer {
    stream: UnixStream,
    pub(super) client: ClientId,
    /// The size of the viewer's own window.
    pub(super) wanted: Size,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    outbox_at: usize,
    /// Bytes of the outbox that are answers, not output.
    answers: usize,
    sent: u64,
    acked: u64,
    waiting_since: Option<Instant>,
    exit: ExitNews,
    /// Its next frame does not fit into the terminal's input yet.
    pub(super) input_blocked: bool,
    input_acked: u64,
    /// The socket is full.
    blocked: bool,
    leaving: bool,
    gone: bool,
}

/// How much of the exit the viewer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExitNews {
    None,
    Sent,
    Seen,
}

impl Viewer {
    /// A viewer that has everything before `start`. `inbox`: bytes that came right behind its request.
    pub(super) fn new(stream: UnixStream, client: ClientId, wanted: Size, start: u64, inbox: Vec<u8>) -> Self {
        Self {
            stream,
            client,
            wanted,
            inbox,
            outbox: Vec::new(),
            outbox_at: 0,
            answers: 0,
            sent: start,
            acked: start,
            waiting_since: None,
            exit: ExitNews::None,
            input_blocked: false,
            input_acked: 0,
            blocked: false,
            leaving: false,
            gone: false,
        }
    }

    /// The output offset it acknowledged.
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// The connection is over; the viewer can be forgotten.
    pub(super) fn gone(&self) -> bool {
        self.gone
    }

    /// It knows how the terminal ended.
    pub(super) fn saw_exit(&self) -> bool {
        self.exit == ExitNews::Seen
    }

    /// When it stops holding back the program, if it goes on acknowledging nothing.
    pub(super) fn patience_ends(&self) -> Option<Instant> {
        self.waiting_since.map(|since| since + PATIENCE)
    }

    /// It acknowledges, or nothing waits for it.
    pub(super) fn live(&self, now: Instant) -> bool {
        !self.leaving && self.patience_ends().is_none_or(|end| now < end)
    }

    /// Whether its frames should be read now.
    pub(super) fn wants_input(&self) -> bool {
        !self.input_blocked && !self.leaving && self.answers < MAX_ANSWERS
    }

    /// Whether something waits for room in its socket.
    pub(super) fn wants_output(&self) -> bool {
        self.blocked || self.has_queued()
    }

    fn has_queued(&self) -> bool {
        self.outbox_at < self.outbox.len()
    }

    /// Ends the connection once what was queued is sent; reads nothing more from it.
    pub(super) fn leave_after_flush(&mut self) {
        self.leaving = true;
        self.inbox = Vec::new();
    }

    /// The other side closed the connection.
    pub(super) fn hung_up(&mut self) {
        self.gone = true;
        // A viewer that hangs up after all was sent, the exit last, has seen it. Between a browser and a node are a
        // portal and a worker, and not each of them waits for the browser's acknowledgement.
        if self.exit == ExitNews::Sent && !self.wants_output() {
            self.exit = ExitNews::Seen;
        }
    }

    /// Tells the viewer where its input continues.
    pub(super) fn resume_input(&mut self, taken: u64) {
        self.input_acked = taken;
        self.answer(NodeFrame::InputAck { seq: taken });
    }

    /// Tells the viewer that the program got its input up to `given`, if that is news.
    pub(super) fn input_given(&mut self, given: u64) {
        if given > self.input_acked {
            self.resume_input(given);
        }
    }

    /// Reads what the viewer sent, as far as one frame needs.
    pub(super) fn receive(&mut self, scratch: &mut [u8]) {
        let room = READ.saturating_sub(self.inbox.len()).min(scratch.len());
        if room == 0 {
            return;
        }
        match rustix::io::read(&self.stream, &mut scratch[..room]) {
            Ok(0) => self.hung_up(),
            Ok(count) => self.inbox.extend_from_slice(&scratch[..count]),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.hung_up(),
        }
    }

    /// Takes the next whole frame out of what was received, with its length prefix still before it.
    pub(super) fn next_frame(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        let Some((length, rest)) = self.inbox.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_CLIENT_FRAME {
            return Err(FrameError::Length { kind: rest.first().copied().unwrap_or(0), len: length });
        }
        let Some(frame) = rest.get(..length) else {
            return Ok(None);
        };
        ClientFrame::decode(frame)?;
        let frame = frame.to_vec();
        self.inbox.drain(..4 + length);
        if self.inbox.is_empty() {
            self.inbox = Vec::new();
        }
        Ok(Some(frame))
    }

    /// Puts a frame back that cannot be taken yet.
    pub(super) fn put_back(&mut self, frame: &[u8]) {
        let mut inbox = Vec::with_capacity(4 + frame.len() + self.inbox.len());
        inbox.extend_from_slice(&u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes());
        inbox.extend_from_slice(frame);
        inbox.extend_from_slice(&self.inbox);
        self.inbox = inbox;
        self.input_blocked = true;
    }

    /// Notes what the viewer has on its screen. False: it cannot have that, it was never sent.
    pub(super) fn acknowledge(&mut self, offset: u64, now: Instant) -> bool {
        if offset > self.sent {
            return false;
        }
        if offset > self.acked {
            self.acked = offset;
            self.waiting_since = self.waiting_since.map(|_| now);
        }
        if self.exit == ExitNews::Sent && self.acked == self.sent {
            self.exit = ExitNews::Seen;
            self.leave_after_flush();
        }
        true
    }

    /// Queues raw bytes: the reply to *attach*.
    pub(super) fn reply(&mut self, bytes: &[u8]) {
        self.outbox.extend_from_slice(bytes);
    }

    /// Queues an answer.
    pub(super) fn answer(&mut self, frame: NodeFrame<'_>) {
        let before = self.outbox.len();
        push_frame(&mut self.outbox, frame);
        self.answers += self.outbox.len() - before;
    }

    /// Queues a snapshot taken at `offset`; output continues there.
    pub(super) fn repaint(&mut self, snapshot: &[u8], offset: u64, size: Size) {
        let mut chunks = snapshot.chunks(MAX_OUTPUT).peekable();
        while let Some(bytes) = chunks.next() {
            let more = chunks.peek().is_some();
            push_frame(&mut self.outbox, NodeFrame::Snapshot { offset, size, more, bytes });
        }
        self.sent = offset;
    }

    /// It lost bytes it should have got, and has room for what replaces them.
    pub(super) fn needs_snapshot(&self, record: &Record) -> bool {
        !self.wants_output() && self.sent < record.ring().start() && self.credit() > 0
    }

    fn credit(&self) -> u64 {
        WINDOW.saturating_sub(self.sent - self.acked)
    }

    /// Sends as much as the socket and the window allow. `exit`: how the terminal ended, once all its output is recorded.
    pub(super) fn flush(&mut self, record: &Record, exit: Option<Exit>, now: Instant) {
        let result = self.try_flush(record, exit);
        self.blocked = result.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        self.gone |= result.is_err() && !self.blocked;
        if self.leaving && !self.wants_output() {
            self.gone = true;
        }
        // With a whole window on its way it holds the program back, so that nothing more may come to wait for it.
        let waits = self.wants_output() || self.sent < record.ring().end() || self.credit() == 0;
        self.waiting_since = if waits { self.waiting_since.or(Some(now)) } else { None };
    }

    fn try_flush(&mut self, record: &Record, exit: Option<Exit>) -> io::Result<()> {
        loop {
            self.flush_outbox()?;
            if self.leaving {
                return Ok(());
            }
            let max = usize::try_from(self.credit()).unwrap_or(MAX_OUTPUT).min(MAX_OUTPUT);
            let (first, second) = record.ring().slices(self.sent, max);
            if first.is_empty() {
                break;
            }
            self.send_output(first, second)?;
        }
        if let Some(exit) = exit.filter(|_| self.exit == ExitNews::None && self.sent == record.ring().end()) {
            self.answer(NodeFrame::Exit(exit));
            self.exit = ExitNews::Sent;
            self.flush_outbox()?;
        }
        Ok(())
    }

    fn flush_outbox(&mut self) -> io::Result<()> {
        while self.has_queued() {
            match self.stream.write(&self.outbox[self.outbox_at..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.outbox_at += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.outbox = Vec::new();
        self.outbox_at = 0;
        self.answers = 0;
        Ok(())
    }

    /// Sends one output frame straight from the ring; only what the socket did not take is copied.
    fn send_output(&mut self, first: &[u8], second: &[u8]) -> io::Result<()> {
        let head = NodeFrame::output_head(self.sent);
        let data = first.len() + second.len();
        let length = u32::try_from(head.len() + data).unwrap_or(u32::MAX).to_be_bytes();
        let parts = [&length[..], &head[..], first, second];
        let mut taken = match (&self.stream).write_vectored(&parts.map(IoSlice::new)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            result => result?,
        };
        for part in parts {
            let done = taken.min(part.len());
            self.outbox.extend_from_slice(&part[done..]);
            taken -= done;
        }
        self.sent += data as u64;
        Ok(())
    }
}

fn push_frame(out: &mut Vec<u8>, frame: NodeFrame<'_>) {
    framing::put(out, |out| frame.encode(out));
}

impl AsFd for Viewer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
