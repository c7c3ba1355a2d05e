//! `…/nodes/{node}/terminals`: list, open, close. The stream is in `terminal_stream`.

use axum::Json as Answer;
use http::{HeaderMap, StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::terminals::{OpenTerminal, Terminal};

use super::{location, terminal_stream};
use crate::{
    http::{
        error::Failure,
        identity::Caller,
        json::Json,
        path::{NodePath, TerminalPath},
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, open)).routes(routes!(terminal_stream::attach, close))
}

/// The terminals of a node, also those whose program has ended while they are looked at.
#[utoipa::path(get, path = "/vclusters/{id}/nodes/{node}/terminals", tag = "terminals",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0")),
    responses((status = 200, body = Vec<Terminal>)))]
async fn list(caller: Caller, path: NodePath) -> Result<Answer<Vec<Terminal>>, Failure> {
    Ok(Answer(caller.api.terminals(path.vcluster, path.node).await?))
}

/// Opens a terminal: a login shell, or the given program.
#[utoipa::path(post, path = "/vclusters/{id}/nodes/{node}/terminals", tag = "terminals",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0")), request_body = OpenTerminal,
    responses((status = 201, body = Terminal, headers(("Location" = String)))))]
async fn open(
    caller: Caller,
    path: NodePath,
    Json(open): Json<OpenTerminal>,
) -> Result<(StatusCode, HeaderMap, Answer<Terminal>), Failure> {
    let terminal = caller.api.open_terminal(path.vcluster, path.node, open).await?;
    let address = format!("/api/v1/vclusters/{}/nodes/{}/terminals/{}", path.vcluster, path.node, terminal.id);
    Ok((StatusCode::CREATED, location(&address), Answer(terminal)))
}

/// Hangs up: the program gets SIGHUP.
#[utoipa::path(delete, path = "/vclusters/{id}/nodes/{node}/terminals/{terminal}", tag = "terminals",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0"), ("terminal" = String, Path)),
    responses((status = 204)))]
async fn close(caller: Caller, path: TerminalPath) -> Result<StatusCode, Failure> {
    let NodePath { vcluster, node } = path.node;
    caller.api.close_terminal(vcluster, node, &path.terminal).await?;
    Ok(StatusCode::NO_CONTENT)
}
