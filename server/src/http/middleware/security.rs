//! Headers that make browsers careful, on every answer, the version for programs, and the check of where a request comes from.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use wire::{VERSION_HEADER, problem::Code};

use super::request_id::Nonce;
use crate::{
    http::{client::OverTls, error::Failure, origin, routes::book},
    state::AppState,
};

const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
/// For what is not a page: it can do nothing at all.
const NOT_A_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

pub(crate) async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let nonce = request.extensions().get::<Nonce>().cloned();
    let over_tls = request.extensions().get::<OverTls>().is_some();
    let path = request.uri().path();
    let (is_api, is_of_book) = (path.starts_with("/api/"), book::is_of_book(path));
    let mut response = next.run(request).await;
    let policy = match nonce {
        // A problem there is an ordinary page.
        _ if is_of_book && response.status().is_success() => HeaderValue::from_static(book::POLICY),
        nonce => policy(response.headers(), nonce.as_ref(), &state.edge.reload),
    };
    let headers = response.headers_mut();
    if is_api {
        // No secret: the description of the interface says it, too.
        headers.insert(VERSION_HEADER, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
    }
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if let Some(value) = state.edge.hsts.clone().filter(|_| over_tls) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    // Both show what only this user may see.
    if is_api || is_page {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

fn policy(headers: &HeaderMap, nonce: Option<&Nonce>, reload: &str) -> HeaderValue {
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let page =
        nonce.filter(|_| is_page).and_then(|nonce| HeaderValue::from_str(&policy_of_pages(&nonce.0, reload)).ok());
    page.unwrap_or(HeaderValue::from_static(NOT_A_PAGE))
}

/// `wasm-unsafe-eval` is what compiling WASM is called; it does not allow `eval`. Styles need `unsafe-inline` because xterm.js
/// writes its measures into style elements while it runs; scripts do not, and those are what must be kept out.
/// `default-src` is not `'none'` because Firefox asks it alone about what is fetched ahead; what it would open beside that is
/// shut by name.
fn policy_of_pages(nonce: &str, reload: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; manifest-src 'self'; child-src 'none'; \
         frame-src 'none'; worker-src 'none'; media-src 'none'; object-src 'none'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Refuses what another site's page has sent with our cookie.
pub(crate) async fn same_origin(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    match origin::check(request.method(), request.headers(), &state.edge.public_urls) {
        Ok(()) => Ok(next.run(request).await),
        Err(foreign) => {
            tracing::warn!("refused a request from another site");
            let mut text = foreign.to_string();
            text[..1].make_ascii_uppercase();
            Err(Failure::new(Code::ForeignOrigin, text + "."))
        }
    }
}
