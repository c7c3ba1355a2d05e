//! Datagrams to and from a UDP port inside a node, as bytes both ways: each behind its length, as `wire::udp` says.
//!
//! Nothing here waits for the node. What the kernel does not take at once, or has no room for, is lost as UDP loses it, and that
//! nobody listens is no end. Nor would a node that has stopped be one: its sockets outlive it. So the connection that the socket
//! came over is kept, and ends with docklet-init. As with [`Held`](super::held::Held), nothing depends on flags the node shares.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::UdpSocket;
use wire::framing;
use wire::udp::MAX_DATAGRAM;

use super::closer::{Closer, Origin};
use super::socket::{Passed, release};
use super::stream::NodeStream;

/// The length before each datagram.
const HEAD: usize = 4;

/// A UDP socket of a node, connected to one of its ports.
#[derive(Debug)]
pub struct NodeDatagrams {
    /// There until it is dropped.
    socket: Option<UdpSocket>,
    closer: Arc<Closer>,
    /// Ends when the node's docklet-init does.
    node: NodeStream,
    /// What was received last, and how much of it has been read.
    received: Vec<u8>,
    read: usize,
    /// The beginning of what is to be sent, until the rest of it is there.
    begun: Vec<u8>,
}

impl NodeDatagrams {
    /// Takes a connected UDP socket, once it is known to be one, and the connection it came over. Needs a runtime.
    pub(super) fn new(passed: Passed, node: NodeStream) -> io::Result<Self> {
        let (descriptor, closer) = passed.take()?;
        let socket = Some(UdpSocket::from_std(std::net::UdpSocket::from(descriptor))?);
        Ok(Self { socket, closer, node, received: Vec::new(), read: 0, begun: Vec::new() })
    }

    /// Whether docklet-init, which has nothing to say here, has said something or is gone.
    fn has_ended(&mut self, context: &mut Context<'_>) -> bool {
        let mut said = [0];
        Pin::new(&mut self.node).poll_read(context, &mut ReadBuf::new(&mut said)).is_ready()
    }

    fn poll_receive(&self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        let Some(socket) = &self.socket else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        loop {
            ready!(socket.poll_recv_ready(context))?;
            match socket.try_io(Interest::READABLE, || receive(socket)) {
                Ok(Some(frame)) => return Poll::Ready(Ok(frame)),
                Ok(None) => {}
                // The node may have shut it down, and then it is ready for ever.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if is_shut_down(socket)? {
                        return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
                    }
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// The next datagram behind its length. `None` for one that is too long, and for the news that nobody listens.
fn receive(socket: &UdpSocket) -> io::Result<Option<Vec<u8>>> {
    let mut frame = Vec::with_capacity(HEAD + MAX_DATAGRAM + 1);
    let mut received = Ok(());
    framing::put(&mut frame, |out| received = recv(socket, spare_capacity(out), RecvFlags::DONTWAIT).map(drop));
    match received {
        Ok(()) if frame.len() == HEAD && is_shut_down(socket)? => Err(io::ErrorKind::NotConnected.into()),
        Ok(()) => Ok((frame.len() <= HEAD + MAX_DATAGRAM).then_some(frame)),
        Err(Errno::CONNREFUSED) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

fn is_shut_down(socket: &UdpSocket) -> io::Result<bool> {
    let mut asked = [PollFd::new(socket, PollFlags::RDHUP)];
    poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    Ok(asked[0].revents().contains(PollFlags::RDHUP))
}

/// What is not taken is lost.
fn give(socket: &UdpSocket, datagram: &[u8]) {
    const NOW: SendFlags = SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
    // The first attempt may fail for an earlier datagram that nobody listened to, and then it has sent nothing.
    if send(socket, datagram, NOW).is_err() {
        let _ = send(socket, datagram, NOW);
    }
}

impl AsyncRead for NodeDatagrams {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.read == this.received.len() {
            // While nothing comes, nothing is held.
            (this.received, this.read) = (Vec::new(), 0);
            if this.has_ended(context) {
                return Poll::Ready(Ok(()));
            }
            this.received = ready!(this.poll_receive(context))?;
        }
        let rest = &this.received[this.read..];
        let count = rest.len().min(buf.remaining());
        buf.put_slice(&rest[..count]);
        this.read += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for NodeDatagrams {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let Some(socket) = &this.socket else { return Poll::Ready(Err(io::ErrorKind::NotConnected.into())) };
        this.begun.extend_from_slice(buf);
        let mut sent = 0;
        while let Some((length, rest)) = this.begun[sent..].split_first_chunk::<HEAD>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            if length > MAX_DATAGRAM {
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "no datagram is as long")));
            }
            let Some(datagram) = rest.get(..length) else { break };
            give(socket, datagram);
            sent += HEAD + length;
        }
        this.begun.drain(..sent);
        if this.begun.is_empty() {
            this.begun = Vec::new();
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends both directions: docklet-init closes the connection, which is the end of what is read.
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().node).poll_shutdown(context)
    }
}

impl Drop for NodeDatagrams {
    fn drop(&mut self) {
        if let Some(socket) = self.socket.take().and_then(|socket| socket.into_std().ok()) {
            release(OwnedFd::from(socket), &self.closer, Origin::Connection);
        }
    }
}
