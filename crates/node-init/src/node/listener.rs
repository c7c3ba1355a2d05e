//! The socket requests come in on, and which processes may speak on it.
//!
//! It lies on the host where no process of the node can reach it: the worker makes it, and hands it over through another
//! one in a directory that the node can only read. Where the directory can be written, as in nodes made by an older dockletd,
//! it is made there.

use std::fs;
use std::io::{self, ErrorKind, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::log;
use crate::protocol::{HANDOVER_NAME, SOCKET_NAME};

/// Between two tries to be handed the socket: the worker makes its own before it starts a node, so the first one succeeds
/// unless the worker has ended in between.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// How long a worker that was reached may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The socket; `None` when the node is told to stop before it has one.
pub(super) fn open(run_dir: &Path, signals: &SignalFd) -> io::Result<Option<UnixListener>> {
    let listener = match bind(run_dir) {
        Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => be_handed(run_dir, signals)?,
        made => Some(made?),
    };
    if let Some(listener) = &listener {
        listener.set_nonblocking(true)?;
    }
    Ok(listener)
}

/// Makes the socket, in place of one a former life of this node left.
/// Its mode lets a worker that is not root connect; the host keeps its other users out of the directory.
fn bind(run_dir: &Path) -> io::Result<UnixListener> {
    let path = run_dir.join(SOCKET_NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

/// Asks until the worker is there.
fn be_handed(run_dir: &Path, signals: &SignalFd) -> io::Result<Option<UnixListener>> {
    let place = run_dir.join(HANDOVER_NAME);
    let mut pause = FIRST_PAUSE;
    loop {
        let fault = match ask(&place) {
            Ok(listener) => return Ok(Some(listener)),
            Err(fault) => fault,
        };
        if pause < LONGEST_PAUSE && pause * 2 >= LONGEST_PAUSE {
            log::line(format_args!("waiting for the worker to hand over this node's socket: {fault}"));
        }
        if is_told_to_stop(signals, pause)? {
            return Ok(None);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn ask(place: &Path) -> io::Result<UnixListener> {
    let worker = UnixStream::connect(place)?;
    worker.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    recvmsg(&worker, &mut [IoSliceMut::new(&mut [0])], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let handed = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    let handed: OwnedFd = handed.ok_or_else(|| io::Error::from(ErrorKind::UnexpectedEof))?;
    Ok(handed.into())
}

fn is_told_to_stop(signals: &SignalFd, within: Duration) -> io::Result<bool> {
    let pause = Timespec { tv_sec: 0, tv_nsec: within.subsec_nanos().into() };
    match poll(&mut [PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)], Some(&pause)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(errno) => return Err(errno.into()),
    }
    while let Ok(Some(signal)) = signals.read_signal() {
        if i32::try_from(signal.ssi_signo) != Ok(Signal::SIGCHLD as i32) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the process behind this connection may ask: one from outside of the node (the kernel knows no pid of it
/// here), root, or the user docklet-init runs as. A user of the node without root must not get a root shell this way.
pub(super) fn may_ask(stream: &impl AsFd) -> bool {
    getsockopt(stream, PeerCredentials)
        .is_ok_and(|peer| peer.pid() == 0 || peer.uid() == 0 || peer.uid() == geteuid().as_raw())
}
