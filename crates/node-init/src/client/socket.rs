//! A socket that a node has passed, and may still hold itself.
//!
//! Whoever passed it shares its flags: a copy can be made blocking again at any time, and can be told to wait for unsent data
//! when it is closed. One tenant would stop a thread of the whole process with either. So nothing here depends on a flag:
//! every call says for itself that it must not wait (MSG_DONTWAIT), and the last close happens where waiting harms nobody.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::io::ioctl_fionbio;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg, sockopt};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

const NOW: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);

/// A descriptor of unknown nature; closed off the runtime.
#[derive(Debug)]
pub(super) struct Passed(Option<OwnedFd>);

impl Passed {
    pub(super) fn new(descriptor: OwnedFd) -> Self {
        Self(Some(descriptor))
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.0.as_ref().expect("it is there until it is dropped or becomes a connection").as_fd()
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        if let Some(descriptor) = self.0.take() {
            close(descriptor);
        }
    }
}

/// Closes where it may take its time. Waiting is switched off first, which spares the thread most of the time; a copy may
/// switch it on again in between.
fn close(descriptor: OwnedFd) {
    // What is no socket has no such option.
    let _ = sockopt::set_socket_linger(&descriptor, None);
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn_blocking(move || drop(descriptor))),
        Err(_) => drop(std::thread::spawn(move || drop(descriptor))),
    }
}

/// A TCP connection inside a node.
#[derive(Debug)]
pub struct NodeSocket(Option<TcpStream>);

impl NodeSocket {
    /// Takes a connected TCP socket, which somebody has looked at. Needs a runtime.
    pub(super) fn new(mut passed: Passed) -> io::Result<Self> {
        ioctl_fionbio(passed.descriptor(), true)?;
        let socket = passed.0.take().map(std::net::TcpStream::from);
        Ok(Self(socket.map(TcpStream::from_std).transpose()?))
    }

    fn stream(&self) -> io::Result<&TcpStream> {
        self.0.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
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
        match self.0.as_mut() {
            Some(stream) => Pin::new(stream).poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for NodeSocket {
    fn drop(&mut self) {
        if let Some(socket) = self.0.take().and_then(|stream| stream.into_std().ok()) {
            close(socket.into());
        }
    }
}
