//! The answer to a request that the guard did not let through. Nothing else ever sees such a request.

use axum::body::Body;
use catalogue::{Language, find_in};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use proxy::guard::Refusal;
use wire::problem::{Code, Problem};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) fn answer(refusal: Refusal) -> Response<Body> {
    metrics::counter!("docklet_requests_refused_total").increment(1);
    let status = match refusal {
        Refusal::TooLarge | Refusal::TooManyCookies => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = match refusal {
        Refusal::TooManyCookies => clear_cookies(),
        _ => problem(refusal, status),
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn problem(refusal: Refusal, status: StatusCode) -> Response<Body> {
    let problem = Problem { status: status.as_u16(), ..Problem::new(Code::Malformed, refusal.to_string()) };
    // A struct of texts and numbers always becomes JSON.
    let mut response = Response::new(Body::from(serde_json::to_string(&problem).unwrap_or_default()));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

/// A web app that may set cookies for the console can set so many that no request fits any more. The person cannot know which
/// they are; the browser can take all of them away, over TLS and on the machine itself. It is only asked to where cookies are
/// what is too large: no page elsewhere can bring that about. Which language is asked for is not known any more.
fn clear_cookies() -> Response<Body> {
    let said = |language| find_in(language, "problem-cookies-cleared").unwrap_or_default();
    let paragraphs: String = Language::ALL
        .iter()
        .map(|language| format!("<p lang=\"{}\">{}</p>", language.tag(), said(*language)))
        .collect();
    let page = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Docklet</title></head><body>{paragraphs}<p><a href=\"/\">Docklet</a></p></body></html>\n"
    );
    let mut response = Response::new(Body::from(page));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cookies\""));
    response
}
