//! From the browser to the app.

use std::{fmt::Write as _, net::IpAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, Version, header, request, uri::PathAndQuery};

use super::{OwnNames, Site, cookies, hop};

/// A head that may go to the app.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) head: request::Parts,
    /// It asks for an upgrade.
    pub(crate) upgrade: bool,
}

/// Whether the request asks to speak something else from here on.
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    hop::upgrade(headers).is_some()
}

/// Whether the request comes from a page of the app itself, or from no page at all.
pub fn origin_fits(headers: &HeaderMap, https: bool, authority: &str) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).into_iter();
    let Some(origin) = origins.next() else { return true };
    let scheme = if https { "https://" } else { "http://" };
    let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix(scheme));
    origins.next().is_none() && host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

/// Makes the head what the app may see.
pub(crate) fn prepare(mut head: request::Parts, has_body: bool, site: &Site<'_>, names: &OwnNames) -> Ready {
    let upgrade = hop::upgrade(&head.headers);
    let wants_trailers = hop::has_token(&head.headers, &header::TE, "trailers");
    hop::remove(&mut head.headers);
    remove_claims(&mut head.headers);
    cookies::strip_own(&mut head.headers, names);
    strip_token(&mut head.headers, names);
    // hyper answers it itself as soon as the body is read.
    head.headers.remove(header::EXPECT);
    describe(&mut head.headers, site);
    if let Ok(host) = HeaderValue::from_str(site.authority)
        && head.headers.get(header::HOST) != Some(&host)
    {
        head.headers.insert(header::HOST, host);
    }
    if wants_trailers {
        head.headers.insert(header::TE, HeaderValue::from_static("trailers"));
        head.headers.insert(header::CONNECTION, HeaderValue::from_static("te"));
    }
    let is_upgrade = upgrade.is_some();
    if let Some(protocol) = upgrade {
        head.headers.insert(header::UPGRADE, protocol);
        head.headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    frame(&mut head, has_body);
    head.uri = origin_form(&head.uri, site.prefix);
    head.version = Version::HTTP_11;
    Ready { head, upgrade: is_upgrade }
}

/// One statement of the body's length, and a true one.
fn frame(head: &mut request::Parts, has_body: bool) {
    if has_body {
        if !head.headers.contains_key(header::CONTENT_LENGTH) {
            head.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
    } else if head.headers.remove(header::CONTENT_LENGTH).is_some()
        || matches!(head.method, Method::POST | Method::PUT | Method::PATCH)
    {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
}

/// What the client says about where it comes from; apps read it with a dash or an underscore.
fn remove_claims(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_claim(name)).cloned() {
        headers.remove(name);
    }
}

fn is_claim(name: &HeaderName) -> bool {
    let name = name.as_str().as_bytes();
    // Names are in lower case already.
    let same = |known: &[u8]| {
        let dashed = |byte: u8| if byte == b'_' { b'-' } else { byte };
        name.len() >= known.len() && name.iter().zip(known).all(|(byte, known)| dashed(*byte) == *known)
    };
    match name.first() {
        Some(b'x') => {
            same(b"x-forwarded-")
                || (name.len() == 9 && same(b"x-real-ip"))
                || (name.len() == 11 && same(b"x-forwarded"))
        }
        Some(b'f') => name == b"forwarded",
        _ => false,
    }
}

/// A token of ours would let the app act as the user.
fn strip_token(headers: &mut HeaderMap, names: &OwnNames) {
    let is_ours = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        let word = bytes.iter().position(|byte| *byte == b' ').map_or(bytes, |space| bytes[space..].trim_ascii());
        !names.token_prefix.is_empty() && word.starts_with(names.token_prefix.as_bytes())
    };
    if headers.get_all(header::AUTHORIZATION).iter().any(is_ours) {
        headers.remove(header::AUTHORIZATION);
    }
}

/// Says who asks, and what they asked for; in one piece of memory.
fn describe(headers: &mut HeaderMap, site: &Site<'_>) {
    let mut text = String::with_capacity(160);
    let mut pieces: [(usize, usize); 4] = [(0, 0); 4];
    let mut piece = |index: usize, write: &dyn Fn(&mut String)| {
        let from = text.len();
        write(&mut text);
        pieces[index] = (from, text.len());
    };
    let client = site.client.to_canonical();
    // Writing into a string does not fail.
    piece(0, &|text| _ = write!(text, "{client}"));
    piece(1, &|text| text.push_str(site.authority));
    piece(2, &|text| {
        _ = match client {
            IpAddr::V4(address) => write!(text, "for={address}"),
            IpAddr::V6(address) => write!(text, "for=\"[{address}]\""),
        };
        _ = write!(text, ";host=\"{}\";proto={}", site.authority, site.scheme());
    });
    piece(3, &|text| text.push_str(site.prefix.unwrap_or_default()));
    let all = Bytes::from(text);
    let value = |index: usize| {
        let (from, to): (usize, usize) = pieces[index];
        HeaderValue::from_maybe_shared(all.slice(from..to)).ok()
    };
    let mut set = |name: &'static str, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-forwarded-for", value(0));
    set("x-real-ip", value(0));
    set("x-forwarded-host", value(1));
    set("x-forwarded-proto", Some(HeaderValue::from_static(site.scheme())));
    set("forwarded", value(2));
    if site.prefix.is_some() {
        set("x-forwarded-prefix", value(3));
    }
}

/// The path alone, as apps expect it, without the prefix of path mode.
fn origin_form(uri: &Uri, prefix: Option<&str>) -> Uri {
    let Some(path) = uri.path_and_query() else { return Uri::from_static("/") };
    if let Some(rest) = prefix.and_then(|prefix| path.as_str().strip_prefix(prefix)) {
        let stripped = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
        return PathAndQuery::try_from(stripped).map_or_else(|_| Uri::from_static("/"), Uri::from);
    }
    if uri.authority().is_none() { uri.clone() } else { Uri::from(path.clone()) }
}

#[cfg(test)]
mod tests;
