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
    middleware::{home, observe, problems, remember, request_context, request_id, security, upload},
    routes::{
        activity, admin, apps, book, console, device, disk, events, health, images, jobs, me, metrics, nodes, oidc,
        openapi, session, ssh, terminals, vclusters,
    },
};
use crate::state::AppState;

/// Everything dockletd serves. Files come last, so that no other request looks for one on the disk.
pub fn router(state: AppState) -> Router {
    let (api, description) = api();
    let people = Router::new()
        .merge(api)
        .nest("/api/v1", openapi::router(&description))
        .merge(apps::entrance())
        .merge(oidc::router())
        .merge(with_request_context(&state, console::pages(&state)))
        .method_not_allowed_fallback(console::method_not_allowed);
    let unknown = with_request_context(&state, Router::new().fallback(console::unknown));
    let unknown = of_people(&state, unknown).with_state(state.clone());
    Router::new()
        .merge(health::router())
        .merge(metrics::router())
        .merge(book::router(&state.edge.book))
        .route_layer(from_fn(observe::name_route))
        .merge(of_people(&state, people))
        .merge(console::files(&state.edge.site_root, unknown))
        // From the outside to the inside, for every request.
        .layer(
            ServiceBuilder::new()
                .layer(from_fn_with_state(state.clone(), request_id::assign))
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
        .merge(device::router())
        .merge(vclusters::router())
        .merge(activity::router())
        .merge(nodes::router())
        .merge(terminals::router())
        .merge(ssh::router())
        .merge(apps::router())
        .merge(jobs::router())
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

/// What draws pages of the console.
fn with_request_context(state: &AppState, routes: Router<AppState>) -> Router<AppState> {
    routes.layer(from_fn_with_state(state.clone(), request_context::attach))
}

/// What needs to know the user.
fn of_people(state: &AppState, routes: Router<AppState>) -> Router<AppState> {
    routes.layer(
        ServiceBuilder::new()
            .layer(from_fn(observe::name_route))
            .layer(from_fn_with_state(state.clone(), home::lead_home))
            // Before anything is read of a request that another site has sent.
            .layer(from_fn_with_state(state.clone(), security::same_origin))
            .layer(from_fn_with_state(state.clone(), remember::remember))
            .layer(state.sessions.clone())
            .layer(from_fn_with_state(state.clone(), identify))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .layer(from_fn(upload::in_time)),
    )
}
