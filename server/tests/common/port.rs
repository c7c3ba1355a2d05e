//! A client of a node's port: speaks `docklet.port.v1` over a WebSocket that is not ours, and keeps every byte it got.

use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, handshake::client::Request};
use wire::port::SUBPROTOCOL;

use super::{
    client::Client,
    stream::{self, Closed, PATIENCE, Socket},
};

/// The address of a port of node-0, below the daemon's URL.
pub(crate) fn path(vcluster: &str, port: &str) -> String {
    format!("/api/v1/vclusters/{vcluster}/nodes/node-0/ports/{port}")
}

/// The request that connects, to be changed by tests that want it refused.
pub(crate) fn request(client: &Client, path: &str) -> Request {
    stream::request(client, path, SUBPROTOCOL)
}

#[derive(Debug)]
pub(crate) struct Port {
    socket: Socket,
    /// Everything the node has sent.
    pub(crate) got: Vec<u8>,
    /// The node has said that it sends no more.
    pub(crate) ended: bool,
}

impl Port {
    /// Connects once something listens there.
    pub(crate) async fn connect(client: &Client, path: &str) -> Self {
        let socket = stream::connect(client, path, SUBPROTOCOL, 503).await;
        Self { socket, got: Vec::new(), ended: false }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.send_raw(Message::Binary(bytes.to_vec().into())).await;
    }

    /// Says that this side sends no more.
    pub(crate) async fn say_end(&mut self) {
        self.send(b"").await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await;
    }

    /// Reads until the node has sent this text.
    pub(crate) async fn until(&mut self, text: &str) {
        self.read("the text", |port| port.text().contains(text)).await;
    }

    /// Reads until the node has said that it sends no more.
    pub(crate) async fn until_end(&mut self) {
        self.read("the node's end", |port| port.ended).await;
    }

    /// Reads until the other side closes.
    pub(crate) async fn until_closed(&mut self) -> Closed {
        stream::until_closed(async || self.step().await).await
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.got).into_owned()
    }

    async fn read(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let found = async {
            while !holds(self) {
                if let Some(closed) = self.step().await {
                    panic!("closed before {what} came: {closed:?}; it had sent {:?}", self.text());
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{what} did not come"));
    }

    /// One message; the close frame when it was the last.
    async fn step(&mut self) -> Option<Closed> {
        match self.socket.next().await {
            Ok(Some(bytes)) => {
                assert!(!self.ended, "the node has said that it sends no more");
                self.ended = bytes.is_empty();
                self.got.extend_from_slice(&bytes);
                None
            }
            Ok(None) => None,
            Err(closed) => Some(closed),
        }
    }
}
