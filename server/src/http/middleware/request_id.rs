//! First of all: the request gets an id, and the client behind the connection is found out.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};

use crate::{
    http::client::{Client, OverTls, Peer},
    state::AppState,
};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// Names one request in logs and problems.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// A fresh value for this response's Content-Security-Policy.
#[derive(Debug, Clone)]
pub(crate) struct Nonce(pub(crate) String);

pub(crate) async fn assign(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers().get(HEADER));
    if let Some(peer) = request.extensions().get::<Peer>().copied() {
        let mut client = Client::of(peer, request.headers(), &state.edge.trusted_proxies);
        client.https |= request.extensions().get::<OverTls>().is_some();
        request.extensions_mut().insert(client);
    }
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(Nonce(random_hex()));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// The sender's id when it is one: ids go into logs, and a stranger may not write there what they like.
fn request_id(sent: Option<&HeaderValue>) -> String {
    let good = |text: &&str| {
        (1..=LONGEST).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    sent.and_then(|value| value.to_str().ok()).filter(good).map_or_else(random_hex, str::to_owned)
}

/// 128 random bits.
fn random_hex() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_ids_are_taken_over() {
        let taken = |text: &'static str| request_id(Some(&HeaderValue::from_static(text))) == text;
        assert!(taken("abc-123_X"));
        for text in ["", "a b", "a\"b", "a=b", "01234567890123456789012345678901234567890123456789012345678901234"] {
            assert!(!taken(text), "{text}");
        }
        assert_eq!(request_id(None).len(), 32);
    }
}
