//! Moves the frames of one command between a WebSocket and a node, as `docklet.exec.v1` says (crates/wire/src/exec.rs). The
//! command comes with the first message and is started then. Each direction is waited for by itself, and nothing is queued.

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use control::ports::node::Duplex;
use futures::{
    Sink, SinkExt, Stream,
    future::BoxFuture,
    stream::{SplitSink, SplitStream},
};
use wire::{
    exec::{ClientFrame, ExecOrder, MAX_NODE_FRAME, NodeFrame},
    problem::Problem,
};

use super::{End, Frames, downward, framed_upward, heard};
use crate::http::{error::Failure, json};

const COMMAND: Frames = Frames {
    longest: MAX_NODE_FRAME,
    is_last: |bytes| match NodeFrame::decode(bytes) {
        // Refusals are ours to say: a node's would be its own words under our codes.
        Err(_) | Ok(NodeFrame::Error { .. }) => None,
        Ok(frame) => Some(frame.is_last()),
    },
    // How the command ended is not known.
    ended: End::BrokenOff,
    cut_off: End::BrokenOff,
};

/// Starts the command once it is known.
pub(crate) type Start = Box<dyn FnOnce(Vec<String>) -> BoxFuture<'static, Result<Box<dyn Duplex>, Failure>> + Send>;

/// Relays until the command has ended, one side is gone, or the client breaks the rules.
pub(crate) async fn run(
    sink: &mut SplitSink<WebSocket, Message>,
    source: &mut SplitStream<WebSocket>,
    start: Start,
) -> End {
    let order = match order(source).await {
        Ok(order) => order,
        Err(end) => return end,
    };
    let started = match json::parse::<ExecOrder>(order.as_bytes()) {
        Ok(order) => start(order.command).await,
        Err(failure) => Err(failure),
    };
    match started {
        Ok(node) => {
            let (from_node, to_node) = tokio::io::split(node);
            tokio::select! {
                end = framed_upward(source, to_node, is_command) => end,
                end = downward(sink, from_node, COMMAND) => end,
            }
        }
        Err(failure) => refuse(sink, &failure.0).await,
    }
}

/// The client's first message.
async fn order(source: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin)) -> Result<Utf8Bytes, End> {
    loop {
        match heard(source).await? {
            Message::Text(order) => return Ok(order),
            Message::Binary(_) => return Err(End::ClientBroke("the first message is a text, the command")),
            Message::Close(_) => return Err(End::ClientLeft),
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

/// What could not be known before the upgrade is said in a frame.
async fn refuse(sink: &mut (impl Sink<Message> + Unpin), problem: &Problem) -> End {
    let faults: Vec<String> = problem.violations.iter().map(ToString::to_string).collect();
    let message = if faults.is_empty() { problem.detail.clone() } else { faults.join("; ") };
    let mut frame = Vec::new();
    NodeFrame::Error { code: problem.code.as_str(), message: &message }.encode(&mut frame);
    match sink.send(Message::Binary(frame.into())).await {
        Ok(()) => End::NodeLeft,
        Err(_) => End::ClientLeft,
    }
}

fn is_command(bytes: &[u8]) -> bool {
    ClientFrame::decode(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::{StreamExt as _, channel::mpsc, stream};
    use tokio::{
        io::{AsyncReadExt as _, duplex, split},
        time::Instant,
    };
    use wire::{framing, problem::Code, terminal::Exit};

    use super::{super::SILENCE, *};

    type Heard = Result<Message, axum::Error>;

    fn client(frame: ClientFrame<'_>) -> Heard {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        Ok(Message::Binary(bytes.into()))
    }

    /// A node's frame behind its length.
    fn node(frame: NodeFrame<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        framing::put(&mut bytes, |out| frame.encode(out));
        bytes
    }

    /// What a client sends, and what comes of it: how the direction ended, and what the node got.
    async fn sent(messages: Vec<Heard>) -> (End, Vec<u8>) {
        let (ours, mut theirs) = duplex(1024);
        let end = framed_upward(&mut stream::iter(messages), split(ours).1, is_command).await;
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).await.expect("memory");
        (end, got)
    }

    #[tokio::test]
    async fn frames_reach_the_node_as_they_are_and_what_is_none_ends_the_stream() {
        let messages =
            vec![client(ClientFrame::Stdin(b"hi")), Ok(Message::Ping(Bytes::new())), client(ClientFrame::StdinEnd)];
        let got = [0, 0, 0, 3, 1, b'h', b'i', 0, 0, 0, 1, 2];
        assert_eq!(sent(messages).await, (End::ClientLeft, got.to_vec()));
        for broken in [Message::Text("ls".into()), Message::Binary(Bytes::new()), Message::Binary(vec![0x81, 1].into())]
        {
            assert!(matches!(sent(vec![Ok(broken)]).await.0, End::ClientBroke(_)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_takes_no_more_does_not_end_the_stream_and_a_silent_client_does() {
        let (ours, theirs) = duplex(1024);
        drop(theirs);
        let mut source =
            stream::iter([client(ClientFrame::Stdin(b"x")), client(ClientFrame::Stdin(b"y"))]).chain(stream::pending());
        let begun = Instant::now();
        assert_eq!(framed_upward(&mut source, split(ours).1, is_command).await, End::ClientSilent);
        assert_eq!(begun.elapsed().as_secs(), SILENCE.as_secs());
    }

    #[tokio::test]
    async fn the_stream_ends_with_the_commands_exit_and_with_what_is_no_frame() {
        let exit = node(NodeFrame::Exit(Exit::Code(3)));
        for (bytes, end, frames) in [
            ([node(NodeFrame::Stdout(b"out")), exit.clone(), exit].concat(), End::NodeLeft, 2),
            (node(NodeFrame::Stderr(b"err")), End::BrokenOff, 1),
            (vec![0, 0, 0, 1, 0x01], End::NodeBroke, 0),
            (vec![0xff; 4], End::NodeBroke, 0),
            (node(NodeFrame::Error { code: "not_found", message: "\x1b[2J" }), End::NodeBroke, 0),
        ] {
            let (mut sink, messages) = mpsc::unbounded();
            assert_eq!(downward(&mut sink, &*bytes, COMMAND).await, end);
            drop(sink);
            assert_eq!(messages.collect::<Vec<Message>>().await.len(), frames);
        }
    }

    #[tokio::test]
    async fn the_first_message_is_the_command() {
        let mut source = stream::iter([Ok(Message::Ping(Bytes::new())), Ok(Message::Text("{}".into()))]);
        assert_eq!(order(&mut source).await, Ok("{}".into()));
        assert!(matches!(order(&mut stream::iter([client(ClientFrame::StdinEnd)])).await, Err(End::ClientBroke(_))));
        assert_eq!(order(&mut stream::empty()).await, Err(End::ClientLeft));
    }

    #[tokio::test]
    async fn a_refusal_is_a_frame_that_names_what_is_wrong() {
        let (mut sink, messages) = mpsc::unbounded();
        let problem = Problem::new(Code::NoProgram, "The node has no program \"x\".");
        assert_eq!(refuse(&mut sink, &problem).await, End::NodeLeft);
        drop(sink);
        let told: Vec<Bytes> = messages.map(Message::into_data).collect().await;
        let frame = NodeFrame::decode(&told[0]).expect("a frame");
        assert_eq!(frame, NodeFrame::Error { code: "no_program", message: "The node has no program \"x\"." });
    }
}
