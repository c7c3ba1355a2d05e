//! A WebSocket into a node, of a client that is not ours. Knows no protocol: terminals, ports and commands are spoken over it.

use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, handshake::client::Request, protocol::CloseFrame},
};

use super::client::Client;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How a stream ended: the close frame, or broken off without a word.
pub(crate) type Closed = Option<CloseFrame>;

/// The request that connects, to be changed by tests that want it refused.
pub(crate) fn request(client: &Client, path: &str, subprotocol: &str) -> Request {
    let url = format!("{}{path}", client.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", subprotocol.parse().expect("a header"));
    if let Some(token) = &client.token {
        headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    }
    request
}

/// Connects once it is not refused with this status any more.
pub(crate) async fn connect(client: &Client, path: &str, subprotocol: &str, until_not: u16) -> Socket {
    let connected = || async {
        match connect_async(request(client, path, subprotocol)).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers()["sec-websocket-protocol"], subprotocol);
                Some(socket)
            }
            Err(tungstenite::Error::Http(response)) if response.status().as_u16() == until_not => None,
            Err(error) => panic!("{path}: {error}"),
        }
    };
    Socket(testkit::obtain("the upgrade is answered", PATIENCE, connected).await)
}

/// The answer to an upgrade that is refused: status and body.
pub(crate) async fn refused(request: Request) -> (u16, String) {
    match connect_async(request).await {
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            (response.status().as_u16(), String::from_utf8_lossy(&body).into_owned())
        }
        other => panic!("must be refused, not {other:?}"),
    }
}

#[derive(Debug)]
pub(crate) struct Socket<S = MaybeTlsStream<TcpStream>>(pub(crate) WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(crate) async fn send(&mut self, message: Message) {
        self.0.send(message).await.expect("the connection takes it");
    }

    /// What is in the next message; empty for one that is of the WebSocket itself.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Closed> {
        match self.0.next().await {
            Some(Ok(Message::Binary(bytes))) => Ok(Some(bytes)),
            Some(Ok(Message::Close(frame))) => Err(frame),
            Some(Ok(_)) => Ok(None),
            Some(Err(_)) | None => Err(None),
        }
    }
}

/// Takes messages in until the other side closes.
pub(crate) async fn until_closed(mut step: impl AsyncFnMut() -> Option<Closed>) -> Closed {
    let closed = async {
        loop {
            if let Some(closed) = step().await {
                return closed;
            }
        }
    };
    timeout(PATIENCE, closed).await.expect("the stream closes")
}
