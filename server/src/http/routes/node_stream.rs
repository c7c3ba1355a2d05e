//! A WebSocket into a node: how it begins, what ends it, and that its end is said. Knows no address and no use-case; what goes
//! over it is relayed in `relay`.

use std::time::Duration;

use axum::{
    extract::{
        FromRequestParts, Request, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    response::Response,
};
use control::ports::node::Duplex;
use futures::stream::{SplitSink, SplitStream};
use tracing::{Instrument, Span};
use wire::{exec, port, problem::Code, terminal, udp};

use crate::{
    http::{
        error::Failure,
        relay::{self, End},
        revocation::Watch,
    },
    state::AppState,
};

/// How long a close frame may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is spoken over a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    Terminal,
    Port,
    Udp,
    Exec,
}

impl Speech {
    const fn subprotocol(self) -> &'static str {
        match self {
            Self::Terminal => terminal::SUBPROTOCOL,
            Self::Port => port::SUBPROTOCOL,
            Self::Udp => udp::SUBPROTOCOL,
            Self::Exec => exec::SUBPROTOCOL,
        }
    }

    /// Small, because there is one per stream; a large message grows it while it lasts. It is also what is read at once, and a
    /// copy that is read in small pieces is mostly system calls.
    const fn read_buffer(self) -> usize {
        match self {
            Self::Terminal | Self::Udp => 4 * 1024,
            Self::Port | Self::Exec => 16 * 1024,
        }
    }

    const fn longest_message(self) -> usize {
        match self {
            Self::Terminal => terminal::MAX_CLIENT_FRAME,
            Self::Port => port::MAX_MESSAGE,
            Self::Udp => udp::MAX_DATAGRAM,
            // Frames are shorter than that, which is looked at when they are read.
            Self::Exec => exec::MAX_ORDER,
        }
    }
}

/// The upgrade, when the client speaks our protocol.
pub(super) async fn upgrade(request: Request, speech: Speech) -> Result<WebSocketUpgrade, Failure> {
    let (mut parts, _) = request.into_parts();
    let subprotocol = speech.subprotocol();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|_| {
        Failure::new(
            Code::Malformed,
            format!("This address is a WebSocket; connect with the subprotocol {subprotocol}."),
        )
    })?;
    let upgrade = upgrade.protocols([subprotocol]);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("Connect with the WebSocket subprotocol {subprotocol}.");
        return Err(Failure::new(Code::Malformed, detail));
    }
    Ok(upgrade
        .read_buffer_size(speech.read_buffer())
        // Every message leaves at once; backpressure comes from waiting for the flush.
        .write_buffer_size(0)
        .max_message_size(speech.longest_message())
        .max_frame_size(speech.longest_message()))
}

/// What it leads to.
pub(super) enum Talk {
    Terminal(Box<dyn Duplex>),
    Port(Box<dyn Duplex>),
    Udp(Box<dyn Duplex>),
    Exec(relay::exec::Start),
}

/// What a stream is made of; `held` is kept until its end.
pub(super) struct NodeStream<T> {
    pub(super) talk: Talk,
    pub(super) state: AppState,
    pub(super) watch: Watch,
    pub(super) held: T,
}

impl<T: Send + 'static> NodeStream<T> {
    /// Answers the upgrade; the stream lives in a task of its own.
    pub(super) fn begin(self, upgrade: WebSocketUpgrade, span: Span) -> Response {
        upgrade.on_upgrade(move |socket| {
            // The end waits for the farewell.
            let guard = self.state.shutdown.guard();
            async move {
                let Self { talk, state, watch, held } = self;
                serve(socket, talk, &state, &watch).await;
                drop((guard, held));
            }
            .instrument(span)
        })
    }
}

async fn serve(socket: WebSocket, talk: Talk, state: &AppState, watch: &Watch) {
    let open = metrics::gauge!("docklet_websockets");
    open.increment(1.0);
    let (mut socket, end) = {
        let (mut sink, mut source) = futures::StreamExt::split(socket);
        let end = tokio::select! {
            end = relayed(talk, &mut sink, &mut source, watch) => end,
            () = watch.revoked() => End::Revoked,
            () = state.shutdown.begun() => End::GoingAway,
        };
        // Both halves are of one socket.
        match sink.reunite(source) {
            Ok(socket) => (socket, end),
            Err(_) => return,
        }
    };
    tracing::debug!(?end, "the stream into a node ends");
    // A client that does not read has no claim on a farewell.
    let _ = tokio::time::timeout(FAREWELL, relay::say_farewell(&mut socket, end)).await;
    open.decrement(1.0);
}

async fn relayed(
    talk: Talk,
    sink: &mut SplitSink<WebSocket, Message>,
    source: &mut SplitStream<WebSocket>,
    watch: &Watch,
) -> End {
    match talk {
        Talk::Terminal(node) => relay::run(sink, source, node, || watch.used()).await,
        // Programs connect, too, and on their own: that is no sign of a person.
        Talk::Port(node) => relay::port::run(sink, source, node).await,
        Talk::Udp(node) => relay::udp::run(sink, source, node).await,
        Talk::Exec(start) => relay::exec::run(sink, source, start).await,
    }
}
