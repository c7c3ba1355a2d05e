//! The answer to a request that the guard did not let through. Nothing else ever sees such a request.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};
use proxy::guard::Refusal;
use wire::problem::{Code, Problem};

pub(super) fn answer(refusal: Refusal) -> Response<Body> {
    metrics::counter!("docklet_requests_refused_total").increment(1);
    let status = match refusal {
        Refusal::TooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    let problem = Problem { status: status.as_u16(), ..Problem::new(Code::Malformed, refusal.to_string()) };
    // A struct of texts and numbers always becomes JSON.
    let mut response = Response::new(Body::from(serde_json::to_string(&problem).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
