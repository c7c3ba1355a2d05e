//! Handing a node's docklet-init the socket it listens on.
//!
//! The socket lies in a directory of the host that the node does not have, so nothing in the node can replace it, and no
//! disk of the host can be filled from there. What the node has is one directory, read-only, with a socket of the worker's:
//! docklet-init asks there, once per start. Another process of the node that asks gets a socket, too, and stands in for its
//! own docklet-init, which is the tenant's own affair.

use std::convert::Infallible;
use std::fs::{self, Permissions};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::sleep;

use super::closer::{Closer, Origin};
use super::stream::NodeStream;
use crate::protocol::{HANDOVER_NAME, SOCKET_NAME};

/// Of one start. docklet-init is the first process of its node and asks once.
const MOST: usize = 64;
const BREATH: Duration = Duration::from_millis(50);
/// Takes the place of the former one only when it has been handed over.
const NEXT_NAME: &str = "init.sock.next";

/// The worker's side of the handover of one node, for as long as it may ask.
#[derive(Debug)]
pub struct Handover {
    /// There until it is dropped.
    door: Option<UnixListener>,
    node_dir: OwnedFd,
    closer: Arc<Closer>,
    left: Mutex<usize>,
    fault: Mutex<Option<io::Error>>,
}

impl Handover {
    /// `offer_dir` is what the node has mounted; `node_dir` is where [`NodeClient`](super::NodeClient) connects to.
    pub fn open(offer_dir: &Path, node_dir: &Path) -> io::Result<Self> {
        let door = bind(&open_dir(offer_dir)?, HANDOVER_NAME, 0o666)?;
        door.set_nonblocking(true)?;
        let (closer, node_dir) = (Closer::of(node_dir), open_dir(node_dir)?);
        let door = Some(UnixListener::from_std(door)?);
        Ok(Self { door, node_dir, closer, left: Mutex::new(MOST), fault: Mutex::new(None) })
    }

    /// Does the work and hands the socket over meanwhile.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            done = work => done,
            never = self.serve() => match never {},
        }
    }

    /// Why the socket could not be handed over, the last time it could not.
    pub fn fault(&self) -> Option<io::Error> {
        lock(&self.fault).take()
    }

    async fn serve(&self) -> Infallible {
        while self.take_turn() {
            if let Err(fault) = self.hand_over().await {
                *lock(&self.fault) = Some(fault);
                sleep(BREATH).await;
            }
        }
        std::future::pending().await
    }

    fn take_turn(&self) -> bool {
        let mut left = lock(&self.left);
        let is_left = *left > 0;
        *left = left.saturating_sub(1);
        is_left
    }

    async fn hand_over(&self) -> io::Result<()> {
        let Some(door) = &self.door else { return std::future::pending().await };
        let (asking, _) = door.accept().await?;
        let asking = NodeStream::new(asking, Arc::clone(&self.closer))?;
        let listener = bind(&self.node_dir, NEXT_NAME, 0o600)?;
        give(asking.socket()?, &listener)?;
        renameat(&self.node_dir, NEXT_NAME, &self.node_dir, SOCKET_NAME)?;
        Ok(())
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        // Connections that were not taken yet go with it, and with them what was sent into them.
        if let Some(door) = self.door.take().and_then(|door| door.into_std().ok()) {
            self.closer.close(door.into(), Origin::Connection);
        }
    }
}

fn give(asking: &UnixStream, listener: &impl AsFd) -> io::Result<()> {
    let descriptors = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let has_room = control.push(SendAncillaryMessage::ScmRights(&descriptors));
    debug_assert!(has_room, "there is room for one");
    sendmsg(asking, &[IoSlice::new(b"!")], &mut control, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)?;
    Ok(())
}

fn open_dir(dir: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(CWD, dir, flags, Mode::empty())?)
}

/// By way of the directory's descriptor: a socket's path may be no longer than 107 bytes, and data directories are.
fn bind(dir: &OwnedFd, name: &str, mode: u32) -> io::Result<std::os::unix::net::UnixListener> {
    match unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno.into()),
    }
    let place = format!("/proc/self/fd/{}/{name}", dir.as_raw_fd());
    let listener = std::os::unix::net::UnixListener::bind(&place)?;
    fs::set_permissions(&place, Permissions::from_mode(mode))?;
    Ok(listener)
}

/// Nothing panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
