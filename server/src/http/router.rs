//! Which address leads where, and what every request passes on its way. The order is what matters here.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{
    identity::identify,
    json::LARGEST_BODY,
    middleware::{arrival, home, observe, problems, remember, security, upload, visit},
    routes::{
        activity, admin, apps, book, console, disk, events, health, images, me, metrics, nodes, oidc, openapi, session,
        terminals, vclusters,
    },
};
use crate::state::AppState;

/// Everything dockletd serves.
pub fn router(state: AppState) -> Router {
    let people = people(&state).with_state(state.clone());
    Router::new()
        .merge(health::router())
        .merge(metrics::router())
        .merge(book::router(&state.edge.book))
        .route_layer(from_fn(observe::name_route))
        .merge(console::files(&state.edge.site_root, people))
        // From the outside to the inside, for every request.
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(state.clone(), arrival::arrive))
                .layer(from_fn(observe::observe))
                // Event streams and what is compressed already are left alone.
                .layer(CompressionLayer::new())
                .layer(from_fn_with_state(state.clone(), security::headers))
                .layer(from_fn_with_state(state.clone(), problems::problems)),
        )
        .with_state(state)
}

/// The API and its description, from one list.
pub(crate) fn api() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    let api = OpenApiRouter::new()
        .merge(session::router())
        .merge(vclusters::router())
        .merge(activity::router())
        .merge(nodes::router())
        .merge(terminals::router())
        .merge(apps::router())
        .merge(events::router())
        .merge(me::router())
        .merge(admin::router())
        .merge(images::router())
        .merge(disk::router());
    let description = openapi::Description::openapi();
    let (api, mut description) = OpenApiRouter::with_openapi(description).nest("/api/v1", api).split_for_parts();
    openapi::complete(&mut description);
    (api, description)
}

/// What needs to know the user: the API and the console.
fn people(state: &AppState) -> Router<AppState> {
    let (api, description) = api();
    Router::new()
        .merge(api)
        .nest("/api/v1", openapi::router(&description))
        .merge(apps::entrance())
        .merge(oidc::router())
        .merge(console::pages(state))
        .fallback(console::unknown)
        .method_not_allowed_fallback(console::method_not_allowed)
        .layer(
            ServiceBuilder::new()
                .layer(from_fn(observe::name_route))
                .layer(from_fn_with_state(state.clone(), home::lead_home))
                // Before anything is read of a request that another site has sent.
                .layer(from_fn_with_state(state.clone(), security::same_origin))
                .layer(from_fn_with_state(state.clone(), remember::remember))
                .layer(state.sessions.clone())
                .layer(from_fn_with_state(state.clone(), identify))
                .layer(from_fn_with_state(state.clone(), visit::visit))
                .layer(DefaultBodyLimit::max(LARGEST_BODY))
                .layer(from_fn(upload::in_time)),
        )
}
