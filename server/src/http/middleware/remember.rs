//! Reads by what cookie a browser is known, and gives it one after a sign-in with the right password.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use control::accounts::Knock;
use http::header;

use crate::{
    http::{known::Known, oidc_address, session},
    state::AppState,
};

pub(crate) async fn remember(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let (secure, now) = (oidc_address::is_secure(&state, request.extensions()), state.clock.now());
    let known = Known::new(Knock {
        address: session::client_address(request.extensions()),
        device: state.known.read(request.headers(), secure, now),
    });
    request.extensions_mut().insert(known.clone());
    let mut response = next.run(request).await;
    if let Some(cookie) = known.cookie(&state.known, secure, now) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
