//! `/vclusters/{id}/apps` and `/vclusters/{id}/live`, and `/apps/enter`, where an app's host sends browsers that it does not know.

use std::{convert::Infallible, time::Duration};

use api::LiveItem;
use axum::{
    Json as Answer, Router,
    extract::State,
    response::{
        Html, IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use domain::Violation;
use futures::StreamExt;
use http::{HeaderMap, StatusCode, Uri, header};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::{
    app::{App, ChangeApp, PublishApp},
    problem::{Code, Problem},
};

use crate::{
    http::{
        apps::OURS,
        error::Failure,
        identity::Caller,
        json::Json,
        path::{AppPath, VclusterPath},
        query::{Query, encode},
        revocation::Credential,
        shares::keep,
    },
    state::AppState,
};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list, publish)).routes(routes!(change)).routes(routes!(live))
}

/// For browsers only.
pub(crate) fn entrance() -> Router<AppState> {
    Router::new().route(app::routes::ENTER_APP, get(enter))
}

/// The apps of a vcluster: JupyterLab, every port that something listens on, and those that were published before.
#[utoipa::path(get, path = "/vclusters/{id}/apps", tag = "apps", params(("id" = String, Path)),
    responses((status = 200, body = Vec<App>)))]
async fn list(caller: Caller, VclusterPath(id): VclusterPath) -> Result<Answer<Vec<App>>, Failure> {
    Ok(Answer(caller.api.apps(id).await?))
}

/// Publishes a port of a node, before or after something listens there. Doing it again gives the same app.
#[utoipa::path(post, path = "/vclusters/{id}/apps", tag = "apps", params(("id" = String, Path)), request_body = PublishApp,
    responses((status = 200, body = App)))]
async fn publish(
    caller: Caller,
    VclusterPath(id): VclusterPath,
    Json(publish): Json<PublishApp>,
) -> Result<Answer<App>, Failure> {
    let rule = |_| {
        Problem::new(Code::Invalid, "Some fields are not valid.")
            .with_violations(vec![Violation::new("node", "must be the name of a node, such as node-0")])
    };
    let node = publish.node.parse().map_err(rule)?;
    Ok(Answer(caller.api.publish_app(id, node, publish.port, publish.name.as_deref()).await?))
}

/// Names an app, pins it or switches it off. What is absent stays.
#[utoipa::path(patch, path = "/vclusters/{id}/apps/{app}", tag = "apps",
    params(("id" = String, Path), ("app" = String, Path)), request_body = ChangeApp,
    responses((status = 200, body = App)))]
async fn change(caller: Caller, path: AppPath, Json(change): Json<ChangeApp>) -> Result<Answer<App>, Failure> {
    Ok(Answer(caller.api.change_app(path.vcluster, path.app, change).await?))
}

/// What happens in a vcluster while a client looks: `apps` (all of them, whenever something changes) and `samples` (what its
/// nodes use; first the last hour, then every two seconds what is new).
#[utoipa::path(get, path = "/vclusters/{id}/live", tag = "apps", params(("id" = String, Path)),
    extensions(("x-events" = json!({
        "apps": {"type": "array", "items": {"$ref": "#/components/schemas/App"}},
        "samples": {"type": "array", "items": {"$ref": "#/components/schemas/NodeUsage"}}}))),
    responses((status = 200, body = String, content_type = "text/event-stream",
        description = "server-sent events; `x-events` has the JSON of each one's data")))]
async fn live(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
) -> Result<Response, Failure> {
    let share = state.stream_of(caller.api.actor().user).await?;
    let items = caller.api.live(id).await?;
    let watch = state.revocations.watch_open(caller.credential);
    let shutdown = state.shutdown;
    let over = async move {
        tokio::select! {
            () = shutdown.begun() => {}
            () = watch.revoked() => {}
        }
    };
    let first =
        futures::stream::once(std::future::ready(Event::default().retry(Duration::from_secs(1)).comment("docklet")));
    let items = items.map(|item| event(&item));
    let items = first.chain(items).take_until(over).map(Ok::<_, Infallible>);
    let answer = Sse::new(items).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    Ok(keep(answer.into_response(), share))
}

fn event(item: &LiveItem) -> Event {
    let (name, data) = match item {
        LiveItem::Apps(apps) => ("apps", serde_json::to_string(apps)),
        LiveItem::Samples(nodes) => ("samples", serde_json::to_string(nodes)),
    };
    // Lists of texts and numbers always become JSON.
    Event::default().event(name).data(data.unwrap_or_default())
}

/// Turns the portal's session into a one-time code for the app's host, and goes back there with it.
async fn enter(
    State(state): State<AppState>,
    caller: Result<Caller, Failure>,
    headers: HeaderMap,
    query: Query,
    uri: Uri,
) -> Result<Response, Failure> {
    // Another page that loads this as a picture or a script is no person who opens an app.
    if headers.get("sec-fetch-dest").is_some_and(|destination| destination != "document") {
        return Err(Failure::new(Code::ForeignOrigin, "An app cannot be embedded in another page. Open it in a tab."));
    }
    let Ok(Caller { api, credential: Credential::Session(session) }) = caller else {
        let here = uri.path_and_query().map_or(app::routes::HOME, |here| here.as_str());
        return Ok(go(&app::routes::sign_in_then(here)));
    };
    let label = query.text("label").unwrap_or_default();
    let nonce = query.text("nonce").unwrap_or_default();
    let code = state.control.apps.enter(api.actor(), &store::session_key(&session), label, nonce).await?;
    let next = encode(query.text("next").unwrap_or_default());
    let app = api.urls().root(label);
    let address = format!("{}{OURS}enter?code={}&next={next}", app.trim_end_matches('/'), code.text);
    Ok(if comes_from_us(&headers) { page_to(&address) } else { go(&address) })
}

/// From the sign-in page. A form's answer may lead no further than the page's policy lets the form go, which is to us.
fn comes_from_us(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text("referer").is_some_and(|referrer| referrer.contains(app::routes::SIGN_IN)),
    }
}

/// A page that goes there by itself. The address is made of letters, digits and what is encoded.
fn page_to(address: &str) -> Response {
    let address = address.replace('&', "&amp;");
    let html = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Docklet</title>\
         <meta http-equiv=\"refresh\" content=\"0; url={address}\"></head><body><a href=\"{address}\">Docklet</a></body></html>\n"
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

fn go(location: &str) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store".to_owned()), (header::LOCATION, location.to_owned())];
    (StatusCode::SEE_OTHER, no_store).into_response()
}
