//! Hands the console what the edge knows about a request: one value, for pages and server functions alike.

use app::visit::{Taken, Visit};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::header;
use tower_sessions::Session;
use wire::app::AppUrls;

use super::arrival::Nonce;
use crate::{
    http::{
        client::Client,
        farewell::Way,
        identity::Identity,
        known::Known,
        session::{self, Seen},
    },
    state::AppState,
};

pub(crate) async fn visit(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let urls = urls(&state, &request);
    let seen = Seen::of(state.clock.now(), request.extensions(), request.headers());
    let way = Way::of(&state, &request);
    let unknown = || Known::new(session::client_address(request.extensions()).into());
    let known = request.extensions().get::<Known>().cloned().unwrap_or_else(unknown);
    let extensions = request.extensions_mut();
    let identity = extensions.get::<Identity>().cloned().unwrap_or_default();
    let visit = Visit {
        control: state.control.clone(),
        actor: identity.actor,
        session: session::door(&session, seen, way, known.clone()),
        knock: known.knock.clone(),
        installation: state.installation.clone(),
        apps: urls.clone(),
        taken: Taken::default(),
        nonce: extensions.get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
    };
    extensions.insert(urls);
    extensions.insert(visit);
    next.run(request).await
}

/// How the sender of this request finds apps.
fn urls(state: &AppState, request: &Request) -> AppUrls {
    let https = request.extensions().get::<Client>().is_some_and(|client| client.https);
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    state.edge.hosts.urls(https, host)
}
