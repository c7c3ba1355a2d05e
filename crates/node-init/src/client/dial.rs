//! Receiving the one connected socket a node passes back, and checking that it is one.

use std::net::{IpAddr, SocketAddr};

use rustix::net::{SocketType, getpeername, ipproto, sockopt};

use super::socket::{NodeSocket, Passed};
use super::stream::NodeStream;
use super::{ClientError, parse_reply, reply_length};
use crate::protocol::Done;

const MORE_THAN_ONE: ClientError = ClientError::Garbage("the reply carries more than one socket");

/// Reads the reply to *dial* and the socket that comes with it.
pub(super) async fn receive(stream: &NodeStream, port: u16) -> Result<NodeSocket, ClientError> {
    let mut sockets = Vec::new();
    let mut length = [0; 4];
    receive_exact(stream, &mut length, &mut sockets).await?;
    let mut json = vec![0; reply_length(u32::from_be_bytes(length))?];
    receive_exact(stream, &mut json, &mut sockets).await?;
    parse_reply::<Done>(&json)?;
    let socket = sockets.pop().ok_or(ClientError::Garbage("the reply carries no socket"))?;
    if !sockets.is_empty() {
        return Err(MORE_THAN_ONE);
    }
    connected_tcp(socket, port)
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

/// Refuses everything that is not a TCP connection to the asked port on loopback.
fn connected_tcp(passed: Passed, port: u16) -> Result<NodeSocket, ClientError> {
    const NOT_TCP: ClientError = ClientError::Garbage("what the node passed is not a connected TCP socket");
    let socket = passed.descriptor();
    let stream_type = sockopt::socket_type(socket).map_err(|_| NOT_TCP)?;
    let protocol = sockopt::socket_protocol(socket).map_err(|_| NOT_TCP)?;
    let listening = sockopt::socket_acceptconn(socket).map_err(|_| NOT_TCP)?;
    if stream_type != SocketType::STREAM || protocol != Some(ipproto::TCP) || listening {
        return Err(NOT_TCP);
    }
    let peer = getpeername(socket).ok().flatten().and_then(|peer| SocketAddr::try_from(peer).ok()).ok_or(NOT_TCP)?;
    let loopback = match peer.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    };
    if !loopback || peer.port() != port {
        return Err(ClientError::Garbage("the socket leads elsewhere than to the asked port"));
    }
    Ok(NodeSocket::new(passed)?)
}
