//! Moves the bytes of one TCP connection between a WebSocket and a port of a node, as `docklet.port.v1` says
//! (crates/wire/src/port.rs). Each direction ends on its own. Nothing is queued: a message is written before the next is read.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use control::ports::node::Duplex;
use futures::{
    Sink, SinkExt, Stream,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::{Instant, MissedTickBehavior},
};
use wire::port::MAX_MESSAGE;

use super::{End, PING, heard};

/// What is read of a node at once; there is one per connection.
const CHUNK: usize = 16 * 1024;
const _: () = assert!(CHUNK <= MAX_MESSAGE);

/// Relays until both sides have said that they send no more, one of them is gone, or the client breaks the rules.
pub(crate) async fn run(
    sink: &mut SplitSink<WebSocket, Message>,
    source: &mut SplitStream<WebSocket>,
    node: Box<dyn Duplex>,
) -> End {
    let (from_node, to_node) = tokio::io::split(node);
    let one_ended = OneEnded::default();
    tokio::select! {
        end = upward(source, to_node, &one_ended) => end,
        end = downward(sink, from_node, &one_ended) => end,
    }
}

/// Whether one direction has ended. Only one task uses it; atomic because tasks move between threads.
#[derive(Debug, Default)]
struct OneEnded(AtomicBool);

impl OneEnded {
    /// A direction ends; whether it was the last one.
    fn end(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }
}

/// From the client to the node.
async fn upward(
    source: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin),
    mut node: impl AsyncWrite + Unpin,
    one_ended: &OneEnded,
) -> End {
    let (mut said_all, mut takes_more) = (false, true);
    loop {
        let bytes = match heard(source).await {
            Ok(Message::Binary(bytes)) => bytes,
            Ok(Message::Ping(_) | Message::Pong(_)) => continue,
            Ok(Message::Text(_)) => return End::ClientBroke("a text message is not of a connection"),
            Ok(Message::Close(_)) => return End::ClientLeft,
            Err(end) => return end,
        };
        if said_all {
            return End::ClientBroke("a message behind the last one");
        }
        said_all = bytes.is_empty();
        if !takes_more {
            continue;
        }
        // What the node has sent before it went may still be on its way down, and that direction says when it is over.
        takes_more = !said_all && pass(&mut node, &bytes).await;
        if !takes_more {
            if said_all && node.shutdown().await.is_err() {
                return End::BrokenOff;
            }
            if one_ended.end() {
                return if said_all { End::NodeLeft } else { End::BrokenOff };
            }
        }
    }
}

/// Whether the node has taken it.
async fn pass(node: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    // A worker stream keeps what it cannot send at once until it is flushed.
    node.write_all(bytes).await.is_ok() && node.flush().await.is_ok()
}

/// From the node to the client, and pings.
async fn downward(
    sink: &mut (impl Sink<Message> + Unpin),
    mut node: impl AsyncRead + Unpin,
    one_ended: &OneEnded,
) -> End {
    let mut ping = tokio::time::interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut chunk, mut sends_more) = (vec![0; CHUNK], true);
    loop {
        let message = tokio::select! {
            read = node.read(&mut chunk), if sends_more => match read {
                Ok(count) => {
                    sends_more = count > 0;
                    Message::Binary(Bytes::copy_from_slice(&chunk[..count]))
                }
                // Not its last word: what it had to say is not complete.
                Err(_) => return End::BrokenOff,
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        let is_last = matches!(&message, Message::Binary(bytes) if bytes.is_empty());
        if sink.send(message).await.is_err() {
            return End::ClientLeft;
        }
        if is_last && one_ended.end() {
            return End::NodeLeft;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, channel::mpsc, stream};
    use tokio::{
        io::{DuplexStream, duplex, split},
        time::timeout,
    };

    use super::{super::SILENCE, *};

    fn binary(bytes: &'static [u8]) -> Result<Message, axum::Error> {
        Ok(Message::Binary(Bytes::from_static(bytes)))
    }

    /// What a client sends, and what comes of it: how the direction ended, and what the node got.
    async fn sent(messages: Vec<Result<Message, axum::Error>>, one_ended: &OneEnded) -> (End, Vec<u8>) {
        let (ours, mut theirs) = duplex(1024);
        let (_, to_node) = split(ours);
        let end = upward(&mut stream::iter(messages), to_node, one_ended).await;
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).await.expect("memory");
        (end, got)
    }

    fn connection() -> (DuplexStream, tokio::io::ReadHalf<DuplexStream>) {
        let (theirs, ours) = duplex(1024);
        (theirs, split(ours).0)
    }

    #[tokio::test]
    async fn what_a_client_sends_reaches_the_node_in_order_up_to_its_last_word() {
        let one_ended = OneEnded::default();
        let messages = vec![binary(b"he"), Ok(Message::Ping(Bytes::new())), binary(b"llo"), binary(b"")];
        assert_eq!(sent(messages, &one_ended).await, (End::ClientLeft, b"hello".to_vec()));
        assert!(one_ended.end(), "that direction has ended, and the other one had not");
    }

    #[tokio::test]
    async fn what_is_no_message_of_a_connection_ends_it() {
        let broke = |end| matches!(end, End::ClientBroke(_));
        assert!(broke(sent(vec![Ok(Message::Text("ls".into()))], &OneEnded::default()).await.0));
        assert!(broke(sent(vec![binary(b""), binary(b"more")], &OneEnded::default()).await.0));
        assert!(broke(sent(vec![binary(b""), binary(b"")], &OneEnded::default()).await.0));
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_second_direction_whichever_it_is() {
        let one_ended = OneEnded::default();
        one_ended.end();
        assert_eq!(sent(vec![binary(b"x"), binary(b"")], &one_ended).await, (End::NodeLeft, b"x".to_vec()));
        let (mut node, from_node) = connection();
        node.write_all(b"bye").await.expect("room");
        drop(node);
        let (mut sink, messages) = mpsc::unbounded();
        assert_eq!(downward(&mut sink, from_node, &one_ended).await, End::NodeLeft);
        drop(sink);
        let told: Vec<Bytes> = messages.map(Message::into_data).collect().await;
        assert_eq!(told, [&b"bye"[..], b""]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_given_up_and_one_the_node_does_not_read_from_is_not() {
        let (ours, _theirs) = duplex(1024);
        let begun = Instant::now();
        let (_, to_node) = split(ours);
        assert_eq!(upward(&mut stream::pending(), to_node, &OneEnded::default()).await, End::ClientSilent);
        assert_eq!(begun.elapsed().as_secs(), SILENCE.as_secs());
        let (ours, _theirs) = duplex(1);
        let (_, to_node) = split(ours);
        let mut source = stream::iter([binary(b"more than there is room for")]).chain(stream::pending());
        let one_ended = OneEnded::default();
        let stuck = upward(&mut source, to_node, &one_ended);
        assert!(timeout(10 * SILENCE, stuck).await.is_err(), "it waits for the node");
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_has_said_its_last_word_is_listened_for_no_more_and_the_client_is_still_asked() {
        let (node, from_node) = connection();
        drop(node);
        let (mut sink, messages) = mpsc::unbounded();
        let one_ended = OneEnded::default();
        assert!(timeout(PING * 2 + PING / 2, downward(&mut sink, from_node, &one_ended)).await.is_err());
        drop(sink);
        let told: Vec<Message> = messages.collect().await;
        assert_eq!(told, [Message::Binary(Bytes::new()), Message::Ping(Bytes::new()), Message::Ping(Bytes::new())]);
    }
}
