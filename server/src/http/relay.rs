//! Moves terminal frames between a WebSocket and a node, in one task per connection. Knows no HTTP and no user.
//!
//! Neither side is trusted: every frame is decoded before it is passed on. Nothing is queued: what cannot be written is not
//! read either, so a client that never reads and a node that never reads cost one frame each.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::{Bytes, BytesMut};
use control::ports::node::Duplex;
use futures::{SinkExt, StreamExt, stream::SplitSink, stream::SplitStream};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    time::{Instant, MissedTickBehavior},
};
use wire::terminal::{ClientFrame, MAX_NODE_FRAME, NodeFrame};

/// How often the client is asked whether it is there, …
const PING: Duration = Duration::from_secs(10);
/// … and how long it may say nothing at all.
const SILENCE: Duration = Duration::from_secs(25);
/// Most frames of an idle terminal are a few bytes; larger ones are read past this buffer.
const NODE_BUFFER: usize = 1024;

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client closed it or is gone.
    ClientLeft,
    /// The client was silent for too long.
    ClientSilent,
    /// The client sent something that is not the protocol.
    ClientBroke(&'static str),
    /// The client sent a message that no frame is as long as.
    TooLong,
    /// The node ended the stream: the terminal has ended or the node is stopped.
    NodeLeft,
    /// The node sent something that is not the protocol.
    NodeBroke,
    /// The user has signed out or was locked.
    Revoked,
    /// dockletd stops; another one will be there soon.
    GoingAway,
}

impl End {
    /// The close code of docs/TERMINAL.md.
    fn close(self) -> Option<(u16, &'static str)> {
        match self {
            Self::ClientLeft => None,
            Self::ClientSilent => Some((4408, "nothing was heard from you")),
            Self::ClientBroke(what) => Some((1002, what)),
            Self::TooLong => Some((1009, "the message is too long")),
            Self::NodeLeft => Some((1000, "the stream has ended")),
            Self::NodeBroke => Some((4502, "the node answered nonsense")),
            Self::Revoked => Some((4401, "signed out")),
            Self::GoingAway => Some((1001, "going away")),
        }
    }
}

/// Relays until one side ends or breaks the rules.
/// `typed` is called for what a person does, not for what a page does by itself.
pub(crate) async fn run(
    sink: &mut SplitSink<WebSocket, Message>,
    source: &mut SplitStream<WebSocket>,
    node: Box<dyn Duplex>,
    typed: impl Fn() + Sync,
) -> End {
    let (from_node, to_node) = tokio::io::split(node);
    let heard = Heard::now();
    tokio::select! {
        // Keys first: Ctrl-C must get through while output floods.
        biased;
        end = upward(source, to_node, &heard, typed) => end,
        end = downward(sink, from_node) => end,
        () = silence(&heard) => End::ClientSilent,
    }
}

/// From the client to the node.
async fn upward(
    source: &mut SplitStream<WebSocket>,
    mut node: impl AsyncWrite + Unpin,
    heard: &Heard,
    typed: impl Fn(),
) -> End {
    let mut frame = Vec::new();
    while let Some(message) = source.next().await {
        heard.again();
        let bytes = match message {
            Ok(Message::Binary(bytes)) => bytes,
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Ok(Message::Text(_)) => return End::ClientBroke("a text message is not a frame"),
            Ok(Message::Close(_)) => return End::ClientLeft,
            Err(error) => return end_of(&error),
        };
        match ClientFrame::decode(&bytes) {
            Ok(ClientFrame::Input { .. }) => typed(),
            Ok(_) => {}
            Err(_) => return End::ClientBroke("not a terminal frame"),
        }
        frame.clear();
        // A message is at most MAX_CLIENT_FRAME long, which the socket itself makes sure of.
        frame.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(0).to_be_bytes());
        frame.extend_from_slice(&bytes);
        // A worker stream keeps what it cannot send at once until it is flushed.
        if node.write_all(&frame).await.is_err() || node.flush().await.is_err() {
            return End::NodeLeft;
        }
        // A paste may have made it large, and most terminals are idle most of the time.
        if frame.capacity() > NODE_BUFFER {
            frame = Vec::new();
        }
    }
    End::ClientLeft
}

fn end_of(error: &axum::Error) -> End {
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if text.starts_with("Space limit exceeded") { End::TooLong } else { End::ClientLeft }
}

/// From the node to the client, and pings.
async fn downward(sink: &mut SplitSink<WebSocket, Message>, node: impl AsyncRead + Unpin) -> End {
    let mut node = BufReader::with_capacity(NODE_BUFFER, node);
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reading = Reading::default();
    loop {
        let frame = tokio::select! {
            frame = reading.next(&mut node) => match frame {
                Ok(Some(frame)) => frame,
                Ok(None) => return End::NodeLeft,
                Err(Nonsense) => return End::NodeBroke,
            },
            _ = ping.tick() => {
                if sink.send(Message::Ping(Bytes::new())).await.is_err() {
                    return End::ClientLeft;
                }
                continue;
            }
        };
        // Nothing follows it.
        let is_last = matches!(NodeFrame::decode(&frame), Ok(NodeFrame::Exit(_)));
        if sink.send(Message::Binary(frame)).await.is_err() {
            return End::ClientLeft;
        }
        if is_last {
            return End::NodeLeft;
        }
    }
}

