//! The console: its pages, its server functions, its files.

use std::{convert::Infallible, path::Path};

use axum::{
    Router,
    extract::{Request, State},
    http::HeaderValue,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::header;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower::{Service, ServiceBuilder};
use tower_http::services::ServeDir;
use wire::problem::Code;

use crate::{http::error::Failure, state::AppState};

/// Pages and server functions; one context closure for both.
pub(crate) fn pages(state: &AppState) -> Router<AppState> {
    let options = state.console.clone();
    Router::new().leptos_routes_with_context(state, generate_route_list(app::App), app::visit::provide, move || {
        app::shell(options.clone())
    })
}

/// What no route knows: the console's own 404 for people, a problem for programs.
pub(crate) async fn unknown(State(state): State<AppState>, request: Request) -> Response {
    if request.uri().path().starts_with("/api/") || !accepts_html(&request) {
        return Failure::not_found().into_response();
    }
    if !request.method().is_safe() {
        return method_not_allowed().await.into_response();
    }
    let options = state.console.clone();
    let render = render_app_async_with_context(app::visit::provide, move || app::shell(options.clone()));
    render(request).await.into_response()
}

fn accepts_html(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

pub(crate) async fn method_not_allowed() -> Failure {
    Failure::new(Code::MethodNotAllowed, "This address does not take this method.")
}

/// Scripts, styles, fonts, icons: whatever lies in the site's folder; what does not goes on to `otherwise`.
pub(crate) fn files<S>(site_root: &Path, otherwise: S) -> Router<AppState>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static,
{
    let files = ServeDir::new(site_root)
        .precompressed_br()
        .precompressed_gzip()
        .append_index_html_on_directories(false)
        .call_fallback_on_method_not_allowed(true)
        .fallback(otherwise);
    Router::new().fallback_service(ServiceBuilder::new().layer(middleware::from_fn(cache)).service(files))
}

/// Names with a digest in them never change what they name. Others are asked for again, which costs a 304.
async fn cache(request: Request, next: Next) -> Response {
    let forever = has_digest(request.uri().path());
    let mut response = next.run(request).await;
    // Pages of the console come through here, too; only files have a time of change.
    if response.headers().contains_key(header::LAST_MODIFIED) {
        let rule = if forever { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
    }
    response
}

/// `docklet.Ql0zL3bY7CkYzX2vS1a9bw.wasm`: between two dots, long, and neither a word nor a version.
fn has_digest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let parts: Vec<&str> = name.split('.').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let is_digest = |part: &&str| {
        part.len() >= 16
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            && part.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    inner.iter().any(is_digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_digest_are_kept_forever() {
        assert!(has_digest("/pkg/docklet.Ql0zL3bY7CkYzX2vS1a9bw.wasm"));
        for path in ["/pkg/docklet.wasm", "/pkg/docklet.css", "/vendor/xterm/addon-web-links.mjs", "/pkg/", "/pkg/.a"] {
            assert!(!has_digest(path), "{path}");
        }
    }
}
