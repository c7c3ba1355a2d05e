//! `…/nodes/{node}/ssh`: which key may log in. The connection itself is a stream to port 22, in `port_stream`.

use axum::Json as Answer;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::ssh::{AuthorizeSshKey, SshAccess};

use crate::{
    http::{error::Failure, identity::Caller, json::Json, path::NodePath},
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(authorize))
}

/// Lets an SSH key log in: to this node, and to all of its owner's that share the home.
#[utoipa::path(post, path = "/vclusters/{id}/nodes/{node}/ssh", tag = "nodes",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0")), request_body = AuthorizeSshKey,
    responses((status = 200, body = SshAccess)))]
async fn authorize(
    caller: Caller,
    path: NodePath,
    Json(order): Json<AuthorizeSshKey>,
) -> Result<Answer<SshAccess>, Failure> {
    Ok(Answer(caller.api.authorize_ssh_key(path.vcluster, path.node, order).await?))
}
