//! A connection whose other end is in a tenant's hands, as an [`AsyncRead`] and [`AsyncWrite`].
//!
//! Nothing here depends on the socket's flags, which the node may share and change: every call says for itself that it must
//! not wait. The last close happens where waiting harms no thread of the runtime. What else differs between the kinds of
//! sockets is said by [`Socket`].

use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::net::{SendAncillaryBuffer, SendFlags, send, sendmsg};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use super::closer::Closer;

const NOW: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// A kind of socket: how tokio waits for it, how it is read without waiting, and how it is closed.
pub trait Socket: AsFd + AsyncWrite + Unpin + Sized {
    fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn try_io<R>(&self, interest: Interest, act: impl FnOnce() -> io::Result<R>) -> io::Result<R>;
    /// Reads bytes, or fails with `WouldBlock`.
    fn read_now(&self, buf: &mut [u8], closer: &Arc<Closer>) -> io::Result<usize>;
    fn close(self, closer: &Arc<Closer>);
}

/// What tokio's two kinds have in common, by name only.
macro_rules! readiness {
    ($kind:ty) => {
        fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            <$kind>::poll_read_ready(self, context)
        }

        fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            <$kind>::poll_write_ready(self, context)
        }

        fn try_io<R>(&self, interest: Interest, act: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
            <$kind>::try_io(self, interest, act)
        }
    };
}

impl Socket for UnixStream {
    readiness!(UnixStream);

    fn read_now(&self, buf: &mut [u8], closer: &Arc<Closer>) -> io::Result<usize> {
        super::stream::read_now(self, buf, closer)
    }

    fn close(self, closer: &Arc<Closer>) {
        super::stream::close(self, closer);
    }
}

impl Socket for TcpStream {
    readiness!(TcpStream);

    fn read_now(&self, buf: &mut [u8], _: &Arc<Closer>) -> io::Result<usize> {
        super::socket::read_now(self, buf)
    }

    fn close(self, closer: &Arc<Closer>) {
        super::socket::close(self, closer);
    }
}

/// A connection into a node.
#[derive(Debug)]
pub struct Held<S: Socket> {
    /// There until it is dropped.
    socket: Option<S>,
    closer: Arc<Closer>,
}

impl<S: Socket> Held<S> {
    pub(super) fn hold(socket: S, closer: Arc<Closer>) -> Self {
        Self { socket: Some(socket), closer }
    }

    /// Never to be read from directly.
    pub(super) fn socket(&self) -> io::Result<&S> {
        self.socket.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    pub(super) fn closer(&self) -> &Arc<Closer> {
        &self.closer
    }

    fn poll_send(
        &self,
        context: &mut Context<'_>,
        send: impl Fn(&S) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let socket = self.socket()?;
        loop {
            ready!(socket.poll_write_ready(context))?;
            match socket.try_io(Interest::WRITABLE, || Ok(send(socket)?)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

impl<S: Socket> AsyncRead for Held<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = self.socket()?;
        loop {
            ready!(socket.poll_read_ready(context))?;
            let room = buf.initialize_unfilled();
            match socket.try_io(Interest::READABLE, || socket.read_now(room, &self.closer)) {
                Ok(read) => {
                    buf.advance(read);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<S: Socket> AsyncWrite for Held<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(context, |socket| send(socket, buf, NOW))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_send(context, |socket| sendmsg(socket, bufs, &mut SendAncillaryBuffer::default(), NOW))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.socket.as_mut() {
            Some(socket) => Pin::new(socket).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl<S: Socket> Drop for Held<S> {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.close(&self.closer);
        }
    }
}
