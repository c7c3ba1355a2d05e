//! `…/nodes/{node}/terminals`: list, open, close. The stream is in `terminal_stream`.

use axum::{Json as Answer, extract::State};
use control::{ports::node::TerminalInfo, terminals::NewTerminal};
use domain::name::NodeName;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::terminals::{OpenTerminal, Terminal};

use super::terminal_stream;
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
async fn list(State(state): State<AppState>, caller: Caller, path: NodePath) -> Result<Answer<Vec<Terminal>>, Failure> {
    let terminals = state.control.terminals.list(&caller.actor, path.vcluster, path.node).await?;
    Ok(Answer(terminals.into_iter().map(|terminal| dto(terminal, path.node)).collect()))
}

/// Opens a terminal: a login shell, or the given program.
#[utoipa::path(post, path = "/vclusters/{id}/nodes/{node}/terminals", tag = "terminals",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0")), request_body = OpenTerminal,
    responses((status = 201, body = Terminal, headers(("Location" = String)))))]
async fn open(
    State(state): State<AppState>,
    caller: Caller,
    path: NodePath,
    Json(open): Json<OpenTerminal>,
) -> Result<(StatusCode, HeaderMap, Answer<Terminal>), Failure> {
    let new = NewTerminal { cols: open.cols, rows: open.rows, command: open.command };
    let terminal = state.control.terminals.open(&caller.actor, path.vcluster, path.node, new).await?;
    let address = format!("/api/v1/vclusters/{}/nodes/{}/terminals/{}", path.vcluster, path.node, terminal.id);
    let mut location = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&address) {
        location.insert(header::LOCATION, value);
    }
    Ok((StatusCode::CREATED, location, Answer(dto(terminal, path.node))))
}

/// Hangs up: the program gets SIGHUP.
#[utoipa::path(delete, path = "/vclusters/{id}/nodes/{node}/terminals/{terminal}", tag = "terminals",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0"), ("terminal" = String, Path)),
    responses((status = 204)))]
async fn close(State(state): State<AppState>, caller: Caller, path: TerminalPath) -> Result<StatusCode, Failure> {
    let NodePath { vcluster, node } = path.node;
    state.control.terminals.close(&caller.actor, vcluster, node, &path.terminal).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn dto(terminal: TerminalInfo, node: NodeName) -> Terminal {
    Terminal {
        id: terminal.id.to_string(),
        node: node.to_string(),
        title: terminal.title,
        cols: terminal.size.cols,
        rows: terminal.size.rows,
        created_at: terminal.created_at,
        viewers: terminal.viewers,
        end: terminal.end,
        exited: terminal.exited,
    }
}
