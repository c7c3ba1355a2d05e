//! A command in a node: `GET …/exec` as a WebSocket speaking `docklet.exec.v1` (crates/wire/src/exec.rs).
//!
//! The command is no part of the address, which is written into logs: it comes as the first message. What can be refused without
//! it is an ordinary problem before the upgrade.

use axum::{
    extract::{Request, State},
    response::Response,
};

use super::node_stream::{self, NodeStream, Speech, Talk};
use crate::{
    http::{error::Failure, identity::Caller, path::NodePath, relay::exec::Start, shares::Share},
    state::AppState,
};

/// Runs the command of the first message, `{"command": […]}`: a WebSocket with the subprotocol `docklet.exec.v1`.
#[utoipa::path(get, path = "/vclusters/{id}/nodes/{node}/exec", tag = "nodes",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0")),
    responses((status = 101, description = "switches to the WebSocket")))]
pub(super) async fn exec(
    State(state): State<AppState>,
    caller: Caller,
    path: NodePath,
    request: Request,
) -> Result<Response, Failure> {
    let of_client = request.extensions().get::<Option<Share>>().cloned();
    let upgrade = node_stream::upgrade(request, Speech::Exec).await?;
    let actor = caller.api.actor().clone();
    let shares = (of_client, state.stream_of(actor.user).await?);
    let NodePath { vcluster, node } = path;
    state.control.nodes.check(&actor, vcluster, node).await?;
    let span = tracing::info_span!("exec", %vcluster, %node, user = %actor.name);
    let watch = state.revocations.watch(caller.credential);
    let nodes = state.control.nodes.clone();
    let start: Start = Box::new(move |command| {
        Box::pin(async move { nodes.exec(&actor, vcluster, node, command).await.map_err(Failure::from) })
    });
    let stream = NodeStream { talk: Talk::Exec(start), state, watch, held: shares };
    Ok(stream.begin(upgrade, span))
}
