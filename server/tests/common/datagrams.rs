//! A client of a node's UDP port: speaks `docklet.udp.v1` over a WebSocket that is not ours.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, handshake::client::Request};
use wire::udp::SUBPROTOCOL;

use super::{
    client::Client,
    port,
    stream::{self, Closed, PATIENCE, Socket},
};

/// What a datagram that may be lost is waited for, before the next one is tried.
const A_MOMENT: Duration = Duration::from_millis(200);
/// Sends each datagram back to where it came from.
const ECHOES: &str = "
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', int(sys.argv[1])))
while True:
    data, peer = server.recvfrom(65536)
    server.sendto(data, peer)
";

/// Starts an echo in a terminal of node-0; it listens soon.
pub(crate) async fn echo(client: &Client, vcluster: &str, port: u16) {
    let path = format!("/api/v1/vclusters/{vcluster}/nodes/node-0/terminals");
    client.post(&path, &json!({"command": ["python3", "-c", ECHOES, port.to_string()]})).await.ok(201);
}

/// The address of a UDP port of node-0, below the daemon's URL.
pub(crate) fn path(vcluster: &str, port: u16) -> String {
    format!("{}?protocol=udp", port::path(vcluster, &port.to_string()))
}

/// The request that connects, to be changed by tests that want it refused.
pub(crate) fn request(client: &Client, path: &str) -> Request {
    stream::request(client, path, SUBPROTOCOL)
}

#[derive(Debug)]
pub(crate) struct Datagrams(Socket);

impl Datagrams {
    /// Connects once there is room for one more stream.
    pub(crate) async fn connect(client: &Client, path: &str) -> Self {
        Self(stream::connect(client, path, SUBPROTOCOL, 429).await)
    }

    pub(crate) async fn send(&mut self, datagram: &[u8]) {
        self.send_raw(Message::Binary(datagram.to_vec().into())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await;
    }

    /// The next datagram from the node.
    pub(crate) async fn next(&mut self) -> Bytes {
        timeout(PATIENCE, self.wait()).await.expect("a datagram comes")
    }

    /// Sends until one comes back, which is the last one that does: who does not listen yet hears none.
    pub(crate) async fn until_echoed(&mut self) {
        for attempt in 0..100_u8 {
            let sent = [b"attempt ", &[attempt][..]].concat();
            self.send(&sent).await;
            let echoed = async { while self.wait().await != sent {} };
            if timeout(A_MOMENT, echoed).await.is_ok() {
                return;
            }
        }
        panic!("nothing comes back");
    }

    /// Reads until the other side closes.
    pub(crate) async fn until_closed(&mut self) -> Closed {
        stream::until_closed(async || self.0.next().await.err()).await
    }

    async fn wait(&mut self) -> Bytes {
        loop {
            match self.0.next().await {
                Ok(Some(datagram)) => return datagram,
                Ok(None) => {}
                Err(closed) => panic!("closed before a datagram came: {closed:?}"),
            }
        }
    }
}
