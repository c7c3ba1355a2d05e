//! A client of a command: speaks `docklet.exec.v1` over a WebSocket that is not ours, and keeps every byte it got.

use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, handshake::client::Request},
};
use wire::{
    exec::{ClientFrame, NodeFrame, SUBPROTOCOL},
    terminal::Exit,
};

use super::{
    client::Client,
    stream::{self, Closed, PATIENCE, Socket},
};

/// The address of node-0's commands, below the daemon's URL.
pub(crate) fn path(vcluster: &str) -> String {
    format!("/api/v1/vclusters/{vcluster}/nodes/node-0/exec")
}

/// The request that connects, to be changed by tests that want it refused.
pub(crate) fn request(client: &Client, path: &str) -> Request {
    stream::request(client, path, SUBPROTOCOL)
}

#[derive(Debug)]
pub(crate) struct Exec {
    socket: Socket,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) exit: Option<Exit>,
    /// The code and the message of a refusal.
    pub(crate) error: Option<(String, String)>,
}

impl Exec {
    pub(crate) async fn connect(client: &Client, path: &str) -> Self {
        let (socket, answer) = connect_async(request(client, path)).await.expect("the upgrade is answered");
        assert_eq!(answer.headers()["sec-websocket-protocol"], SUBPROTOCOL);
        Self { socket: Socket(socket), stdout: Vec::new(), stderr: Vec::new(), exit: None, error: None }
    }

    pub(crate) async fn start(client: &Client, path: &str, command: &[&str]) -> Self {
        let mut exec = Self::connect(client, path).await;
        exec.send_raw(Message::Text(json!({ "command": command }).to_string().into())).await;
        exec
    }

    pub(crate) async fn send(&mut self, frame: ClientFrame<'_>) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.send_raw(Message::Binary(bytes.into())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await;
    }

    /// Reads until the command has written this text.
    pub(crate) async fn until(&mut self, text: &str) {
        let found = async {
            while !String::from_utf8_lossy(&self.stdout).contains(text) {
                if let Some(closed) = self.step().await {
                    panic!("closed before {text:?} came: {closed:?}, {:?}, {:?}", self.exit, self.error);
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{text:?} did not come"));
    }

    /// Reads until the other side closes.
    pub(crate) async fn until_closed(&mut self) -> Closed {
        stream::until_closed(async || self.step().await).await
    }

    /// The close code, once the other side has closed in order.
    pub(crate) async fn closed(&mut self) -> u16 {
        u16::from(self.until_closed().await.expect("a close frame").code)
    }

    /// One message; the close frame when it was the last.
    async fn step(&mut self) -> Option<Closed> {
        let bytes = match self.socket.next().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return None,
            Err(closed) => return Some(closed),
        };
        assert!(self.exit.is_none() && self.error.is_none(), "nothing follows the last frame");
        match NodeFrame::decode(&bytes).expect("a frame") {
            NodeFrame::Stdout(bytes) => self.stdout.extend_from_slice(bytes),
            NodeFrame::Stderr(bytes) => self.stderr.extend_from_slice(bytes),
            NodeFrame::Exit(exit) => self.exit = Some(exit),
            NodeFrame::Alive => {}
            NodeFrame::Error { code, message } => self.error = Some((code.to_owned(), message.to_owned())),
        }
        None
    }
}
