//! A terminal's stream: `GET …/terminals/{t}` as a WebSocket speaking `docklet.terminal.v1` (docs/TERMINAL.md).
//!
//! The node is attached to before the upgrade is answered, so everything that can go wrong is an ordinary problem.

use std::str::FromStr;

use axum::{
    extract::{Request, State},
    response::Response,
};
use control::{
    ports::node::{Attach, AttachFrom},
    terminals::parse_size,
};

use super::node_stream::{self, NodeStream, Speech, Talk};
use crate::{
    http::{
        error::Failure,
        identity::Caller,
        path::{NodePath, TerminalPath},
        query::{self, Query},
        shares::Share,
    },
    state::AppState,
};

/// Attaches to a terminal: a WebSocket with the subprotocol `docklet.terminal.v1`.
#[utoipa::path(get, path = "/vclusters/{id}/nodes/{node}/terminals/{terminal}", tag = "terminals",
    params(("id" = String, Path), ("node" = String, Path, example = "node-0"), ("terminal" = String, Path),
        ("client" = String, Query, pattern = "^[0-9a-fA-F]{32}$", description = "32 hexadecimal digits the viewer chose; the same over reconnects"),
        ("from" = Option<String>, Query, pattern = "^(?:snapshot|[0-9]{1,19})$", description = "`snapshot` (when absent), or the offset of the first byte not seen"),
        ("cols" = Option<i64>, Query, minimum = 1, maximum = 1000), ("rows" = Option<i64>, Query, minimum = 1, maximum = 500)),
    responses((status = 101, description = "switches to the WebSocket")))]
pub(super) async fn attach(
    State(state): State<AppState>,
    caller: Caller,
    path: TerminalPath,
    query: Query,
    request: Request,
) -> Result<Response, Failure> {
    let of_client = request.extensions().get::<Option<Share>>().cloned();
    let upgrade = node_stream::upgrade(request, Speech::Terminal).await?;
    let attach = order(&path, &query)?;
    let actor = caller.api.actor();
    let shares = (of_client, state.stream_of(actor.user).await?, state.terminal_of(actor.user).await?);
    let NodePath { vcluster, node } = path.node;
    let stream = state.control.terminals.attach(actor, vcluster, node, &attach).await?;
    let span = tracing::info_span!("terminal", %vcluster, %node, terminal = %attach.terminal, user = %actor.name);
    let watch = state.revocations.watch(caller.credential);
    let stream = NodeStream { talk: Talk::Terminal(stream), state, watch, held: shares };
    Ok(stream.begin(upgrade, span))
}

fn order(path: &TerminalPath, query: &Query) -> Result<Attach, Failure> {
    let terminal = path.terminal.parse().map_err(|_| control::Error::NotFound("terminal"))?;
    let viewer =
        query.text("client").and_then(viewer).ok_or_else(|| query::fault("client", "must be 32 hexadecimal digits"))?;
    let From(from) = query.value("from", "must be `snapshot` or a byte offset")?.unwrap_or(From(AttachFrom::Snapshot));
    const RULE: &str = "must be a whole number";
    let size = parse_size(query.value("cols", RULE)?, query.value("rows", RULE)?)?;
    Ok(Attach { terminal, viewer, from, size })
}

fn viewer(text: &str) -> Option<[u8; 16]> {
    let all_digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_digits.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(u128::to_be_bytes)
}

struct From(AttachFrom);

impl FromStr for From {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "snapshot" => Ok(Self(AttachFrom::Snapshot)),
            offset => offset.parse().map(|offset| Self(AttachFrom::Offset(offset))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_is_32_hexadecimal_digits() {
        assert_eq!(
            viewer("000102030405060708090a0b0c0d0e0f"),
            Some([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        );
        for text in [
            "",
            "+0102030405060708090a0b0c0d0e0f0",
            "000102030405060708090a0b0c0d0e0",
            "zz0102030405060708090a0b0c0d0e0f",
        ] {
            assert_eq!(viewer(text), None, "{text}");
        }
    }
}
