//! `/vclusters/{id}/nodes`: more nodes, and one less.

use axum::extract::State;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::vcluster::{AddNodes, Vcluster};

use super::vclusters::{Accepted, accepted};
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
    OpenApiRouter::new().routes(routes!(add)).routes(routes!(remove))
}

/// Adds nodes to a running vcluster.
#[utoipa::path(post, path = "/vclusters/{id}/nodes", tag = "nodes", params(("id" = String, Path)), request_body = AddNodes,
    responses((status = 202, body = Vcluster)))]
async fn add(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
    Json(add): Json<AddNodes>,
) -> Result<Accepted, Failure> {
    let vcluster = state.control.vclusters.add_nodes(&caller.actor, id, add.count).await?;
    Ok(accepted(&vcluster, &caller.actor))
}

/// Removes one node with everything in it but the home.
#[utoipa::path(delete, path = "/vclusters/{id}/nodes/{node}", tag = "nodes",
    params(("id" = String, Path), ("node" = String, Path, example = "node-1")),
    responses((status = 202, body = Vcluster)))]
async fn remove(State(state): State<AppState>, caller: Caller, path: NodePath) -> Result<Accepted, Failure> {
    let vcluster = state.control.vclusters.remove_node(&caller.actor, path.vcluster, path.node).await?;
    Ok(accepted(&vcluster, &caller.actor))
}
