//! A terminal's stream: `GET …/terminals/{t}` as a WebSocket speaking `docklet.terminal.v1` (docs/TERMINAL.md).
//!
//! The node is attached to before the upgrade is answered, so everything that can go wrong is an ordinary problem.

use std::{str::FromStr, time::Duration};

use axum::{
    extract::{FromRequestParts, Request, State, WebSocketUpgrade, ws::WebSocket},
    response::Response,
};
use control::{
    ports::node::{Attach, AttachFrom, Duplex, TerminalId},
    terminals::parse_size,
};
use tracing::Instrument;
use wire::{
    problem::Code,
    terminal::{MAX_CLIENT_FRAME, SUBPROTOCOL},
};

use crate::{
    http::{
        error::Failure,
        identity::Caller,
        path::{NodePath, TerminalPath},
        query::{self, Query},
        relay::{self, End},
        revocation::Watch,
        shares::Share,
    },
    state::AppState,
};

/// Small, because there is one per terminal that is looked at; a large message grows it while it lasts.
const READ_BUFFER: usize = 4 * 1024;
/// How long a close frame may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);

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
    let upgrade = upgrade(request).await?;
    let attach = order(&path, &query)?;
    let user = caller.actor.user;
    let shares = (of_client, state.stream_of(user).await?, state.terminal_of(user).await?);
    let NodePath { vcluster, node } = path.node;
    let stream = state.control.terminals.attach(&caller.actor, vcluster, node, &attach).await?;
    let watch = state.revocations.watch(caller.credential);
    let span =
        tracing::info_span!("terminal", %vcluster, %node, terminal = %attach.terminal, user = %caller.actor.name);
    Ok(upgrade.on_upgrade(move |socket| {
        // The end waits for the farewell.
        let guard = state.ending.guard();
        async move {
            serve(socket, stream, &state, &watch).await;
            drop((guard, shares));
        }
        .instrument(span)
    }))
}

/// The upgrade, when the client speaks our protocol.
async fn upgrade(request: Request) -> Result<WebSocketUpgrade, Failure> {
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await.map_err(|_| {
        Failure::new(
            Code::Malformed,
            format!("This address is a WebSocket; connect with the subprotocol {SUBPROTOCOL}."),
        )
    })?;
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let detail = format!("Connect with the WebSocket subprotocol {SUBPROTOCOL}.");
        return Err(Failure::new(Code::Malformed, detail));
    }
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        // Every message leaves at once; backpressure comes from waiting for the flush.
        .write_buffer_size(0)
        .max_message_size(MAX_CLIENT_FRAME)
        .max_frame_size(MAX_CLIENT_FRAME))
}

fn order(path: &TerminalPath, query: &Query) -> Result<Attach, Failure> {
    let terminal = TerminalId::parse(&path.terminal).ok_or(control::Error::NotFound("terminal"))?;
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

async fn serve(socket: WebSocket, node: Box<dyn Duplex>, state: &AppState, watch: &Watch) {
    let open = metrics::gauge!("docklet_websockets");
    open.increment(1.0);
    let (mut socket, end) = {
        let (mut sink, mut source) = futures::StreamExt::split(socket);
        let end = tokio::select! {
            end = relay::run(&mut sink, &mut source, node, || watch.used()) => end,
            () = watch.revoked() => End::Revoked,
            () = state.ending.begun() => End::GoingAway,
        };
        // Both halves are of one socket.
        match sink.reunite(source) {
            Ok(socket) => (socket, end),
            Err(_) => return,
        }
    };
    tracing::debug!(?end, "terminal connection ends");
    // A client that does not read has no claim on a farewell.
    let _ = tokio::time::timeout(FAREWELL, relay::say_farewell(&mut socket, end)).await;
    open.decrement(1.0);
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
