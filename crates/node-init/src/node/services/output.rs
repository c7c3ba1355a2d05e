//! What a service prints: one pipe for all of its runs, and the last bytes of what came through it. Knows nothing of why
//! the service runs or not.

use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;

use crate::protocol::SERVICE_LOG;

/// Reads in a row, so that a service that floods does not hold up the loop.
const MOST_READS: usize = 4;
/// What our own lines begin with.
const OURS: &str = "docklet: ";
/// How much of a line is quoted, in bytes.
const LONGEST_QUOTE: usize = 200;

/// The output of one service.
#[derive(Debug, Default)]
pub(super) struct Output {
    pipe: Option<Pipe>,
    kept: VecDeque<u8>,
}

/// Both ends stay here: what a run left behind may go on printing, and the pipe never reports an end.
#[derive(Debug)]
struct Pipe {
    reader: PipeReader,
    writer: PipeWriter,
}

impl Output {
    /// Where the next run prints to.
    pub(super) fn writer(&mut self) -> io::Result<PipeWriter> {
        let pipe = match self.pipe.take() {
            Some(pipe) => pipe,
            None => Pipe::open()?,
        };
        let writer = pipe.writer.try_clone();
        self.pipe = Some(pipe);
        writer
    }

    /// What to wait on for more of it.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(|pipe| pipe.reader.as_fd())
    }

    /// Takes in what was printed.
    pub(super) fn take_in(&mut self, scratch: &mut [u8]) {
        for _ in 0..MOST_READS {
            let Some(pipe) = &self.pipe else { return };
            match rustix::io::read(&pipe.reader, &mut *scratch) {
                Ok(count) if count > 0 => self.keep(&scratch[..count]),
                Err(Errno::INTR) => {}
                _ => return,
            }
        }
    }

    /// Adds a line of our own.
    pub(super) fn note(&mut self, line: &str) {
        if self.kept.back().is_some_and(|&byte| byte != b'\n') {
            self.keep(b"\n");
        }
        self.keep(format!("{OURS}{line}\n").as_bytes());
    }

    /// All that is kept, from a whole line on.
    pub(super) fn text(&self) -> String {
        let bytes: Vec<u8> = self.kept.iter().copied().collect();
        let whole =
            if bytes.len() < SERVICE_LOG { 0 } else { bytes.iter().position(|&b| b == b'\n').map_or(0, |at| at + 1) };
        String::from_utf8_lossy(&bytes[whole..]).into_owned()
    }

    /// The last line of the present run that says something.
    pub(super) fn last_line(&self) -> Option<String> {
        let text = self.text();
        let run = text.lines().rev().take_while(|line| !line.starts_with(OURS));
        let line = run.map(str::trim).find(|line| !line.is_empty())?;
        Some(line[..line.floor_char_boundary(LONGEST_QUOTE)].to_owned())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(SERVICE_LOG)..];
        let excess = (self.kept.len() + bytes.len()).saturating_sub(SERVICE_LOG);
        self.kept.drain(..excess);
        self.kept.extend(bytes);
    }
}

impl Pipe {
    fn open() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        // Only our end: a program must not find that its standard output refuses bytes.
        fcntl_setfl(&reader, OFlags::NONBLOCK)?;
        Ok(Self { reader, writer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_over_several_runs() {
        let mut output = Output::default();
        let mut scratch = vec![0; 1000];
        for run in 0..3 {
            let writer = output.writer().expect("a pipe");
            rustix::io::write(&writer, format!("run {run}\nlast words of {run}").as_bytes()).expect("written");
            output.take_in(&mut scratch);
            assert_eq!(output.last_line(), Some(format!("last words of {run}")));
            output.note("it ended");
        }
        assert!(output.text().starts_with("run 0\nlast words of 0\ndocklet: it ended\nrun 1\n"), "{}", output.text());
    }

    #[test]
    fn what_is_kept_is_bounded_and_begins_with_a_whole_line() {
        let mut output = Output::default();
        let mut scratch = vec![0; 64 * 1024];
        let writer = output.writer().expect("a pipe");
        for number in 0..3000 {
            rustix::io::write(&writer, format!("line {number:05}\n").as_bytes()).expect("written");
        }
        output.take_in(&mut scratch);
        let text = output.text();
        assert!(text.len() <= SERVICE_LOG && text.starts_with("line 0") && text.ends_with("line 02999\n"));
        output.keep(&vec![b'x'; 3 * SERVICE_LOG]);
        assert_eq!(output.kept.len(), SERVICE_LOG);
        assert_eq!(output.last_line().map(|line| line.len()), Some(LONGEST_QUOTE));
    }
}
