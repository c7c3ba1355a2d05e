//! A socket that a node has passed, and may still hold itself.
//!
//! The node shares its flags: a copy can be made blocking again at any time, and can be told to wait for unsent data
//! when it is closed. One tenant would stop a thread of the whole process with either. So nothing here depends on a flag:
//! every call says for itself that it must not wait (MSG_DONTWAIT), and the last close happens where waiting harms nobody.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::io::ioctl_fionbio;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg, sockopt};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::closer::{Closer, Origin};

const NOW: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// A descriptor of unknown nature; closed off the runtime.
#[derive(Debug)]
pub(super) struct Passed {
    /// There until it is dropped or becomes a connection.
    descriptor: Option<OwnedFd>,
    closer: Arc<Closer>,
}

impl Passed {
    pub(super) fn new(descriptor: OwnedFd, closer: &Arc<Closer>) -> Self {
        Self { descriptor: Some(descriptor), closer: Arc::clone(closer) }
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_ref().expect("it is there until it is dropped or becomes a connection").as_fd()
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        if let Some(descriptor) = self.descriptor.take() {
            close(descriptor, &self.closer, Origin::Unasked);
        }
    }
}

/// Waiting for unsent data is switched off first, which spares the closing thread most of the time; a copy may switch it on
/// again in between.
fn close(descriptor: OwnedFd, closer: &Arc<Closer>, origin: Origin) {
    // What is no socket has no such option.
    let _ = sockopt::set_socket_linger(&descriptor, None);
    closer.close(descriptor, origin);
}

/// A TCP connection inside a node.
#[derive(Debug)]
pub struct NodeSocket {
    /// There until it is dropped.
    stream: Option<TcpStream>,
    closer: Arc<Closer>,
}

impl NodeSocket {
    /// Takes a connected TCP socket, once it is known to be one. Needs a runtime.
    pub(super) fn new(mut passed: Passed) -> io::Result<Self> {
        ioctl_fionbio(passed.descriptor(), true)?;
        let socket = passed.descriptor.take().map(std::net::TcpStream::from);
        Ok(Self { stream: socket.map(TcpStream::from_std).transpose()?, closer: Arc::clone(&passed.closer) })
    }

    fn stream(&self) -> io::Result<&TcpStream> {
        self.stream.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn poll_send(
        &self,
        context: &mut Context<'_>,
        send: impl Fn(&TcpStream) -> rustix::io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let stream = self.stream()?;
        loop {
            ready!(stream.poll_write_ready(context))?;
            match stream.try_io(Interest::WRITABLE, || Ok(send(stream)?)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

impl AsyncRead for NodeSocket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = self.stream()?;
        loop {
            ready!(stream.poll_read_ready(context))?;
            let room = buf.initialize_unfilled();
            match stream.try_io(Interest::READABLE, || Ok(recv(stream, room, RecvFlags::DONTWAIT)?.1)) {
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

impl AsyncWrite for NodeSocket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(context, |stream| send(stream, buf, NOW))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_send(context, |stream| sendmsg(stream, bufs, &mut SendAncillaryBuffer::default(), NOW))
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

impl Drop for NodeSocket {
    fn drop(&mut self) {
        if let Some(socket) = self.stream.take().and_then(|stream| stream.into_std().ok()) {
            close(socket.into(), &self.closer, Origin::Connection);
        }
    }
}
