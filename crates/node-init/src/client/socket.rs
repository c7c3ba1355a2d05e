//! A socket that a node has passed, and may still hold itself.
//!
//! The node shares its flags: a copy can be made blocking again at any time, and can be told to wait for unsent data
//! when it is closed. One tenant would stop a thread of the whole process with either. So it is read and written as
//! [`Held`] does, and closed on the node's own thread.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::io::ioctl_fionbio;
use rustix::net::{RecvFlags, recv, sockopt};
use tokio::net::TcpStream;

use super::closer::{Closer, Origin};
use super::held::Held;

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

    /// For what closes it in the same way. The node can make it wait again.
    pub(super) fn take(mut self) -> io::Result<(OwnedFd, Arc<Closer>)> {
        ioctl_fionbio(self.descriptor(), true)?;
        let descriptor = self.descriptor.take().ok_or(io::ErrorKind::NotConnected)?;
        Ok((descriptor, Arc::clone(&self.closer)))
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        if let Some(descriptor) = self.descriptor.take() {
            release(descriptor, &self.closer, Origin::Unasked);
        }
    }
}

/// Waiting for unsent data is switched off first, which spares the closing thread most of the time; a copy may switch it on
/// again in between.
pub(super) fn release(descriptor: OwnedFd, closer: &Arc<Closer>, origin: Origin) {
    // What is no socket has no such option.
    let _ = sockopt::set_socket_linger(&descriptor, None);
    closer.close(descriptor, origin);
}

/// A TCP connection inside a node.
pub type NodeSocket = Held<TcpStream>;

impl NodeSocket {
    /// Takes a connected TCP socket, once it is known to be one. Needs a runtime.
    pub(super) fn new(passed: Passed) -> io::Result<Self> {
        let (descriptor, closer) = passed.take()?;
        let stream = TcpStream::from_std(std::net::TcpStream::from(descriptor))?;
        Ok(Self::hold(stream, closer))
    }
}

pub(super) fn read_now(stream: &TcpStream, buf: &mut [u8]) -> io::Result<usize> {
    Ok(recv(stream, buf, RecvFlags::DONTWAIT)?.1)
}

pub(super) fn close(stream: TcpStream, closer: &Arc<Closer>) {
    if let Ok(stream) = stream.into_std() {
        release(stream.into(), closer, Origin::Connection);
    }
}
