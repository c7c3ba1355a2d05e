//! Hands the console what the edge knows about a request: one value, for pages and server functions alike.

use app::request_context::{RequestContext, Taken};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tower_sessions::Session;

use super::request_id::Nonce;
use crate::{
    http::{
        identity::{Identity, api_of},
        known::Known,
        oidc_address,
        provider_logout::Way,
        session::{self, Seen},
    },
    state::AppState,
};

pub(crate) async fn attach(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let seen = Seen::of(state.clock.now(), request.extensions(), request.headers());
    let way = Way::of(&state, &request);
    let unknown = || Known::new(session::client_address(request.extensions()).into());
    let known = request.extensions().get::<Known>().cloned().unwrap_or_else(unknown);
    let Identity { actor, .. } = request.extensions().get::<Identity>().cloned().unwrap_or_default();
    let api = actor.map(|actor| api_of(&state, actor, request.headers(), request.extensions()));
    let address = oidc_address::base(&state, request.extensions(), request.headers());
    let extensions = request.extensions_mut();
    let context = RequestContext {
        control: state.control.clone(),
        api,
        session: session::door(&session, seen, way, known.clone()),
        address,
        knock: known.knock.clone(),
        taken: Taken::default(),
        nonce: extensions.get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
    };
    extensions.insert(context);
    next.run(request).await
}
