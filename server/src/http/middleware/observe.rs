//! Logs and counts requests. Never a query string (tokens and searches are in them), a header or a body.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{Method, StatusCode};
use tracing::{Instrument, field::Empty};

use super::request_id::RequestId;

pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let id = request.extensions().get::<RequestId>().map_or("", |id| id.0.as_str());
    let span = tracing::info_span!("http", request.id = id, %method, path = request.uri().path(), user = Empty);
    let response = next.run(request).instrument(span.clone()).await;
    let took = begun.elapsed();
    let status = response.status();
    // Routes, not paths: a path is whatever a client makes up, and each would be a series of its own.
    let route = response.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    // A program that waits to be approved asks every few seconds.
    let is_quiet = method.is_safe() || (status == StatusCode::BAD_REQUEST && route.ends_with("/device/token"));
    span.in_scope(|| log(is_quiet, status, took.as_secs_f64() * 1000.0));
    let labels =
        [("method", method_name(&method).to_owned()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::counter!("docklet_http_requests_total", &labels).increment(1);
    metrics::histogram!("docklet_http_request_seconds", &labels[..2]).record(took.as_secs_f64());
    response
}

/// Tells `observe`, which stands before all routes, which one it was.
pub(crate) async fn name_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

fn log(is_quiet: bool, status: StatusCode, milliseconds: f64) {
    let status = status.as_u16();
    let ms = (milliseconds * 10.0).round() / 10.0;
    // "Not ready yet" is an answer; monitors ask for it all the time.
    if status >= 500 && status != 503 {
        tracing::warn!(status, ms, "request answered");
    } else if is_quiet {
        tracing::debug!(status, ms, "request answered");
    } else {
        tracing::info!(status, ms, "request answered");
    }
}

/// Methods can be made up, too.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
