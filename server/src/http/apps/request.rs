//! What kind of request this is, and whether another site's page has made it. Pure: headers in, verdict out.
//!
//! The browser sends the app's cookie with requests that pages of other apps make (hosts below one domain are one site to it),
//! and WebSockets know no origin rule at all. So everything but opening an address must come from the app's own pages.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::http::origin::Origin;

/// How an answer can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A WebSocket, or any other protocol.
    Upgrade,
    /// A person opens an address: a page can answer, and a redirect can lead to signing in.
    Navigation,
    /// A page answers the form that was sent; nothing can be repeated.
    Form,
    /// A script or a program.
    Other,
}

impl Kind {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        if headers.contains_key(header::UPGRADE) {
            return Self::Upgrade;
        }
        let wants_page = match text(headers, "sec-fetch-dest") {
            Some(destination) => destination == "document",
            None => text(headers, "accept").is_some_and(|accept| accept.contains("text/html")),
        };
        match (wants_page, method) {
            (true, &Method::GET | &Method::HEAD) => Self::Navigation,
            (true, _) => Self::Form,
            (false, _) => Self::Other,
        }
    }
}

/// Whether another site's page made this request to the app at `host`.
pub(super) fn is_foreign(method: &Method, headers: &HeaderMap, host: &str) -> bool {
    let kind = Kind::of(method, headers);
    let origin = headers.get(header::ORIGIN);
    let is_own = |origin: &HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Origin>().ok());
        origin.is_some_and(|origin| origin.is_of_host(host))
    };
    if kind == Kind::Upgrade {
        return origin.is_some_and(|origin| !is_own(origin));
    }
    // Following a link or typing an address is no attack on something that only reads.
    if kind == Kind::Navigation {
        return false;
    }
    match text(headers, "sec-fetch-site") {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => !method.is_safe() && origin.is_some_and(|origin| !is_own(origin)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The path of an app, with its query, where the person wanted to go; anything else is the app's first page.
pub(super) fn safe_next(next: &str) -> &str {
    let bytes = next.as_bytes();
    let is_path = bytes.first() == Some(&b'/')
        && !matches!(bytes.get(1), Some(b'/' | b'\\'))
        && bytes.len() <= 2048
        && bytes.iter().all(|byte| byte.is_ascii_graphic())
        && !next.starts_with(super::OURS);
    if is_path { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "abcdefg234.localhost:8000";
    const OWN: (&str, &str) = ("origin", "http://abcdefg234.localhost:8000");
    const OTHER: (&str, &str) = ("origin", "http://zzzzzzz234.localhost:8000");

    fn headers(entries: &[(&'static str, &str)]) -> HeaderMap {
        entries
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().expect("a value")))
            .collect()
    }

    fn foreign(method: Method, entries: &[(&'static str, &str)]) -> bool {
        is_foreign(&method, &headers(entries), HOST)
    }

    #[test]
    fn a_websocket_is_for_the_app_s_own_pages() {
        let upgrade = ("upgrade", "websocket");
        assert!(!foreign(Method::GET, &[upgrade, OWN]));
        assert!(!foreign(Method::GET, &[upgrade]), "a program");
        for origin in ["http://localhost:8000", OTHER.1, "http://abcdefg234.localhost", "null", "https://evil.example"]
        {
            assert!(foreign(Method::GET, &[upgrade, ("origin", origin)]), "{origin}");
        }
        assert!(foreign(Method::GET, &[upgrade, OTHER, ("accept", "text/html"), ("sec-fetch-dest", "document")]));
    }

    #[test]
    fn links_lead_in_but_scripts_and_forms_of_others_do_not() {
        let navigation = ("sec-fetch-dest", "document");
        assert!(!foreign(Method::GET, &[navigation, ("sec-fetch-site", "cross-site")]));
        assert!(foreign(Method::POST, &[navigation, ("sec-fetch-site", "cross-site")]));
        assert!(foreign(Method::POST, &[navigation, ("sec-fetch-site", "same-site"), OTHER]));
        assert!(foreign(Method::GET, &[("sec-fetch-site", "same-site"), ("sec-fetch-dest", "script")]));
        assert!(!foreign(Method::POST, &[("sec-fetch-site", "same-origin"), OWN]));
    }

    #[test]
    fn where_the_browser_says_less_the_origin_counts() {
        assert!(foreign(Method::POST, &[OTHER]));
        assert!(!foreign(Method::POST, &[OWN]));
        assert!(!foreign(Method::POST, &[]), "a program that holds the cookie");
    }

    #[test]
    fn kinds_follow_the_browser_s_word_and_then_what_is_accepted() {
        let kind = |method: Method, entries: &[(&'static str, &str)]| Kind::of(&method, &headers(entries));
        assert_eq!(kind(Method::GET, &[("accept", "text/html,*/*")]), Kind::Navigation);
        assert_eq!(kind(Method::GET, &[("accept", "text/html"), ("sec-fetch-dest", "iframe")]), Kind::Other);
        assert_eq!(kind(Method::GET, &[("accept", "*/*")]), Kind::Other);
        assert_eq!(kind(Method::POST, &[("sec-fetch-dest", "document")]), Kind::Form);
    }

    #[test]
    fn next_stays_on_the_app_s_host_and_off_our_own_paths() {
        for path in ["/", "/lab/tree/a.ipynb?x=1#y", "/%2e/"] {
            assert_eq!(safe_next(path), path);
        }
        for text in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "/.docklet/enter?code=x",
            "lab",
        ] {
            assert_eq!(safe_next(text), "/", "{text:?}");
        }
        assert_eq!(safe_next(&format!("/{}", "x".repeat(3000))), "/");
    }
}
