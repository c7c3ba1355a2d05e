//! One connection to a terminal, and why one could not be opened. Knows no screen.

use std::sync::Arc;

use terminal_session::{Found, Generation, Start, status::Ending};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use wire::{
    terminal::{SUBPROTOCOL, Size},
    terminals::Terminal,
};

use super::News;
use crate::{
    client::Client,
    commands::named::in_path,
    failure::Kind,
    websocket::{Received, WebSocket},
};

/// Frames to send. As many wait as the session's own windows allow: a full channel here, and one there, would wait for each other.
pub(super) type Frames = mpsc::UnboundedSender<Vec<u8>>;

/// The terminal.
pub(super) struct Target {
    pub(super) client: Client,
    /// Where its node's terminals are listed and opened.
    terminals: String,
    id: String,
    /// Names this viewer over its reconnects: 32 hexadecimal digits.
    viewer: String,
}

impl Target {
    pub(super) fn new(client: Client, terminals: String, id: String) -> Self {
        let viewer = generate_key().bytes().take(16).map(|byte| format!("{byte:02x}")).collect();
        Self { client, terminals, id, viewer }
    }

    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.terminals, in_path(&self.id))
    }

    pub(super) fn stream(&self, start: Start, size: Size) -> String {
        let from = match start {
            Start::Snapshot => "snapshot".to_owned(),
            Start::At(offset) => offset.to_string(),
        };
        let (cols, rows) = (size.cols(), size.rows());
        format!("{}?client={}&from={from}&cols={cols}&rows={rows}", self.path(), self.viewer)
    }
}

/// From its opening to its end. A closed channel means that the session has ended.
pub(super) async fn carry(target: Arc<Target>, path: String, generation: Generation, news: mpsc::Sender<News>) {
    let mut socket = match WebSocket::open(&target.client, &path, SUBPROTOCOL).await {
        Ok(socket) => socket,
        Err(failure) => {
            let _ = news.send(News::Refused(generation, failure)).await;
            return;
        }
    };
    let (sender, mut frames) = mpsc::unbounded_channel();
    if news.send(News::Opened(generation, sender)).await.is_err() {
        return;
    }
    loop {
        let (told, over) = tokio::select! {
            frame = frames.recv() => match frame {
                None => return socket.close().await,
                Some(frame) => match socket.send(frame).await {
                    Ok(()) => continue,
                    Err(_) => (News::Closed(generation, 0), true),
                },
            },
            received = socket.receive() => match received {
                Received::Bytes(bytes) => (News::Frame(generation, bytes), false),
                Received::Closed(code) => (News::Closed(generation, code), true),
            },
        };
        if news.send(told).await.is_err() || over {
            return;
        }
    }
}

/// Why a connection could not be opened, as the list of terminals shows it.
pub(super) async fn probe(target: Arc<Target>, generation: Generation, news: mpsc::Sender<News>) {
    let found = match target.client.get::<Vec<Terminal>>(&target.terminals).await {
        Ok(all) => match all.into_iter().find(|terminal| terminal.id == target.id) {
            Some(terminal) => Found::Alive { end: terminal.end },
            None => Found::Over(Ending::Gone),
        },
        Err(failure) => match failure.kind {
            Kind::NotSignedIn => Found::Over(Ending::SignedOut),
            Kind::NotFound => Found::Over(Ending::Gone),
            Kind::Conflict => Found::Over(Ending::NodeStopped),
            _ => Found::Unknown,
        },
    };
    let _ = news.send(News::Probed(generation, found)).await;
}
