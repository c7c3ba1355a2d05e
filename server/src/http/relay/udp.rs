//! Moves datagrams between a WebSocket and a UDP port of a node, as `docklet.udp.v1` says (crates/wire/src/udp.rs). What a
//! client does not read in time is lost in the node's kernel: nothing is queued here.

use axum::extract::ws::{Message, WebSocket};
use control::ports::node::Duplex;
use futures::stream::{SplitSink, SplitStream};
use wire::udp::MAX_DATAGRAM;

use super::{End, Frames, downward, framed_upward};

const DATAGRAMS: Frames = Frames {
    longest: MAX_DATAGRAM,
    is_last: |_| Some(false),
    // Behind a whole datagram the node has stopped; otherwise the way to it broke.
    ended: End::NodeLeft,
    cut_off: End::BrokenOff,
};

/// Relays until one side is gone or the client breaks the rules.
pub(crate) async fn run(
    sink: &mut SplitSink<WebSocket, Message>,
    source: &mut SplitStream<WebSocket>,
    node: Box<dyn Duplex>,
) -> End {
    let (from_node, to_node) = tokio::io::split(node);
    tokio::select! {
        // The WebSocket has no longer messages.
        end = framed_upward(source, to_node, |_| true) => end,
        end = downward(sink, from_node, DATAGRAMS) => end,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind};

    use bytes::Bytes;
    use futures::{StreamExt as _, channel::mpsc, stream};
    use tokio::io::{AsyncReadExt as _, duplex, split};
    use tokio_util::io::StreamReader;

    use super::*;

    #[tokio::test]
    async fn a_message_is_a_datagram_and_a_datagram_a_message_empty_ones_too() {
        let datagrams: [&'static [u8]; 3] = [b"", b"x", b"yz"];
        let framed = [0, 0, 0, 0, 0, 0, 0, 1, b'x', 0, 0, 0, 2, b'y', b'z'];
        let (ours, mut theirs) = duplex(1024);
        let messages = datagrams.map(|bytes| Ok(Message::Binary(Bytes::from_static(bytes))));
        assert_eq!(framed_upward(&mut stream::iter(messages), split(ours).1, |_| true).await, End::ClientLeft);
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).await.expect("memory");
        assert_eq!(got, framed);

        let (mut sink, messages) = mpsc::unbounded();
        assert_eq!(downward(&mut sink, &framed[..], DATAGRAMS).await, End::NodeLeft);
        drop(sink);
        let told: Vec<Bytes> = messages.map(Message::into_data).collect().await;
        assert_eq!(told, datagrams);
    }

    #[tokio::test]
    async fn a_stream_that_fails_is_not_a_node_that_has_stopped() {
        let datagram = || Ok(Bytes::from_static(&[0, 0, 0, 1, b'x']));
        let fails = vec![datagram(), Err(io::Error::from(ErrorKind::UnexpectedEof))];
        let within = vec![datagram(), Ok(Bytes::from_static(&[0, 0]))];
        for (read, end) in [(fails, End::BrokenOff), (within, End::BrokenOff), (vec![datagram()], End::NodeLeft)] {
            let (mut sink, _messages) = mpsc::unbounded::<Message>();
            assert_eq!(downward(&mut sink, StreamReader::new(stream::iter(read)), DATAGRAMS).await, end);
        }
    }
}
