//! Moves terminal frames between a WebSocket and a node, in one task per connection. Knows no HTTP and no user.
//!
//! Neither side is trusted: every frame is decoded before it is passed on. Nothing is queued: what cannot be written is not
//! read either, so a client that never reads and a node that never reads cost one frame each. A command's frames are
//! moved in `exec`, datagrams in `udp`; what goes to and from a TCP port of the node, which has no frames, in `port`.

pub(crate) mod exec;
pub(crate) mod port;
pub(crate) mod udp;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::{Bytes, BytesMut};
use control::ports::node::Duplex;
use futures::{Sink, SinkExt, Stream, StreamExt, stream::SplitSink, stream::SplitStream};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    time::{Instant, MissedTickBehavior, timeout},
};
use wire::{
    framing,
    port::PING_SECONDS,
    terminal::{ClientFrame, MAX_NODE_FRAME, NodeFrame},
};

/// How often the client is asked whether it is there, …
const PING: Duration = Duration::from_secs(PING_SECONDS);
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
    /// The client sent a message that is longer than any may be.
    TooLong,
    /// The node ended the stream: the terminal or both sides of a connection have ended, or the node is stopped.
    NodeLeft,
    /// The node sent something that is not the protocol.
    NodeBroke,
    /// The connection to the node broke before both sides had said that they send no more, or before a command's end was told.
    BrokenOff,
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
            Self::BrokenOff => Some((4503, "the connection to the node broke off")),
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
        end = terminal_upward(source, to_node, &heard, typed) => end,
        end = downward(sink, from_node, TERMINAL) => end,
        () = silence(&heard) => End::ClientSilent,
    }
}

/// From the client to the node.
async fn terminal_upward(
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
        if !pass(&mut node, &bytes, &mut frame).await {
            return End::NodeLeft;
        }
    }
    End::ClientLeft
}

/// A client that is not read from, because the node takes no more for now, is not silent.
async fn heard(source: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin)) -> Result<Message, End> {
    match timeout(SILENCE, source.next()).await {
        Ok(Some(Ok(message))) => Ok(message),
        Ok(Some(Err(error))) => Err(end_of(&error)),
        Ok(None) => Err(End::ClientLeft),
        Err(_) => Err(End::ClientSilent),
    }
}

/// From the client to the node. That the node takes no more is no end: how it ended comes down.
async fn framed_upward(
    source: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    mut node: impl AsyncWrite + Unpin,
    is_frame: fn(&[u8]) -> bool,
) -> End {
    let (mut frame, mut takes_more) = (Vec::new(), true);
    loop {
        let bytes = match heard(source).await {
            Ok(Message::Binary(bytes)) => bytes,
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Ok(Message::Text(_)) => return End::ClientBroke("a text message is not a frame"),
            Ok(Message::Close(_)) => return End::ClientLeft,
            Err(end) => return end,
        };
        if !is_frame(&bytes) {
            return End::ClientBroke("not a frame of this protocol");
        }
        takes_more = takes_more && pass(&mut node, &bytes, &mut frame).await;
    }
}

/// Writes a client's frame to the node, put together in `frame`. Whether the node has taken it.
async fn pass(node: &mut (impl AsyncWrite + Unpin), bytes: &[u8], frame: &mut Vec<u8>) -> bool {
    frame.clear();
    framing::put(frame, |out| out.extend_from_slice(bytes));
    // A worker stream keeps what it cannot send at once until it is flushed.
    let taken = node.write_all(frame).await.is_ok() && node.flush().await.is_ok();
    // A paste may have made it large, and most streams are idle most of the time.
    if frame.capacity() > NODE_BUFFER {
        *frame = Vec::new();
    }
    taken
}

fn end_of(error: &axum::Error) -> End {
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if text.starts_with("Space limit exceeded") { End::TooLong } else { End::ClientLeft }
}

