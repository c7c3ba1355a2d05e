//! The command's three pipes. Knows no frames and no client.

use std::io;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, ioctl_fionread};

/// Input that waits for the command. With it waits at most what one read of the client brings.
const ROOM: usize = 64 * 1024;

/// What the command reads.
#[derive(Debug)]
pub(super) struct Input {
    /// Closed: the command has all of it, or reads no more.
    pipe: Option<OwnedFd>,
    waiting: Vec<u8>,
    /// The client sends no more.
    ended: bool,
}

impl Input {
    pub(super) fn new(pipe: OwnedFd) -> io::Result<Self> {
        // Of our end alone; the command's is as it expects it.
        fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
        Ok(Self { pipe: Some(pipe), waiting: Vec::new(), ended: false })
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < ROOM
    }

    /// What is sent to a command that reads no more is thrown away.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.pipe.is_some() && !self.ended {
            self.waiting.extend_from_slice(bytes);
            self.write();
        }
    }

    pub(super) fn end(&mut self) {
        self.ended = true;
        self.write();
    }

    /// Writes what the pipe takes now.
    pub(super) fn write(&mut self) {
        let Some(pipe) = &self.pipe else { return };
        if !self.waiting.is_empty() {
            match rustix::io::write(pipe, &self.waiting) {
                Ok(count) => drop(self.waiting.drain(..count)),
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(_) => return self.close(),
            }
        }
        if self.ended && self.waiting.is_empty() {
            self.close();
        }
    }

    pub(super) fn close(&mut self) {
        self.pipe = None;
        self.waiting = Vec::new();
    }

    /// What to poll for: room, while input waits. The kernel reports a closed reader in any case.
    pub(super) fn watched(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let flags = if self.waiting.is_empty() { PollFlags::empty() } else { PollFlags::OUT };
        self.pipe.as_ref().map(|pipe| (pipe.as_fd(), flags))
    }
}

/// What the command writes, to one of its two outputs.
#[derive(Debug)]
pub(super) struct Output {
    pipe: Option<OwnedFd>,
    /// How much is still passed on after the command has ended while another process holds the pipe.
    left: Option<u64>,
}

impl Output {
    pub(super) fn new(pipe: OwnedFd) -> Self {
        Self { pipe: Some(pipe), left: None }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.pipe.is_none()
    }

    /// It is open, and was not cut.
    pub(super) fn is_endless(&self) -> bool {
        self.pipe.is_some() && self.left.is_none()
    }

    pub(super) fn watched(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// What was written; to be called when there is something, for it waits.
    pub(super) fn read<'a>(&mut self, scratch: &'a mut [u8]) -> &'a [u8] {
        let Some(pipe) = &self.pipe else { return &[] };
        let most =
            self.left.map_or(scratch.len(), |left| usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len()));
        match rustix::io::read(pipe, &mut scratch[..most]) {
            Ok(count @ 1..) => {
                self.left = self.left.map(|left| left.saturating_sub(count as u64));
                if self.left == Some(0) {
                    self.pipe = None;
                }
                &scratch[..count]
            }
            Err(Errno::AGAIN | Errno::INTR) => &[],
            Ok(0) | Err(_) => {
                self.pipe = None;
                &[]
            }
        }
    }

    /// Nothing is passed on any more but what lies in the pipe now.
    pub(super) fn cut(&mut self) {
        if self.left.is_some() {
            return;
        }
        if let Some(pipe) = mem::take(&mut self.pipe)
            && let Ok(left @ 1..) = ioctl_fionread(&pipe)
        {
            (self.pipe, self.left) = (Some(pipe), Some(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read as _, Write as _, pipe};

    use super::*;

    fn input() -> (Input, PipeReader) {
        let (reader, writer) = pipe().expect("a pipe");
        (Input::new(writer.into()).expect("a pipe"), reader)
    }

    #[test]
    fn input_waits_for_who_does_not_read_and_ends_behind_its_last_byte() {
        let (mut input, mut reader) = input();
        let sent = vec![b'x'; 200 * 1024];
        input.push(&sent);
        input.end();
        assert!(!input.has_room() && input.watched().is_some_and(|(_, flags)| flags == PollFlags::OUT));
        let mut got = Vec::new();
        let mut piece = [0; 4096];
        while let count @ 1.. = reader.read(&mut piece).expect("bytes") {
            got.extend_from_slice(&piece[..count]);
            input.write();
        }
        assert_eq!(got, sent);
        assert!(input.watched().is_none());
    }

    #[test]
    fn what_is_sent_to_who_reads_no_more_is_thrown_away() {
        let (mut input, reader) = input();
        drop(reader);
        for _ in 0..10 {
            input.push(&[0; 64 * 1024]);
        }
        assert!(input.has_room() && input.watched().is_none());
    }

    #[test]
    fn output_that_is_cut_gives_what_was_there_and_not_what_comes_after() {
        let (reader, mut writer) = pipe().expect("a pipe");
        let mut output = Output::new(reader.into());
        writer.write_all(b"before").expect("room");
        output.cut();
        writer.write_all(b" and after").expect("room");
        output.cut();
        let mut scratch = [0; 4];
        assert_eq!(output.read(&mut scratch), b"befo");
        assert!(!output.is_closed());
        assert_eq!(output.read(&mut scratch), b"re");
        assert!(output.is_closed());
        assert_eq!(output.read(&mut scratch), b"");
    }

    #[test]
    fn output_that_is_cut_while_it_is_empty_is_closed() {
        let (reader, _writer) = pipe().expect("a pipe");
        let mut output = Output::new(reader.into());
        output.cut();
        assert!(output.is_closed());
    }
}
