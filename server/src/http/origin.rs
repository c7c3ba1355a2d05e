//! Which site a request comes from, and whether that is us. Pure: headers in, verdict out.
//!
//! A browser sends our cookie with requests that other sites' pages make. So whatever changes something, and every
//! WebSocket, must come from a page of ours: `Origin` says so, and where a browser leaves it out, `Sec-Fetch-Site`.
//! A bearer token is not sent by browsers on their own, so requests with one need no such proof.

use std::{fmt, str::FromStr};

use http::{HeaderMap, Method, Uri, header};

use super::cookies;

/// Scheme, host and port of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    /// Lower case.
    host: String,
    port: u16,
}

impl Origin {
    pub fn is_https(&self) -> bool {
        self.https
    }

    pub(crate) fn is_of_host(&self, host: &str) -> bool {
        split_port(host).is_some_and(|(name, port)| {
            name.eq_ignore_ascii_case(&self.host) && port.unwrap_or(self.usual_port()) == self.port
        })
    }

    /// As browsers write it in `Host`.
    pub(crate) fn authority(&self) -> String {
        let port = self.port_if_unusual().map_or_else(String::new, |port| format!(":{port}"));
        format!("{}{port}", self.host)
    }

    /// Without the port; an IPv6 address in brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn has_name(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.host)
    }

    pub(crate) fn port_if_unusual(&self) -> Option<u16> {
        (self.port != self.usual_port()).then_some(self.port)
    }

    fn usual_port(&self) -> u16 {
        if self.https { 443 } else { 80 }
    }
}

/// A text that is not scheme, host and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an origin is http or https, a host and perhaps a port")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let uri: Uri = text.parse().map_err(|_| NotAnOrigin)?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(NotAnOrigin),
        };
        let authority = uri.authority().ok_or(NotAnOrigin)?;
        let has_more = uri.path() != "/" || uri.query().is_some() || authority.as_str().contains('@');
        let (host, port) = split_port(authority.as_str()).ok_or(NotAnOrigin)?;
        if has_more || host.is_empty() {
            return Err(NotAnOrigin);
        }
        let port = port.unwrap_or(if https { 443 } else { 80 });
        Ok(Self { https, host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == self.usual_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// `host:port`, `host`, `[::1]:port`; `None` when the port is no port.
pub(crate) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host, Some(port.parse().ok()?))),
        _ => Some((authority, None)),
    }
}

/// A request that another site's page made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request came from another site's page, or does not say where it came from; repeat it from this console, or use an API token"
)]
pub struct Foreign;

/// Refuses requests that could have been made by another site's page with our cookie.
/// `ours` are the configured public URLs; with none, the `Host` header stands in for them.
pub fn check(method: &Method, headers: &HeaderMap, ours: &[Origin]) -> Result<(), Foreign> {
    let harmless = method.is_safe() && !headers.contains_key(header::UPGRADE);
    if harmless || super::bearer::has_token(headers) {
        return Ok(());
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().ok().and_then(|text| text.parse::<Origin>().ok());
        return if origin.is_some_and(|origin| is_ours(&origin, headers, ours)) { Ok(()) } else { Err(Foreign) };
    }
    match headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Foreign),
        // Not a browser of today. Without our cookie there is nothing another site could misuse.
        None if cookies::has_session(headers) => Err(Foreign),
        None => Ok(()),
    }
}

fn is_ours(origin: &Origin, headers: &HeaderMap, ours: &[Origin]) -> bool {
    if !ours.is_empty() {
        return ours.contains(origin);
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| origin.is_of_host(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: (&str, &str) = ("cookie", "docklet_session=x");

    fn verdict(method: Method, entries: &[(&'static str, &str)], ours: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in entries {
            headers.insert(*name, value.parse().expect("a header value"));
        }
        let ours: Vec<Origin> = ours.iter().map(|text| text.parse().expect("an origin")).collect();
        check(&method, &headers, &ours).is_ok()
    }

    #[test]
    fn a_page_of_ours_may_change_things() {
        let host = ("host", "lab.example:8000");
        assert!(verdict(Method::POST, &[host, COOKIE, ("origin", "http://lab.example:8000")], &[]));
        assert!(verdict(Method::POST, &[("host", "lab.example"), COOKIE, ("origin", "https://lab.example")], &[]));
        assert!(verdict(Method::POST, &[host, COOKIE, ("origin", "https://pub.example")], &["https://pub.example"]));
    }

    #[test]
    fn another_site_may_not() {
        let host = ("host", "lab.example:8000");
        for origin in ["http://evil.example", "http://lab.example", "http://lab.example:8001", "null", "x"] {
            assert!(!verdict(Method::POST, &[host, COOKIE, ("origin", origin)], &[]), "{origin}");
            assert!(!verdict(Method::DELETE, &[host, ("origin", origin)], &[]), "{origin}, signed out");
        }
        let elsewhere = ("origin", "http://lab.example:8000");
        assert!(!verdict(Method::POST, &[host, COOKIE, elsewhere], &["https://pub.example"]));
    }

    #[test]
    fn a_websocket_is_checked_though_it_begins_with_get() {
        let host = ("host", "lab.example");
        let upgrade = ("upgrade", "websocket");
        assert!(!verdict(Method::GET, &[host, COOKIE, upgrade, ("origin", "http://evil.example")], &[]));
        assert!(!verdict(Method::GET, &[host, COOKIE, upgrade], &[]));
        assert!(verdict(Method::GET, &[host, COOKIE, upgrade, ("origin", "http://lab.example")], &[]));
        assert!(verdict(Method::GET, &[host, COOKIE, ("origin", "http://evil.example")], &[]), "plain reading");
    }

    #[test]
    fn without_an_origin_the_browser_s_own_word_counts_and_then_the_cookie() {
        assert!(verdict(Method::POST, &[COOKIE, ("sec-fetch-site", "same-origin")], &[]));
        for site in ["cross-site", "same-site", "x"] {
            assert!(!verdict(Method::POST, &[("sec-fetch-site", site)], &[]), "{site}");
        }
        assert!(!verdict(Method::POST, &[COOKIE], &[]));
        assert!(verdict(Method::POST, &[], &[]), "signing in from a script");
    }

    #[test]
    fn a_bearer_token_needs_no_origin() {
        let token = ("authorization", "Bearer dkl_x");
        assert!(verdict(Method::POST, &[token, ("origin", "http://evil.example")], &[]));
    }

    #[test]
    fn origins_are_parsed_strictly_and_written_shortly() {
        for (text, shown) in [
            ("http://localhost:8000", "http://localhost:8000"),
            ("HTTPS://Lab.Example", "https://lab.example"),
            ("https://lab.example:443/", "https://lab.example"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(text.parse::<Origin>().expect("an origin").to_string(), shown);
        }
        for text in
            ["", "lab.example", "ftp://x", "http://", "http://x/path", "http://x?q", "http://u@x", "http://x:99999"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
