//! `/openapi.json`: the API described, from the handlers themselves.

use std::sync::Arc;

use axum::{Router, routing::get};
use http::header;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{http::cookies, state::AppState};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Docklet",
        description = "Private clusters of Linux nodes, with terminals. Every answer that is not a success is a problem (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0")
    ),
    modifiers(&Security),
    security(("token" = []), ("session" = [])),
    tags((name = "session"), (name = "vclusters"), (name = "nodes"), (name = "terminals"), (name = "apps"), (name = "events"), (name = "me"), (name = "admin"))
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

/// Serves the finished document.
pub(crate) fn router(document: &utoipa::openapi::OpenApi) -> Router<AppState> {
    // The document is made of texts and lists; it always becomes JSON.
    let text: Arc<str> = document.to_json().unwrap_or_default().into();
    Router::new()
        .route("/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], text.to_string())))
}
