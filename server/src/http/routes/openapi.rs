//! `/openapi.json`: the API described, from the handlers themselves.

use std::sync::Arc;

use axum::{Router, routing::get};
use http::header;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, PathItem, Ref, RefOr, Response, ResponseBuilder,
        path::{Operation, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use wire::{app::App, event::Event, problem::Problem, usage::NodeUsage};

use crate::{
    http::{cookies, path},
    state::AppState,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Docklet",
        description = "Private clusters of Linux nodes, with terminals, and jobs. Every answer that is not a success is a problem (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0")
    ),
    modifiers(&Security),
    security(("token" = []), ("session" = [])),
    // What no operation names as its body: problems, and the data of server-sent events.
    components(schemas(App, Event, NodeUsage, Problem)),
    tags((name = "session"), (name = "vclusters"), (name = "nodes"), (name = "terminals"), (name = "apps"), (name = "jobs"), (name = "events"), (name = "me"), (name = "admin"))
)]
pub(crate) struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("dkl_…").build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let session = ApiKey::Cookie(ApiKeyValue::new(cookies::SESSION));
        components.add_security_scheme("session", SecurityScheme::ApiKey(session));
    }
}

/// Adds what holds for every operation: how it can fail, and what the names in its address look like.
pub(crate) fn complete(api: &mut utoipa::openapi::OpenApi) {
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        let responses = &mut operation.responses.responses;
        for status in ["4XX", "5XX"] {
            responses.entry(status.into()).or_insert_with(|| RefOr::T(problem()));
        }
        let parameters = operation.parameters.iter_mut().flatten();
        for parameter in parameters.filter(|parameter| parameter.parameter_in == ParameterIn::Path) {
            if let Some(rule) = path::rule(&parameter.name) {
                parameter.schema = Some(rule);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

fn problem() -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().content("application/problem+json", body).build()
}

/// Serves the finished document.
pub(crate) fn router(document: &utoipa::openapi::OpenApi) -> Router<AppState> {
    // The document is made of texts and lists; it always becomes JSON.
    let text: Arc<str> = document.to_json().unwrap_or_default().into();
    Router::new()
        .route("/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], text.to_string())))
}
