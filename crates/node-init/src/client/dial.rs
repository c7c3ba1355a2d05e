//! Receiving the one connected socket a node passes back, and checking that it is one.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{IpAddr, SocketAddr};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SocketType, getpeername, ipproto, recvmsg,
    sockopt,
};
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::socket::{NodeSocket, Passed};
use super::{ClientError, parse_reply, reply_length};
use crate::protocol::Done;

/// Room for two descriptors: enough to notice that a node sent more than the one it may send.
const CONTROL_SPACE: usize = rustix::cmsg_space!(ScmRights(2));

const MORE_THAN_ONE: ClientError = ClientError::Garbage("the reply carries more than one socket");

/// Reads the reply to *dial* and the socket that comes with it.
pub(super) async fn receive(stream: &UnixStream, port: u16) -> Result<NodeSocket, ClientError> {
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

async fn receive_exact(stream: &UnixStream, buf: &mut [u8], sockets: &mut Vec<Passed>) -> Result<(), ClientError> {
    let mut filled = 0;
    while filled < buf.len() {
        let rest = &mut buf[filled..];
        let got = stream.async_io(Interest::READABLE, || receive_some(stream, rest, sockets)).await;
        let got = match got {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(MORE_THAN_ONE),
            result => result?,
        };
        if got == 0 {
            return Err(ClientError::Garbage("the connection ended in the middle of a reply"));
        }
        if sockets.len() > 1 {
            return Err(MORE_THAN_ONE);
        }
        filled += got;
    }
    Ok(())
}

fn receive_some(stream: &UnixStream, buf: &mut [u8], sockets: &mut Vec<Passed>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); CONTROL_SPACE];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let message = recvmsg(stream, &mut [IoSliceMut::new(buf)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for ancillary in control.drain() {
        if let RecvAncillaryMessage::ScmRights(passed) = ancillary {
            sockets.extend(passed.map(Passed::new));
        }
    }
    if message.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "more descriptors than there is room for"));
    }
    Ok(message.bytes)
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
