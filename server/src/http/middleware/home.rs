//! Leads a person who is about to sign in under another name to the one that apps and providers come back to: a session belongs to
//! a name, and a second sign-in under the other one would come without a word.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, header};

use crate::{
    http::{oidc_address, query::Query, routes::console::accepts_html},
    state::AppState,
};

/// Put behind the address, so that a proxy that writes another `Host` does not send browsers round in circles.
const MOVED: &str = "moved";

pub(crate) async fn lead_home(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match address(&state, &request).and_then(|address| HeaderValue::try_from(address).ok()) {
        Some(address) => {
            let headers = [(header::LOCATION, address), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        None => next.run(request).await,
    }
}

fn address(state: &AppState, request: &Request) -> Option<String> {
    let path = request.uri().path();
    let is_page = path == app::routes::SIGN_IN && accepts_html(request);
    let begins = path.starts_with("/oidc/") && path.ends_with("/begin");
    if request.method() != Method::GET || !(is_page || begins) {
        return None;
    }
    let query = request.uri().query().unwrap_or_default();
    if Query::parse(query).text(MOVED).is_some() {
        return None;
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let hosts = &state.edge.hosts;
    // A provider comes back to where it was begun, unless an address is configured.
    let home = match begins {
        true => hosts.configured_home(host),
        false => hosts.home(oidc_address::is_secure(state, request.extensions()), host),
    }?;
    let and = if query.is_empty() { "" } else { "&" };
    Some(format!("{home}{path}?{query}{and}{MOVED}=yes"))
}
