//! `/vclusters/{id}/nodes`: more nodes, and one less. What goes through a node's port is in `port_stream`,
//! commands in `exec_stream`.

use utoipa_axum::{router::OpenApiRouter, routes};
use wire::vcluster::{AddNodes, Vcluster};

use super::{
    exec_stream, port_stream,
    vclusters::{Accepted, accepted},
};
use crate::{
    http::{
        error::Failure,
        identity::Caller,
        json::Json,
        path::{NodePath, VclusterPath},
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(add))
        .routes(routes!(remove))
        .routes(routes!(port_stream::connect))
        .routes(routes!(exec_stream::exec))
}

/// Adds nodes to a running vcluster.
#[utoipa::path(post, path = "/vclusters/{id}/nodes", tag = "nodes", params(("id" = String, Path)), request_body = AddNodes,
    responses((status = 202, body = Vcluster)))]
async fn add(caller: Caller, VclusterPath(id): VclusterPath, Json(add): Json<AddNodes>) -> Result<Accepted, Failure> {
    Ok(accepted(caller.api.add_nodes(id, add.count).await?))
}

/// Removes one node with everything in it but the home.
#[utoipa::path(delete, path = "/vclusters/{id}/nodes/{node}", tag = "nodes",
    params(("id" = String, Path), ("node" = String, Path, example = "node-1")),
    responses((status = 202, body = Vcluster)))]
async fn remove(caller: Caller, path: NodePath) -> Result<Accepted, Failure> {
    Ok(accepted(caller.api.remove_node(path.vcluster, path.node).await?))
}