async fn silence(heard: &Heard) {
    loop {
        let until = heard.last() + SILENCE;
        if until <= Instant::now() {
            return;
        }
        tokio::time::sleep_until(until).await;
    }
}

/// When the client was last heard of. Only this task uses it; atomic because tasks move between threads.
#[derive(Debug)]
struct Heard {
    begun: Instant,
    milliseconds: AtomicU64,
}

impl Heard {
    fn now() -> Self {
        Self { begun: Instant::now(), milliseconds: AtomicU64::new(0) }
    }

    fn again(&self) {
        let passed = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.milliseconds.store(passed, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.begun + Duration::from_millis(self.milliseconds.load(Ordering::Relaxed))
    }
}

/// The node's bytes are not our protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Nonsense;

/// One frame on its way in; kept between polls, so that a ping between two halves of a frame loses nothing.
#[derive(Debug, Default)]
struct Reading {
    head: [u8; 4],
    head_filled: usize,
    frame: BytesMut,
}

impl Reading {
    /// The next frame; `None` at the end of the stream. Can be dropped and called again.
    async fn next(&mut self, node: &mut (impl AsyncRead + Unpin)) -> Result<Option<Bytes>, Nonsense> {
        while self.head_filled < self.head.len() {
            match node.read(&mut self.head[self.head_filled..]).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(read) => self.head_filled += read,
            }
        }
        let length = u32::from_be_bytes(self.head) as usize;
        if length > MAX_NODE_FRAME {
            return Err(Nonsense);
        }
        self.frame.reserve(length - self.frame.len());
        while self.frame.len() < length {
            let mut rest = (&mut *node).take((length - self.frame.len()) as u64);
            match rest.read_buf(&mut self.frame).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
        self.head_filled = 0;
        let frame = std::mem::take(&mut self.frame).freeze();
        NodeFrame::decode(&frame).map_err(|_| Nonsense)?;
        Ok(Some(frame))
    }
}

/// Says why, if the other side still listens, and goes.
pub(crate) async fn say_farewell(socket: &mut WebSocket, end: End) {
    if let Some((code, reason)) = end.close() {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
    }
    // Until the client's close frame (ours answers it) or its end: then nothing of ours is lost on the way.
    while let Some(Ok(_)) = socket.recv().await {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(frame: NodeFrame<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        [&u32::try_from(bytes.len()).expect("a short frame").to_be_bytes()[..], &bytes].concat()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_is_given_up_25_seconds_after_it_was_last_heard() {
        let heard = Heard::now();
        let begun = Instant::now();
        let waiting = silence(&heard);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        tokio::time::advance(Duration::from_secs(20)).await;
        heard.again();
        waiting.await;
        assert_eq!(begun.elapsed().as_secs(), 45);
    }

    #[tokio::test]
    async fn a_frame_that_comes_in_pieces_is_put_together_even_when_reading_is_interrupted() {
        let (mut node, ours) = tokio::io::duplex(64);
        let mut ours = BufReader::new(ours);
        let mut reading = Reading::default();
        let bytes = frame(NodeFrame::Output { offset: 7, bytes: b"hello" });
        for byte in &bytes[..bytes.len() - 1] {
            node.write_all(&[*byte]).await.expect("room");
            assert!(futures::poll!(std::pin::pin!(reading.next(&mut ours))).is_pending());
        }
        node.write_all(&bytes[bytes.len() - 1..]).await.expect("room");
        let read = reading.next(&mut ours).await.expect("a good frame").expect("not the end");
        assert_eq!(NodeFrame::decode(&read), Ok(NodeFrame::Output { offset: 7, bytes: b"hello" }));
    }

    #[tokio::test]
    async fn a_node_that_sends_nonsense_is_noticed_before_memory_is_spent() {
        for bytes in [&[0xff, 0xff, 0xff, 0xff][..], &[0, 0, 0, 0], &[0, 0, 0, 1, 0x7f], &[0, 0, 0, 2, 0x86, 0]] {
            let mut reading = Reading::default();
            assert_eq!(reading.next(&mut &*bytes).await, Err(Nonsense), "{bytes:?}");
            assert!(reading.frame.capacity() < 1024);
        }
    }

    #[tokio::test]
    async fn a_stream_that_ends_inside_a_frame_has_ended() {
        let bytes = frame(NodeFrame::Pong { nonce: 1 });
        assert_eq!(Reading::default().next(&mut &bytes[..5]).await, Ok(None));
    }
}
