//! A connection to docklet-init. The other end is the tenant's, and may pass descriptors along with any byte.
//!
//! What is passed and not received with room for it, what lies unread when the connection is closed, and what the kernel
//! throws away as out-of-band data is released by the thread that reads or closes. So every read has room for all the kernel
//! passes at once, there is no out-of-band data, and a connection with unread data is closed elsewhere ([`Closer`]).

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::sync::Arc;

use rustix::io::ioctl_fionread;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg, sockopt};
use thiserror::Error;
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::closer::{Closer, Origin};
use super::held::Held;
use super::socket::Passed;

/// Room for as many descriptors as one message can carry (the kernel's SCM_MAX_FD).
const CONTROL_SPACE: usize = rustix::cmsg_space!(ScmRights(253));
const NOW: RecvFlags = RecvFlags::DONTWAIT.union(RecvFlags::CMSG_CLOEXEC);

/// What a well-behaved node never does; travels as the inner error of an [`io::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0}")]
pub(super) struct Misdeed(pub(super) &'static str);

const UNASKED: Misdeed = Misdeed("it passes descriptors that were not asked for");
const OVERRUN: Misdeed = Misdeed("it has passed more descriptors than can be closed; restart the node");
/// Only where this process has no descriptor left.
const CUT_OFF: Misdeed = Misdeed("it passes descriptors there is no room for");

impl From<Misdeed> for io::Error {
    fn from(misdeed: Misdeed) -> Self {
        Self::new(io::ErrorKind::InvalidData, misdeed)
    }
}

/// A connection to the docklet-init of one node. Descriptors that come with what is read are an error.
pub type NodeStream = Held<UnixStream>;

impl NodeStream {
    /// Takes a connection of which nothing has been read yet.
    pub(super) fn new(stream: UnixStream, closer: Arc<Closer>) -> io::Result<Self> {
        let new = Self::hold(stream, closer);
        // Out-of-band bytes carry descriptors, too, and are thrown away with them unless they come in line.
        // Kernels older than 5.15 have none on unix sockets.
        sockopt::set_socket_oobinline(new.socket()?, true)?;
        Ok(new)
    }

    /// Receives bytes and whatever is passed along with them.
    pub(super) async fn receive(&self, buf: &mut [u8]) -> io::Result<(usize, Vec<Passed>)> {
        let stream = self.socket()?;
        stream.async_io(Interest::READABLE, || receive_now(stream, buf, self.closer())).await
    }
}

fn receive_now(stream: &UnixStream, buf: &mut [u8], closer: &Arc<Closer>) -> io::Result<(usize, Vec<Passed>)> {
    if closer.is_overrun() {
        return Err(OVERRUN.into());
    }
    let mut space = [MaybeUninit::uninit(); CONTROL_SPACE];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let message = recvmsg(stream, &mut [IoSliceMut::new(buf)], &mut control, NOW)?;
    let mut passed = Vec::new();
    for ancillary in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = ancillary {
            passed.extend(descriptors.map(|descriptor| Passed::new(descriptor, closer)));
        }
    }
    if message.flags.contains(ReturnFlags::CTRUNC) {
        return Err(CUT_OFF.into());
    }
    Ok((message.bytes, passed))
}

pub(super) fn read_now(stream: &UnixStream, buf: &mut [u8], closer: &Arc<Closer>) -> io::Result<usize> {
    match receive_now(stream, buf, closer)? {
        (read, passed) if passed.is_empty() => Ok(read),
        _ => Err(UNASKED.into()),
    }
}

pub(super) fn close(stream: UnixStream, closer: &Arc<Closer>) {
    let Ok(stream) = stream.into_std() else { return };
    // Once it is shut down the node sends nothing more into it, so what is empty then stays empty.
    let is_empty = stream.shutdown(Shutdown::Both).is_ok() && matches!(ioctl_fionread(&stream), Ok(0));
    if !is_empty {
        closer.close(stream.into(), Origin::Connection);
    }
}
