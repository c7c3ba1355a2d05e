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
use leptos_axum::{LeptosRoutes, generate_route_list_with_exclusions, render_app_async_with_context};
use tower::{Service, ServiceBuilder};
use tower_http::services::ServeDir;
use wire::problem::Code;

use crate::{http::error::Failure, state::AppState};

/// Characters of a digest in a name.
const DIGEST: usize = 16;

/// Pages and server functions; one context closure for both.
pub(crate) fn pages(state: &AppState) -> Router<AppState> {
    let options = state.console.clone();
    Router::new().leptos_routes_with_context(
        state,
        generate_route_list_with_exclusions(app::App, Some(vec![app::routes::ENTER_APP.into()])),
        app::request_context::provide,
        move || app::shell(options.clone()),
    )
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
    let render = render_app_async_with_context(app::request_context::provide, move || app::shell(options.clone()));
    render(request).await.into_response()
}

pub(crate) fn accepts_html(request: &Request) -> bool {
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

/// Folders with a digest for a name never change what is in them. Others are asked for again, which costs a 304.
pub(crate) async fn cache(request: Request, next: Next) -> Response {
    let forever = has_digest(request.uri().path());
    let mut response = next.run(request).await;
    // Pages of the console come through here, too; only files have a time of change.
    if response.headers().contains_key(header::LAST_MODIFIED) {
        let rule = if forever { "public, max-age=31536000, immutable" } else { "public, no-cache" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
    }
    response
}

/// `/pkg/0b53a8f1c2d4e697/docklet.wasm`: scripts/pack.mjs names the folder by what is in it.
fn has_digest(path: &str) -> bool {
    let folder = path.strip_prefix("/pkg/").and_then(|rest| rest.split_once('/'));
    folder.is_some_and(|(name, _)| is_digest(name))
}

fn is_digest(name: &str) -> bool {
    name.len() == DIGEST && name.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// The folder of script, WASM and style sheet below the site's: one that is named by its content, or, unoptimised, just `pkg`.
pub(crate) fn package(site_root: &Path) -> String {
    let entries = std::fs::read_dir(site_root.join("pkg")).into_iter().flatten().flatten();
    let mut names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.find(|name| is_digest(name)).map_or("pkg".into(), |name| format!("pkg/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_digest_are_kept_forever() {
        assert!(has_digest("/pkg/0b53a8f1c2d4e697/docklet.wasm"));
        for path in
            ["/pkg/docklet.wasm", "/pkg/snippets/a.js", "/vendor/0b53a8f1c2d4e697/a", "/pkg/", "/pkg/0b53a8f1c2d4e697"]
        {
            assert!(!has_digest(path), "{path}");
        }
    }

    #[test]
    fn the_package_is_the_folder_with_a_digest_if_there_is_one() {
        let site = tempfile::tempdir().expect("a directory");
        assert_eq!(package(site.path()), "pkg");
        std::fs::create_dir_all(site.path().join("pkg/snippets")).expect("our directory");
        assert_eq!(package(site.path()), "pkg");
        std::fs::create_dir(site.path().join("pkg/0b53a8f1c2d4e697")).expect("our directory");
        assert_eq!(package(site.path()), "pkg/0b53a8f1c2d4e697");
    }
}