/// From the node to the client, and pings.
async fn downward(sink: &mut (impl Sink<Message> + Unpin), node: impl AsyncRead + Unpin, frames: Frames) -> End {
    let mut node = BufReader::with_capacity(NODE_BUFFER, node);
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reading = Reading::default();
    loop {
        let (message, is_last) = tokio::select! {
            frame = reading.next(&mut node, frames) => match frame {
                Ok(Some((frame, is_last))) => (Message::Binary(frame), is_last),
                Ok(None) => return frames.ended,
                Err(Fault::CutOff) => return frames.cut_off,
                Err(Fault::Nonsense) => return End::NodeBroke,
            },
            _ = ping.tick() => (Message::Ping(Bytes::new()), false),
        };
        if sink.send(message).await.is_err() {
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

/// Why there is no next frame, and no orderly end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The node's bytes are not our protocol.
    Nonsense,
    /// Reading failed, or there is no more of the frame.
    CutOff,
}

/// What a node's frames may be.
#[derive(Debug, Clone, Copy)]
struct Frames {
    longest: usize,
    /// Whether a frame is the last one; `None` for what is no frame of a node.
    is_last: fn(&[u8]) -> Option<bool>,
    /// What a stream has come to that ends behind a frame that is not the last one, …
    ended: End,
    /// … and one that fails, or ends within a frame.
    cut_off: End,
}

const TERMINAL: Frames = Frames {
    longest: MAX_NODE_FRAME,
    is_last: |bytes| NodeFrame::decode(bytes).ok().map(|frame| matches!(frame, NodeFrame::Exit(_))),
    ended: End::NodeLeft,
    cut_off: End::NodeLeft,
};

/// One frame on its way in; kept between polls, so that a ping between two halves of a frame loses nothing.
#[derive(Debug, Default)]
struct Reading {
    head: [u8; 4],
    head_filled: usize,
    frame: BytesMut,
}

impl Reading {
    /// The next frame, and whether it is the last; `None` at the end of the stream. Can be dropped and called again.
    async fn next(
        &mut self,
        node: &mut (impl AsyncRead + Unpin),
        frames: Frames,
    ) -> Result<Option<(Bytes, bool)>, Fault> {
        while self.head_filled < self.head.len() {
            match node.read(&mut self.head[self.head_filled..]).await {
                Ok(0) if self.head_filled == 0 => return Ok(None),
                Ok(0) | Err(_) => return Err(Fault::CutOff),
                Ok(read) => self.head_filled += read,
            }
        }
        let length = u32::from_be_bytes(self.head) as usize;
        if length > frames.longest {
            return Err(Fault::Nonsense);
        }
        self.frame.reserve(length - self.frame.len());
        while self.frame.len() < length {
            let mut rest = (&mut *node).take((length - self.frame.len()) as u64);
            match rest.read_buf(&mut self.frame).await {
                Ok(0) | Err(_) => return Err(Fault::CutOff),
                Ok(_) => {}
            }
        }
        self.head_filled = 0;
        let frame = std::mem::take(&mut self.frame).freeze();
        let is_last = (frames.is_last)(&frame).ok_or(Fault::Nonsense)?;
        Ok(Some((frame, is_last)))
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
        framing::put(&mut bytes, |out| frame.encode(out));
        bytes
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
            assert!(futures::poll!(std::pin::pin!(reading.next(&mut ours, TERMINAL))).is_pending());
        }
        node.write_all(&bytes[bytes.len() - 1..]).await.expect("room");
        let (read, _) = reading.next(&mut ours, TERMINAL).await.expect("a good frame").expect("not the end");
        assert_eq!(NodeFrame::decode(&read), Ok(NodeFrame::Output { offset: 7, bytes: b"hello" }));
    }

    #[tokio::test]
    async fn a_node_that_sends_nonsense_is_noticed_before_memory_is_spent() {
        for bytes in [&[0xff, 0xff, 0xff, 0xff][..], &[0, 0, 0, 0], &[0, 0, 0, 1, 0x7f], &[0, 0, 0, 2, 0x86, 0]] {
            let mut reading = Reading::default();
            assert_eq!(reading.next(&mut &*bytes, TERMINAL).await, Err(Fault::Nonsense), "{bytes:?}");
            assert!(reading.frame.capacity() < 1024);
        }
    }

    #[tokio::test]
    async fn a_stream_that_ends_within_a_frame_is_cut_off() {
        let bytes = frame(NodeFrame::Pong { nonce: 1 });
        for (length, end) in [(0, Ok(None)), (2, Err(Fault::CutOff)), (5, Err(Fault::CutOff))] {
            assert_eq!(Reading::default().next(&mut &bytes[..length], TERMINAL).await, end);
        }
    }
}
