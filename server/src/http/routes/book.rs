//! The book at `/docs`: files that scripts/book.sh has made. Knows nothing of what is in them, and needs no sign-in.

use std::path::Path;

use axum::{
    Router,
    handler::HandlerWithoutStateExt as _,
    middleware,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use tower::ServiceBuilder;
use tower_http::services::ServeDir;
use wire::problem::Code;

use super::console;
use crate::{http::error::Failure, state::AppState};

/// Where the book's pages are. They bring no inline script and no inline style.
const ROOT: &str = "/docs";
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(crate) fn is_of_book(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) fn router(book: &Path) -> Router<AppState> {
    let built = book.join("index.html").is_file();
    let missing = (move || async move { missing(built) }).into_service();
    let files = ServeDir::new(book)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(missing);
    let files = ServiceBuilder::new().layer(middleware::from_fn(console::cache)).service(files);
    Router::new()
        .route(ROOT, get(async || Redirect::permanent("/docs/")))
        // What to do with what lies there.
        .route(app::routes::DOWNLOAD, get(async || Redirect::temporary("/docs/guide/cli/sign-in.html")))
        .nest_service("/docs/", files)
}

fn missing(built: bool) -> Response {
    let text = if built {
        "The book has no such page. Its contents are at /docs/."
    } else {
        "The book was not built with this dockletd. `make run` builds it; it must lie in the folder `book` beside dockletd."
    };
    Failure::new(Code::NotFound, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_docs_is_the_book() {
        assert!(is_of_book("/docs") && is_of_book("/docs/") && is_of_book("/docs/guide/keys.html"));
        assert!(!is_of_book("/docsx") && !is_of_book("/") && !is_of_book("/api/docs"));
    }
}
