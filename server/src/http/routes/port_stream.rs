//! A node's port: `GET …/ports/{port}` as a WebSocket speaking `docklet.port.v1` (crates/wire/src/port.rs), or for UDP
//! `docklet.udp.v1` (crates/wire/src/udp.rs).
//!
//! A TCP port is connected to before the upgrade is answered, so that nothing listens there is an ordinary problem.

use std::str::FromStr;

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::node_stream::{self, NodeStream, Speech, Talk};
use crate::{
    http::{
        error::Failure,
        identity::Caller,
        path::{NodePath, PortPath},
        query::Query,
        shares::Share,
    },
    state::AppState,
};

/// Connects to a port of the node's loopback: a WebSocket with the subprotocol `docklet.port.v1`, or for UDP `docklet.udp.v1`.
#[utoipa::path(get, path = "/vclusters/{id}/nodes/{node}/ports/{port}", tag = "nodes",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0"), ("port" = u16, Path),
        ("protocol" = Option<String>, Query, pattern = "^(?:tcp|udp)$", description = "`tcp` (when absent), or `udp`: each message is a datagram of at most 65,507 bytes, and that nobody listens is no error")),
    responses((status = 101, description = "switches to the WebSocket")))]
pub(super) async fn connect(
    State(state): State<AppState>,
    caller: Caller,
    path: PortPath,
    query: Query,
    request: Request,
) -> Result<Response, Failure> {
    let of_client = request.extensions().get::<Option<Share>>().cloned();
    let protocol = query.value("protocol", "must be `tcp` or `udp`")?.unwrap_or(Protocol::Tcp);
    let upgrade = node_stream::upgrade(request, protocol.speech()).await?;
    let actor = caller.api.actor();
    let shares = (of_client, state.stream_of(actor.user).await?);
    let PortPath { node: NodePath { vcluster, node }, port } = path;
    let nodes = &state.control.nodes;
    let talk = match protocol {
        Protocol::Tcp => Talk::Port(nodes.dial(actor, vcluster, node, port).await?),
        Protocol::Udp => Talk::Udp(nodes.dial_udp(actor, vcluster, node, port).await?),
    };
    let span = tracing::info_span!("port", ?protocol, %vcluster, %node, port, user = %actor.name);
    let watch = state.revocations.watch(caller.credential);
    let stream = NodeStream { talk, state, watch, held: shares };
    Ok(stream.begin(upgrade, span))
}

#[derive(Debug, Clone, Copy)]
enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    const fn speech(self) -> Speech {
        match self {
            Self::Tcp => Speech::Port,
            Self::Udp => Speech::Udp,
        }
    }
}

impl FromStr for Protocol {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            _ => Err(()),
        }
    }
}
