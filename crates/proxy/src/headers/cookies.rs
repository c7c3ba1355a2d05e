//! Cookies in both directions: ours stay with us, an app's stay on its host.

use http::{HeaderMap, HeaderValue, header};

use super::{OwnNames, Site};

/// Takes our cookies out of `Cookie`.
pub(super) fn strip_own(headers: &mut HeaderMap, names: &OwnNames) {
    let values = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let is_ours = |pair: &[u8]| is_own(pair, names);
    if !pairs.any(is_ours) {
        return;
    }
    let mut kept = Vec::new();
    for value in headers.get_all(header::COOKIE) {
        for pair in value.as_bytes().split(|byte| *byte == b';').filter(|pair| !is_ours(pair)) {
            if !kept.is_empty() {
                kept.extend_from_slice(b"; ");
            }
            kept.extend_from_slice(pair.trim_ascii());
        }
    }
    headers.remove(header::COOKIE);
    if !kept.is_empty()
        && let Ok(value) = HeaderValue::from_bytes(&kept)
    {
        headers.insert(header::COOKIE, value);
    }
}

fn is_own(pair: &[u8], names: &OwnNames) -> bool {
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    std::str::from_utf8(name).is_ok_and(|name| names.has_cookie(name))
}

/// Confines every `Set-Cookie`, and drops what cannot be confined.
pub(super) fn confine(headers: &mut HeaderMap, site: &Site<'_>, names: &OwnNames) {
    if !headers.contains_key(header::SET_COOKIE) {
        return;
    }
    let confined: Vec<HeaderValue> =
        headers.get_all(header::SET_COOKIE).into_iter().filter_map(|cookie| confine_one(cookie, site, names)).collect();
    headers.remove(header::SET_COOKIE);
    for cookie in confined {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn confine_one(cookie: &HeaderValue, site: &Site<'_>, names: &OwnNames) -> Option<HeaderValue> {
    let mut parts = cookie.as_bytes().split(|byte| *byte == b';');
    let pair = parts.next()?;
    let (name, value) = split(pair);
    // Browsers send a cookie without a name as its value alone, which may look like a pair with one of our names.
    if name.is_empty() && value.contains(&b'=') || is_own(if name.is_empty() { value } else { name }, names) {
        return None;
    }
    let needs_root = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"__Host-"));
    if site.prefix.is_some() && needs_root {
        return None;
    }
    let mut kept = pair.to_vec();
    let mut path = None;
    for part in parts {
        let (attribute, value) = split(part);
        if attribute.eq_ignore_ascii_case(b"domain") {
            continue;
        }
        if attribute.eq_ignore_ascii_case(b"path") && site.prefix.is_some() {
            path = Some(value);
            continue;
        }
        kept.push(b';');
        kept.extend_from_slice(part);
    }
    if let Some(prefix) = site.prefix {
        kept.extend_from_slice(b"; Path=");
        kept.extend_from_slice(&path_under(prefix, path.unwrap_or(b"/")));
    }
    HeaderValue::from_bytes(&kept).ok()
}

fn path_under(prefix: &str, path: &[u8]) -> Vec<u8> {
    let is_under = path.strip_prefix(prefix.as_bytes()).is_some_and(|rest| rest.is_empty() || rest[0] == b'/');
    if is_under && !path.windows(2).any(|pair| pair == b"..") {
        return path.to_vec();
    }
    let slash: &[u8] = if path.first() == Some(&b'/') { b"" } else { b"/" };
    [prefix.as_bytes(), slash, path].concat()
}

/// `name=value`, or a name alone (for a cookie: a value alone).
fn split(part: &[u8]) -> (&[u8], &[u8]) {
    match part.iter().position(|byte| *byte == b'=') {
        Some(at) => (part[..at].trim_ascii(), part[at + 1..].trim_ascii()),
        None => (part.trim_ascii(), b""),
    }
}
