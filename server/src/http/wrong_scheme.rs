//! Plain HTTP on a port that speaks TLS: reading is sent to https, everything else is told about it. Nothing is processed,
//! because it has travelled in the clear.

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header, uri::Authority};

const TEXT: &str = "This port speaks TLS. Use https:// in place of http://\n";

pub(super) fn answer<B>(request: &Request<B>) -> Response<Body> {
    let mut response = Response::new(Body::from(TEXT));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(place) = secure_place(request) {
        headers.insert(header::LOCATION, place);
        *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    }
    response
}

/// The same address over TLS, for what can be asked again without harm.
fn secure_place<B>(request: &Request<B>) -> Option<HeaderValue> {
    if !request.method().is_safe() {
        return None;
    }
    let mut hosts = request.headers().get_all(header::HOST).into_iter();
    let (host, None) = (hosts.next()?.to_str().ok()?, hosts.next()) else { return None };
    let host: Authority = host.parse().ok().filter(|host: &Authority| !host.as_str().contains('@'))?;
    let path = request.uri().path_and_query().filter(|path| path.as_str().starts_with('/'))?;
    HeaderValue::try_from(format!("https://{host}{path}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(method: &str, uri: &str, host: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(uri).header("host", host).body(()).expect("a request");
        let answer = answer(&request);
        let place = answer.headers().get("location").map_or("", |place| place.to_str().expect("text"));
        (answer.status().as_u16(), place.to_owned())
    }

    #[test]
    fn reading_is_sent_to_https_and_writing_is_refused() {
        let place = "https://lab.example:8000/vclusters?a=b".to_owned();
        assert_eq!(answered("GET", "/vclusters?a=b", "lab.example:8000"), (307, place));
        assert_eq!(answered("POST", "/api/v1/session", "lab.example"), (400, String::new()));
        assert_eq!(answered("GET", "/", "u@lab.example"), (400, String::new()));
        assert_eq!(answered("GET", "/", "lab example"), (400, String::new()));
    }
}
