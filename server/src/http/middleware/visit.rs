//! Hands the console what the edge knows about a request: one value, for pages and server functions alike.

use std::net::{IpAddr, Ipv4Addr};

use app::visit::Visit;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tower_sessions::Session;

use super::arrival::Nonce;
use crate::{
    http::{client::Client, identity::Identity, session},
    state::AppState,
};

pub(crate) async fn visit(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions_mut();
    let identity = extensions.get::<Identity>().cloned().unwrap_or_default();
    let visit = Visit {
        control: state.control.clone(),
        actor: identity.actor,
        session: session::door(&session),
        // Without a connection (a test of the router alone) there is nobody to tell apart.
        address: extensions.get::<Client>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.address),
        nonce: extensions.get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
    };
    extensions.insert(visit);
    next.run(request).await
}
