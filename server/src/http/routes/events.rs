//! `/events`: what changes, as server-sent events, resumable by `Last-Event-ID`.

use std::{convert::Infallible, time::Duration};

use api::FeedItem;
use axum::{
    extract::State,
    response::{
        IntoResponse as _, Response,
        sse::{Event as SseEvent, KeepAlive, Sse},
    },
};
use futures::{StreamExt, future};
use http::HeaderMap;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    http::{
        error::Failure,
        identity::Caller,
        query::{self, Query},
        revocation::Watch,
        shares::keep,
        shutdown::Shutdown,
    },
    state::AppState,
};

/// Keeps proxies from taking a quiet stream for a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// What happens to one's vclusters and jobs, from now on or behind an event that was seen.
#[utoipa::path(get, path = "/events", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, nullable = false, description = "the last event that was seen; what came behind it is sent first"),
        ("after" = Option<i64>, Query, description = "the same, where a header cannot be set")),
    extensions(("x-events" = json!({
        "job": {"$ref": "#/components/schemas/Event"},
        "resync": {"$ref": "#/components/schemas/Event"},
        "vcluster": {"$ref": "#/components/schemas/Event"},
        "vcluster_gone": {"$ref": "#/components/schemas/Event"}}))),
    responses((status = 200, body = String, content_type = "text/event-stream",
        description = "server-sent events; `x-events` has the JSON of each one's data")))]
async fn events(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Failure> {
    let after = after(&headers, &query)?;
    let share = state.stream_of(caller.api.actor().user).await?;
    let feed = caller.api.feed(after).await?;
    let watch = state.revocations.watch_open(caller.credential);
    let renewed = state.sessions.idle() / 2;
    let items = feed.scan((), |(), item| future::ready(item_of(item)));
    let first = futures::stream::once(future::ready(SseEvent::default().retry(RETRY).comment("docklet")));
    let items = first.chain(items).take_until(over(state.shutdown, watch, renewed)).map(Ok::<_, Infallible>);
    metrics::counter!("docklet_event_streams_total").increment(1);
    let answer = Sse::new(items).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(keep(answer.into_response(), share))
}

/// The header, which a browser sends when it comes back, holds over what stood in the page's address.
fn after(headers: &HeaderMap, query: &Query) -> Result<Option<i64>, Failure> {
    const RULE: &str = "must be the id of an event, a whole number";
    let after = query.value("after", RULE)?;
    match headers.get("last-event-id") {
        None => Ok(after),
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.parse().ok());
            id.map(Some).ok_or_else(|| query::fault("Last-Event-ID", RULE))
        }
    }
}

/// The browser connects again by itself: to the next dockletd, or to be told that it is not signed in.
/// After `renewed` it comes back, too, because only the answer to a request can give it a cookie that lasts longer: a page
/// that stays open for weeks must not end with a session that lives and a cookie that does not.
async fn over(shutdown: Shutdown, watch: Watch, renewed: Duration) {
    tokio::select! {
        () = shutdown.begun() => {}
        () = watch.revoked() => {}
        () = tokio::time::sleep(renewed) => {}
    }
}

/// `None` ends the stream: the client comes back and resumes.
fn item_of(item: FeedItem) -> Option<SseEvent> {
    let written = match item {
        Ok((id, event)) => SseEvent::default()
            .id(id.to_string())
            .event(event.name())
            .json_data(&event)
            .map_err(|error| error.to_string()),
        Err(refusal) => Err(refusal.0.to_string()),
    };
    written.inspect_err(|error| tracing::warn!(error, "event stream broken off")).ok()
}
