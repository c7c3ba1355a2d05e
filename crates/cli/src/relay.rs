//! A port of a node as a pair of byte streams: `docklet.port.v1`. Knows neither who reads and writes nor what is spoken.

use std::io;

use bytes::{BufMut as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use wire::port::{MAX_MESSAGE, SUBPROTOCOL};

use crate::{
    client::Client,
    failure::{Failure, Kind},
    websocket::{Received, Receiver, Sender, WebSocket, pings},
};

/// Both sides have sent everything.
pub(crate) const DONE: u16 = 1000;
const GOING_AWAY: u16 = 1001;
/// What is at the other end has broken it off.
const PORT_BROKEN: u16 = 4503;
/// The token is not good any more.
const SIGNED_OUT: u16 = 4401;

/// Connects to a port; `path` names it. What can be refused is refused here.
pub(crate) async fn open(client: &Client, path: &str) -> Result<WebSocket, Failure> {
    WebSocket::open(client, path, SUBPROTOCOL).await
}

/// When it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Both directions have ended.
    BothEnded,
    /// The node has said its last word. Who cannot be told so on its own, as a program behind our standard output, would wait.
    NodeEnded,
}

/// Carries bytes both ways. A connection that broke off is a failure, however much of it had come.
pub(crate) async fn carry(
    socket: WebSocket,
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    until: Until,
) -> Result<(), Failure> {
    let (sender, receiver) = socket.split();
    tokio::select! {
        end = down(receiver, writer, until) => end,
        Err(fault) = up(sender, reader) => Err(fault.into()),
    }
}

/// Ends with an error of the reader only: how the connection ends is told in the other direction.
async fn up(mut sender: Sender, mut reader: impl AsyncRead + Unpin) -> io::Result<()> {
    let (mut pings, mut buffer, mut open) = (pings(), BytesMut::new(), true);
    loop {
        // The message before has left, so its memory is taken again.
        buffer.reserve(MAX_MESSAGE);
        let mut room = (&mut buffer).limit(MAX_MESSAGE);
        let sent = tokio::select! {
            count = reader.read_buf(&mut room), if open => {
                // An empty message says that this was all.
                open = count? > 0;
                sender.send(buffer.split()).await
            }
            _ = pings.tick() => sender.ping().await,
        };
        if sent.is_err() {
            return std::future::pending().await;
        }
    }
}

async fn down(mut receiver: Receiver, mut writer: impl AsyncWrite + Unpin, until: Until) -> Result<(), Failure> {
    let mut ended = false;
    loop {
        match receiver.receive().await {
            Received::Bytes(bytes) if bytes.is_empty() => {
                writer.shutdown().await?;
                ended = true;
                if until == Until::NodeEnded {
                    return Ok(());
                }
            }
            Received::Bytes(bytes) => {
                writer.write_all(&bytes).await?;
                writer.flush().await?;
            }
            Received::Closed(DONE) if ended => return Ok(()),
            Received::Closed(code) => return Err(broken_off(code)),
        }
    }
}

/// Why a connection ended before it was done.
pub(crate) fn broken_off(code: u16) -> Failure {
    match code {
        SIGNED_OUT => Failure::new(Kind::NotSignedIn, "The connection was ended: your token is not valid any more."),
        GOING_AWAY => Failure::new(Kind::Unreachable, "The connection was ended: the server is shutting down."),
        PORT_BROKEN => {
            Failure::new(Kind::Other, "The connection was cut off: its program in the node, or the node, has ended.")
        }
        code => Failure::new(Kind::Unreachable, format!("The connection to the server broke off (code {code}).")),
    }
}
