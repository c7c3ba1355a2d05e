//! A piece of a file, for a client. Done by a helper: the loop carries none of its bytes, and in a home that hangs the helper
//! waits alone. Knows nothing of what is written there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;

use super::request::encode;
use super::serve::timespec;
use super::successor;
use crate::protocol::{ErrorBody, ErrorCode, FileSize, MAX_FILE_PART, MAX_FILE_WAIT_MS, ReadFile};

/// First argument of the helper that reads; the client is its standard input.
pub(super) const READ_COMMAND: &str = "read-file";
/// How often it is looked whether there is more. File systems of other hosts tell nothing by themselves, and of what tells it
/// (inotify) all containers of a host share a small number.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// How long a client may take no byte.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is held of the file at a time: a node may have little memory left.
const PIECE: usize = 64 * 1024;

/// What the helper is told.
pub(super) fn arguments(read: &ReadFile) -> [String; 4] {
    [read.path.clone(), read.from.to_string(), read.most.to_string(), read.wait_ms.to_string()]
}

/// The helper's whole life: waits, answers, ends.
pub(super) fn serve(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let read = parse(arguments).ok_or_else(successor::for_ourselves_only)?;
    let mut client = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    client.set_nonblocking(false)?;
    client.set_write_timeout(Some(PATIENCE))?;
    // The node's end ends the wait, not the answer.
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGTERM);
    mask.add(Signal::SIGINT);
    mask.thread_block()?;
    let signals = SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    // A client that left or does not read has lost its answer; no other client needs to know.
    let _ = match find(&read, &client, &signals) {
        Some(Ok((file, size))) => send(&mut client, &read, &file, size),
        Some(Err(error)) => client.write_all(&encode::<FileSize>(Err(error))),
        None => Ok(()),
    };
    Ok(())
}

fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<ReadFile> {
    let mut next = || arguments.next()?.into_string().ok();
    let (path, from, most, wait_ms) = (next()?, next()?, next()?, next()?);
    Some(ReadFile { path, from: from.parse().ok()?, most: most.parse().ok()?, wait_ms: wait_ms.parse().ok()? })
}

/// The file once it has something to be read, or what it is when the time is over. `None` when the client has gone.
fn find(read: &ReadFile, client: &UnixStream, signals: &SignalFd) -> Option<Result<(File, u64), ErrorBody>> {
    let mut until = Instant::now() + Duration::from_millis(read.wait_ms.min(MAX_FILE_WAIT_MS).into());
    loop {
        let found = look(&read.path);
        let waits = match &found {
            Ok((_, size)) => *size <= read.from,
            Err(error) => error.code == ErrorCode::NoFile,
        };
        let left = until.saturating_duration_since(Instant::now());
        if !waits || left.is_zero() {
            return Some(found);
        }
        let mut fds = [PollFd::new(client, PollFlags::RDHUP), PollFd::new(signals, PollFlags::IN)];
        // Interrupted or not: it is looked again.
        let _ = poll(&mut fds, Some(&timespec(left.min(LOOK_AGAIN))));
        let [gone, told] = fds.map(|fd| !fd.revents().is_empty());
        if gone {
            return None;
        }
        if told {
            until = Instant::now();
        }
    }
}

/// Opened anew each time: that is when other hosts' file systems ask how long a file has become.
fn look(path: &str) -> Result<(File, u64), ErrorBody> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let cannot = |errno: Errno| {
        let code = if matches!(errno, Errno::NOENT | Errno::NOTDIR) { ErrorCode::NoFile } else { ErrorCode::Internal };
        let fault = if code == ErrorCode::NoFile { "there is no such file".to_owned() } else { errno.to_string() };
        ErrorBody::new(code, format!("{path:?} cannot be read: {fault}"))
    };
    let file = open(path, flags, Mode::empty()).map_err(cannot)?;
    let stat = fstat(&file).map_err(cannot)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(ErrorBody::new(
            ErrorCode::BadRequest,
            format!("{path:?} cannot be read: it is not a regular file"),
        ));
    }
    Ok((File::from(file), u64::try_from(stat.st_size).unwrap_or(0)))
}

/// Never more than the file had when its size was told.
fn send(client: &mut UnixStream, read: &ReadFile, file: &File, size: u64) -> io::Result<()> {
    client.write_all(&encode(Ok(FileSize { size })))?;
    let mut at = read.from;
    let end = size.min(at.saturating_add(read.most.min(MAX_FILE_PART).into()));
    let mut piece = vec![0; PIECE];
    while at < end {
        let most = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
        let count = file.read_at(&mut piece[..most], at)?;
        if count == 0 {
            return Ok(());
        }
        client.write_all(&piece[..count])?;
        at += count as u64;
    }
    Ok(())
}
