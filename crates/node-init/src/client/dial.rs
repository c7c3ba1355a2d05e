//! Receiving the one connected socket a node passes back, and checking that it is one.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::BorrowedFd;

use rustix::net::{Protocol, SocketType, getpeername, ipproto, sockopt};

use super::datagrams::NodeDatagrams;
use super::socket::{NodeSocket, Passed};
use super::stream::NodeStream;
use super::{ClientError, parse_reply, reply_length};
use crate::protocol::Done;

const MORE_THAN_ONE: ClientError = ClientError::Garbage("the reply carries more than one socket");
const NOT_TCP: ClientError = ClientError::Garbage("what the node passed is not a connected TCP socket");
const NOT_UDP: ClientError = ClientError::Garbage("what the node passed is not a connected UDP socket");

/// Reads the reply to *dial* and the socket that comes with it.
pub(super) async fn receive(stream: &NodeStream, port: u16) -> Result<NodeSocket, ClientError> {
    let passed = receive_one(stream, port, SocketType::STREAM, ipproto::TCP, NOT_TCP).await?;
    Ok(NodeSocket::new(passed)?)
}

/// The same of *dial_udp*, whose connection goes with the socket.
pub(super) async fn receive_datagrams(stream: NodeStream, port: u16) -> Result<NodeDatagrams, ClientError> {
    let passed = receive_one(&stream, port, SocketType::DGRAM, ipproto::UDP, NOT_UDP).await?;
    Ok(NodeDatagrams::new(passed, stream)?)
}

/// One socket of this kind, connected to this port; `wrong` says that it is none.
async fn receive_one(
    stream: &NodeStream,
    port: u16,
    kind: SocketType,
    protocol: Protocol,
    wrong: ClientError,
) -> Result<Passed, ClientError> {
    let mut sockets = Vec::new();
    let mut length = [0; 4];
    receive_exact(stream, &mut length, &mut sockets).await?;
    let mut json = vec![0; reply_length(u32::from_be_bytes(length))?];
    receive_exact(stream, &mut json, &mut sockets).await?;
    parse_reply::<Done>(&json)?;
    let passed = sockets.pop().ok_or(ClientError::Garbage("the reply carries no socket"))?;
    if !sockets.is_empty() {
        return Err(MORE_THAN_ONE);
    }
    if !is_of_kind(passed.descriptor(), kind, protocol) {
        return Err(wrong);
    }
    leads_to(passed.descriptor(), port, wrong)?;
    Ok(passed)
}

async fn receive_exact(stream: &NodeStream, buf: &mut [u8], sockets: &mut Vec<Passed>) -> Result<(), ClientError> {
    let mut filled = 0;
    while filled < buf.len() {
        let (got, passed) = stream.receive(&mut buf[filled..]).await?;
        if got == 0 {
            return Err(ClientError::Garbage("the connection ended in the middle of a reply"));
        }
        sockets.extend(passed);
        if sockets.len() > 1 {
            return Err(MORE_THAN_ONE);
        }
        filled += got;
    }
    Ok(())
}

fn is_of_kind(socket: BorrowedFd<'_>, kind: SocketType, protocol: Protocol) -> bool {
    sockopt::socket_type(socket) == Ok(kind)
        && sockopt::socket_protocol(socket) == Ok(Some(protocol))
        && sockopt::socket_acceptconn(socket) == Ok(false)
}

/// Refuses everything that is not connected to the asked port on loopback.
fn leads_to(socket: BorrowedFd<'_>, port: u16, unconnected: ClientError) -> Result<(), ClientError> {
    let peer =
        getpeername(socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok()).ok_or(unconnected)?;
    let loopback = match peer.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !loopback || peer.port() != port {
        return Err(ClientError::Garbage("the socket leads elsewhere than to the asked port"));
    }
    Ok(())
}
