//! One terminal: its program, its output record, its input, its viewers, and the rules between them.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::process::Pid;
use wire::terminal::{ClientFrame, Exit, NodeFrame, Size, WINDOW};

use super::clock;
use super::input::{Accepted, Input};
use super::pty::Pty;
use super::record::Record;
use super::viewer::Viewer;
use crate::protocol::{ClientId, TerminalId};

/// Output taken from a program in one turn of the loop, so that input is looked at in between.
const READ_PER_TURN: u64 = 64 * 1024;

/// One terminal of the node.
#[derive(Debug)]
pub(super) struct Terminal {
    pub(super) id: TerminalId,
    pub(super) created_at_ms: u64,
    pub(super) last_input_ms: Option<u64>,
    pub(super) viewers: Vec<Viewer>,
    /// Gone once the program ended and everything it wrote was read.
    pty: Option<Pty>,
    leader: Option<Pid>,
    exit: Option<Exit>,
    /// Some viewer knows how it ended.
    exit_seen: bool,
    record: Record,
    input: Input,
}

impl Terminal {
    /// A terminal whose program was just started.
    pub(super) fn new(id: TerminalId, pty: Pty, leader: Pid, size: Size) -> Self {
        Self {
            id,
            created_at_ms: clock::unix_ms(),
            last_input_ms: None,
            viewers: Vec::new(),
            pty: Some(pty),
            leader: Some(leader),
            exit: None,
            exit_seen: false,
            record: Record::new(size),
            input: Input::default(),
        }
    }

    /// Its size now.
    pub(super) fn size(&self) -> Size {
        self.record.size()
    }

    /// Output bytes so far.
    pub(super) fn end_offset(&self) -> u64 {
        self.record.ring().end()
    }

    /// The title its program set last.
    pub(super) fn title(&mut self) -> String {
        self.record.title()
    }

    /// The pseudo-terminal, while there is something to read from it.
    pub(super) fn pty(&self) -> Option<&Pty> {
        self.pty.as_ref()
    }

    /// The process that leads the session, until it was reaped.
    pub(super) fn leader(&self) -> Option<Pid> {
        self.leader
    }

    /// How it ended; only once all output was recorded.
    pub(super) fn exited(&self) -> Option<Exit> {
        self.exit.filter(|_| self.pty.is_none())
    }

    /// It can go: a viewer has seen how it ended, and no viewer is left.
    pub(super) fn finished(&self) -> bool {
        self.exit_seen && self.viewers.is_empty()
    }

    /// The leader was reaped.
    pub(super) fn leader_ended(&mut self, exit: Exit) {
        self.leader = None;
        self.exit = Some(exit);
    }

    /// The line drops: the program reads the end of its input. How it ends is still told.
    pub(super) fn drop_line(&mut self) {
        self.end_of_output();
    }

    /// Hangs up at once and tells the viewers.
    pub(super) fn hang_up(&mut self, now: Instant) {
        self.pty = None;
        self.exit = self.exit.or(Some(Exit::Signal(1)));
        self.flush(now);
    }

    /// How many output bytes may be taken from the program now. The fastest living viewer must not be more than a
    /// window behind, so that what is on its screen is never far from what the program does.
    pub(super) fn output_allowance(&self, now: Instant) -> u64 {
        let fastest = self.viewers.iter().filter(|viewer| viewer.live(now)).map(Viewer::acked).max();
        match fastest {
            Some(acked) => WINDOW.saturating_sub(self.end_offset() - acked).min(READ_PER_TURN),
            None => READ_PER_TURN,
        }
    }

