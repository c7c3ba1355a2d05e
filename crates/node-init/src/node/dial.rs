//! Connecting to a port of the node on behalf of a worker: 127.0.0.1 first, then ::1, without ever blocking. UDP has no
//! connection that could fail, so there is 127.0.0.1 alone.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt};

use super::request::Connection;
use crate::protocol::{Done, ErrorBody, ErrorCode};

/// A connection attempt and the client that waits for it.
#[derive(Debug)]
pub(super) struct Dial {
    connection: Connection,
    port: u16,
    socket: OwnedFd,
    /// What to try when this attempt fails.
    rest: Vec<SocketAddr>,
}

impl Dial {
    /// Begins to connect. Gives the connection back when it is already answered.
    pub(super) fn start(connection: Connection, port: u16) -> Result<Dial, Connection> {
        let rest = vec![(Ipv6Addr::LOCALHOST, port).into(), (Ipv4Addr::LOCALHOST, port).into()];
        Self::next(connection, port, rest, Errno::CONNREFUSED)
    }

    /// The client went away, or time is up.
    pub(super) fn over(&self, now: Instant) -> bool {
        self.connection.over(now)
    }

    /// When it must be over.
    pub(super) fn deadline(&self) -> Instant {
        self.connection.deadline()
    }

    /// The socket has news. Gives the connection back once it is answered.
    pub(super) fn proceed(mut self) -> Result<Dial, Connection> {
        match sockopt::socket_error(&self.socket) {
            Ok(Ok(())) => {
                self.connection.pass(self.socket);
                Err(self.connection)
            }
            Ok(Err(errno)) | Err(errno) => Self::next(self.connection, self.port, self.rest, errno),
        }
    }

    fn next(mut connection: Connection, port: u16, mut rest: Vec<SocketAddr>, why: Errno) -> Result<Dial, Connection> {
        let mut why = why;
        while let Some(address) = rest.pop() {
            match attempt(address, SocketType::STREAM) {
                Ok(socket) => return Ok(Dial { connection, port, socket, rest }),
                Err(errno) => why = errno,
            }
        }
        let (code, message) = match why {
            Errno::CONNREFUSED | Errno::ADDRNOTAVAIL | Errno::AFNOSUPPORT => (
                ErrorCode::PortClosed,
                format!("nothing listens on port {port} of the node; start the program that should"),
            ),
            errno => (ErrorCode::Internal, format!("port {port} of the node cannot be reached: {errno}")),
        };
        connection.reply::<Done>(Err(ErrorBody::new(code, message)));
        Err(connection)
    }
}

/// A socket for datagrams to and from this port.
pub(super) fn datagrams(port: u16) -> Result<OwnedFd, ErrorBody> {
    attempt((Ipv4Addr::LOCALHOST, port).into(), SocketType::DGRAM).map_err(|errno| {
        ErrorBody::new(ErrorCode::Internal, format!("UDP port {port} of the node cannot be reached: {errno}"))
    })
}

fn attempt(address: SocketAddr, kind: SocketType) -> Result<OwnedFd, Errno> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, kind, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    match connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(errno) => Err(errno),
    }
}

impl AsFd for Dial {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
