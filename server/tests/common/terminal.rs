//! A viewer of a terminal: speaks `docklet.terminal.v1` over a WebSocket that is not ours, and keeps every byte it got.

use futures::SinkExt;
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, handshake::client::Request},
};
use wire::terminal::{ClientFrame, Exit, NodeFrame, SUBPROTOCOL};

use super::{
    client::Client,
    process::tail,
    stream::{self, Closed, PATIENCE, Socket},
};

pub(crate) const VIEWER: &str = "000102030405060708090a0b0c0d0e0f";

/// Opens a terminal and returns its address below the daemon's URL.
pub(crate) async fn open(client: &Client, vcluster: &str, node: &str) -> String {
    let list = format!("/api/v1/vclusters/{vcluster}/nodes/{node}/terminals");
    let terminal = client.post(&list, &json!({})).await.ok(201);
    assert_eq!(terminal.header("location"), format!("{list}/{}", terminal.at("/id")));
    terminal.header("location").to_owned()
}

/// The request that attaches, to be changed by tests that want it refused.
pub(crate) fn request(client: &Client, path: &str, query: &str) -> Request {
    stream::request(client, &format!("{path}?{query}"), SUBPROTOCOL)
}

#[derive(Debug)]
pub(crate) struct Viewer<S = MaybeTlsStream<TcpStream>> {
    socket: Socket<S>,
    /// Output and repaints, as they came.
    pub(crate) seen: Vec<u8>,
    /// The offset behind the last output.
    pub(crate) offset: u64,
    /// Bytes of input sent so far.
    sent: u64,
    pub(crate) exit: Option<Exit>,
}

impl Viewer {
    pub(crate) async fn attach(client: &Client, path: &str) -> Self {
        Self::attach_from(client, path, "snapshot", 0).await
    }

    /// `sent`: how much input this viewer has sent before.
    pub(crate) async fn attach_from(client: &Client, path: &str, from: &str, sent: u64) -> Self {
        let request = request(client, path, &format!("client={VIEWER}&from={from}&cols=80&rows=24"));
        // As browsers do: without it an acknowledgement and the next key wait 40 ms for each other.
        let connected = connect_async_with_config(request, None, true).await;
        let (socket, answer) = connected.expect("the upgrade is answered");
        assert_eq!(answer.headers()["sec-websocket-protocol"], SUBPROTOCOL);
        Self::over(socket, sent)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Viewer<S> {
    /// Over a connection that has been made.
    pub(crate) fn over(socket: WebSocketStream<S>, sent: u64) -> Self {
        Self { socket: Socket(socket), seen: Vec::new(), offset: 0, sent, exit: None }
    }

    pub(crate) async fn send(&mut self, frame: ClientFrame<'_>) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.send_raw(Message::Binary(bytes.into())).await;
    }

    pub(crate) async fn send_raw(&mut self, message: Message) {
        self.socket.send(message).await;
    }

    pub(crate) async fn type_in(&mut self, text: &str) {
        self.send(ClientFrame::Input { seq: self.sent, bytes: text.as_bytes() }).await;
        self.sent += text.len() as u64;
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// Reads, and acknowledges, until this text has been seen.
    pub(crate) async fn until(&mut self, text: &str) {
        let found = async {
            let mut searched = 0;
            while !contains(&self.seen[searched..], text) {
                // A large output is not searched from its beginning again and again.
                searched = self.seen.len().saturating_sub(text.len());
                if let Some(closed) = self.step().await {
                    panic!("closed before {text:?} came: {closed:?}, exit {:?}; seen last: {}", self.exit, self.end());
                }
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, found).await.is_ok();
        assert!(in_time, "{text:?} did not come; seen last: {}", self.end());
    }

    /// Reads until the other side closes.
    pub(crate) async fn until_closed(&mut self) -> Closed {
        stream::until_closed(async || self.step().await).await
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// For the message of a failure, where all of it would hide what comes after.
    fn end(&self) -> String {
        tail(&self.text(), 5)
    }

    /// One message; the close frame when it was the last.
    async fn step(&mut self) -> Option<Closed> {
        let bytes = match self.socket.next().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return None,
            Err(closed) => return Some(closed),
        };
        match NodeFrame::decode(&bytes).expect("a frame") {
            NodeFrame::Output { offset, bytes } => {
                assert!(self.offset == 0 || self.offset == offset, "a gap: {} then {offset}", self.offset);
                self.take(offset + bytes.len() as u64, bytes).await;
            }
            NodeFrame::Snapshot { offset, bytes, .. } => self.take(offset, bytes).await,
            NodeFrame::Exit(exit) => self.exit = Some(exit),
            NodeFrame::InputAck { .. } | NodeFrame::Size(_) | NodeFrame::Pong { .. } => {}
            NodeFrame::Error { code, message } => panic!("{code}: {message}"),
        }
        None
    }

    async fn take(&mut self, offset: u64, bytes: &[u8]) {
        self.seen.extend_from_slice(bytes);
        self.offset = offset;
        // The other side may have closed meanwhile; the next step tells.
        let mut ack = Vec::new();
        ClientFrame::Ack { offset }.encode(&mut ack);
        let _ = self.socket.0.send(Message::Binary(ack.into())).await;
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
