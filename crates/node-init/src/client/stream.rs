//! A connection to docklet-init. The other end is the tenant's, and may pass descriptors along with any byte.
//!
//! What is passed and not received with room for it, what lies unread when the connection is closed, and what the kernel
//! throws away as out-of-band data is released by the thread that reads or closes. So every read has room for all the kernel
//! passes at once, there is no out-of-band data, and a connection with unread data is closed elsewhere ([`Closer`]).

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::io::ioctl_fionread;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg, sockopt};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UnixStream;

use super::closer::{Closer, Origin};
use super::socket::Passed;

/// Room for as many descriptors as one message can carry (the kernel's SCM_MAX_FD).
const CONTROL_SPACE: usize = rustix::cmsg_space!(ScmRights(253));
const NOW: RecvFlags = RecvFlags::DONTWAIT.union(RecvFlags::CMSG_CLOEXEC);

/// What a well-behaved node never does; travels as the inner error of an [`io::Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{0}")]
pub(super) struct Misdeed(pub(super) &'static str);

const UNASKED: Misdeed = Misdeed("it passes descriptors nobody asked for");
const OVERRUN: Misdeed = Misdeed("it has passed more descriptors than can be closed; restart the node");
/// Only where this process has no descriptor left.
const CUT_OFF: Misdeed = Misdeed("it passes descriptors there is no room for");

impl From<Misdeed> for io::Error {
    fn from(misdeed: Misdeed) -> Self {
        Self::new(io::ErrorKind::InvalidData, misdeed)
    }
}

/// A connection to the docklet-init of one node.
#[derive(Debug)]
pub struct NodeStream {
    /// There until it is dropped.
    stream: Option<UnixStream>,
    closer: Arc<Closer>,
}

impl NodeStream {
    /// Takes a connection of which nothing has been read yet.
    pub(super) fn new(stream: UnixStream, closer: Arc<Closer>) -> io::Result<Self> {
        let new = Self { stream: Some(stream), closer };
        // Out-of-band bytes carry descriptors, too, and are thrown away with them unless they come in line.
        // Kernels older than 5.15 have none on unix sockets.
        sockopt::set_socket_oobinline(new.stream()?, true)?;
        Ok(new)
    }

    /// Never to be read from directly.
    pub(super) fn stream(&self) -> io::Result<&UnixStream> {
        self.stream.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Receives bytes and whatever is passed along with them.
    pub(super) async fn receive(&self, buf: &mut [u8]) -> io::Result<(usize, Vec<Passed>)> {
        self.stream()?.async_io(Interest::READABLE, || self.receive_now(buf)).await
    }

    fn receive_now(&self, buf: &mut [u8]) -> io::Result<(usize, Vec<Passed>)> {
        if self.closer.is_overrun() {
            return Err(OVERRUN.into());
        }
        let mut space = [MaybeUninit::uninit(); CONTROL_SPACE];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let message = recvmsg(self.stream()?, &mut [IoSliceMut::new(buf)], &mut control, NOW)?;
        let mut passed = Vec::new();
        for ancillary in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = ancillary {
                passed.extend(descriptors.map(|descriptor| Passed::new(descriptor, &self.closer)));
            }
        }
        if message.flags.contains(ReturnFlags::CTRUNC) {
            return Err(CUT_OFF.into());
        }
        Ok((message.bytes, passed))
    }
}

/// Reads bytes; descriptors that come with them are an error.
impl AsyncRead for NodeStream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.stream()?;
        loop {
            ready!(stream.poll_read_ready(context))?;
            match stream.try_io(Interest::READABLE, || self.receive_now(buf.initialize_unfilled())) {
                Ok((read, passed)) if passed.is_empty() => {
                    buf.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Ok(_) => return Poll::Ready(Err(UNASKED.into())),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for NodeStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.stream.as_mut() {
            Some(stream) => Pin::new(stream).poll_write(context, buf),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.stream.as_mut() {
            Some(stream) => Pin::new(stream).poll_write_vectored(context, bufs),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.stream.as_mut() {
            Some(stream) => Pin::new(stream).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for NodeStream {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take().and_then(|stream| stream.into_std().ok()) else { return };
        // Once it is shut down the node sends nothing more into it, so what is empty then stays empty.
        let is_empty = stream.shutdown(Shutdown::Both).is_ok() && matches!(ioctl_fionread(&stream), Ok(0));
        if !is_empty {
            self.closer.close(stream.into(), Origin::Connection);
        }
    }
}
