//! Headers that mean one connection and never the next.

use http::{HeaderMap, HeaderName, header};

static HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Removes them, and what `Connection` names besides.
pub(super) fn remove(headers: &mut HeaderMap) {
    if let Some(named) = named_by_connection(headers) {
        for name in named {
            headers.remove(name);
        }
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove("proxy-connection");
}

/// Other names in `Connection`; nearly always none.
fn named_by_connection(headers: &HeaderMap) -> Option<Vec<HeaderName>> {
    let mut named = None;
    for value in headers.get_all(header::CONNECTION) {
        for token in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            let is = |known: &str| token.eq_ignore_ascii_case(known.as_bytes());
            if is("keep-alive") || is("close") || is("upgrade") || is("te") {
                continue;
            }
            // Without these the message would mean something else.
            if is("host") || is("content-length") || is("content-type") || is("cookie") {
                continue;
            }
            if let Ok(name) = HeaderName::from_bytes(token) {
                named.get_or_insert_with(Vec::new).push(name);
            }
        }
    }
    named
}

/// Whether the message asks for an upgrade, or is one.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<http::HeaderValue> {
    let upgrade = headers.get(header::UPGRADE)?;
    has_token(headers, &header::CONNECTION, "upgrade").then(|| upgrade.clone())
}

/// Whether a comma-separated list has this word.
pub(super) fn has_token(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter();
    let mut tokens = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}