    /// When a pause of the program's output ends by itself.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.viewers.iter().filter_map(Viewer::patience_ends).filter(|end| *end > now).min()
    }

    /// Whether input waits for the program.
    pub(super) fn has_input(&self) -> bool {
        !self.input.waiting().is_empty()
    }

    /// Records what the program wrote, as far as the allowance goes.
    pub(super) fn read_output(&mut self, scratch: &mut [u8], now: Instant) {
        let mut allowance = usize::try_from(self.output_allowance(now)).unwrap_or(0);
        while allowance > 0 {
            let Some(pty) = &self.pty else { return };
            let room = allowance.min(scratch.len());
            match pty.read(&mut scratch[..room]) {
                Ok(0) => self.end_of_output(),
                Ok(count) => {
                    self.record.push(&scratch[..count]);
                    allowance -= count;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.end_of_output(),
            }
        }
    }

    /// Nothing has the terminal open any more. The program may still run (it closed it); then its exit comes later.
    fn end_of_output(&mut self) {
        self.pty = None;
        self.input.discard();
    }

    /// Gives waiting input to the program.
    pub(super) fn write_input(&mut self) {
        while let Some(pty) = self.pty.as_ref().filter(|_| !self.input.waiting().is_empty()) {
            match pty.write(self.input.waiting()) {
                Ok(count) => self.input.written(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.input.discard(),
            }
        }
        for viewer in &mut self.viewers {
            viewer.input_given(self.input.given(viewer.client).unwrap_or(0));
        }
    }

    /// A viewer joins. `start`: where its output begins if that is still in the record, else it gets a snapshot.
    pub(super) fn attach(
        &mut self,
        stream: UnixStream,
        hello: Hello,
        reply: impl FnOnce(Size, u64, u64) -> Vec<u8>,
        now: Instant,
    ) {
        if self.viewers.is_empty() {
            self.resize(hello.size);
        }
        let offset = hello.start.filter(|&offset| offset >= self.record.ring().start());
        let input = self.input.resume(hello.client, hello.input_from);
        let start = offset.unwrap_or(self.end_offset());
        let mut viewer = Viewer::new(stream, hello.client, hello.size, start, hello.inbox);
        viewer.reply(&reply(self.size(), start, input));
        viewer.resume_input(input);
        viewer.answer(NodeFrame::Size(self.size()));
        if offset.is_none() {
            viewer.repaint(&self.record.snapshot(), start, self.size());
        }
        self.viewers.push(viewer);
        self.handle_frames(self.viewers.len() - 1, now);
        self.flush(now);
    }

    /// Reads and handles what a viewer sent.
    pub(super) fn read_viewer(&mut self, index: usize, scratch: &mut [u8], now: Instant) {
        self.viewers[index].receive(scratch);
        self.handle_frames(index, now);
    }

    fn handle_frames(&mut self, index: usize, now: Instant) {
        while !self.viewers[index].gone() {
            match self.viewers[index].next_frame() {
                Ok(Some(frame)) => {
                    if !self.handle_frame(index, &frame, now) {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => self.refuse(index, "bad_frame", &error.to_string()),
            }
        }
    }

    /// False: the frame was put back for later.
    fn handle_frame(&mut self, index: usize, frame: &[u8], now: Instant) -> bool {
        match ClientFrame::decode(frame) {
            Ok(ClientFrame::Input { seq, bytes }) => return self.take_input(index, seq, bytes, frame),
            Ok(ClientFrame::Resize { cols, rows }) => self.resize_by(index, cols, rows),
            Ok(ClientFrame::Ping { nonce }) => self.viewers[index].answer(NodeFrame::Pong { nonce }),
            Ok(ClientFrame::Ack { offset }) => {
                if !self.viewers[index].acknowledge(offset, now) {
                    self.refuse(index, "bad_ack", "the acknowledged offset was never sent; attach again");
                }
            }
            Err(error) => self.refuse(index, "bad_frame", &error.to_string()),
        }
        true
    }

    fn take_input(&mut self, index: usize, seq: u64, bytes: &[u8], frame: &[u8]) -> bool {
        let viewer = &mut self.viewers[index];
        if self.pty.is_none() {
            return true;
        }
        match self.input.accept(viewer.client, seq, bytes) {
            Accepted::Taken => {
                let wanted = viewer.wanted;
                self.last_input_ms = Some(clock::unix_ms());
                self.resize(wanted);
                self.write_input();
            }
            Accepted::Full => {
                viewer.put_back(frame);
                return false;
            }
            Accepted::Gap { expected } => {
                let message = format!("input continues at {expected}, not at {seq}; attach again");
                self.refuse(index, "input_gap", &message);
            }
        }
        true
    }

    /// Looks again at frames that waited for room in the input.
    pub(super) fn retry_blocked(&mut self, now: Instant) {
        for index in 0..self.viewers.len() {
            if std::mem::take(&mut self.viewers[index].input_blocked) {
                self.handle_frames(index, now);
            }
        }
    }

    fn refuse(&mut self, index: usize, code: &str, message: &str) {
        let viewer = &mut self.viewers[index];
        viewer.answer(NodeFrame::Error { code, message });
        viewer.leave_after_flush();
    }

    fn resize_by(&mut self, index: usize, cols: u16, rows: u16) {
        match Size::new(cols, rows) {
            Ok(size) => {
                self.viewers[index].wanted = size;
                self.resize(size);
            }
            Err(error) => {
                self.viewers[index].answer(NodeFrame::Error { code: "bad_size", message: &error.to_string() });
            }
        }
    }

    fn resize(&mut self, size: Size) {
        if size == self.size() {
            return;
        }
        self.record.resize(size);
        if let Some(pty) = &self.pty {
            // The kernel refuses only when the terminal is going away; then the size does not matter any more.
            let _ = pty.resize(size);
        }
        for viewer in &mut self.viewers {
            viewer.answer(NodeFrame::Size(size));
        }
    }

    /// Sends viewers what they may have, and forgets those that left.
    pub(super) fn flush(&mut self, now: Instant) {
        let exit = self.exited();
        for viewer in &mut self.viewers {
            viewer.flush(&self.record, exit, now);
            if viewer.needs_snapshot(&self.record) {
                viewer.repaint(&self.record.snapshot(), self.record.ring().end(), self.record.size());
                viewer.flush(&self.record, exit, now);
            }
        }
    }

    /// Forgets viewers whose connection is over.
    pub(super) fn sweep(&mut self) {
        self.exit_seen |= self.viewers.iter().any(Viewer::saw_exit);
        self.viewers.retain(|viewer| !viewer.gone());
    }
}

/// What a joining viewer says about itself.
#[derive(Debug)]
pub(super) struct Hello {
    pub(super) client: ClientId,
    pub(super) size: Size,
    /// The offset it has everything before; `None`: it wants a snapshot.
    pub(super) start: Option<u64>,
    /// Where its input continues if it is not remembered.
    pub(super) input_from: u64,
    /// Bytes that came right behind its request.
    pub(super) inbox: Vec<u8>,
}
