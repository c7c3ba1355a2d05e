//! One request to an app, as far as its address and headers tell: whose app, how it came, how it can be answered, and whether
//! another site's page has made it. Pure.
//!
//! The browser sends the app's cookie with requests that pages of other apps make (hosts below one domain are one site to it),
//! and WebSockets know no origin rule at all. So everything but opening an address must come from the app's own pages.

use axum::body::Body;
use domain::app::AppLabel;
use http::{HeaderMap, HeaderValue, Method, Request, header};

use super::{OURS, cookies::Jar, hosts::Hosts, language_of, messages::Messages};
use crate::http::{client::Client, origin::Origin};

/// What the answer to it depends on.
#[derive(Debug, Clone)]
pub(super) struct AppRequestContext {
    pub(super) label: AppLabel,
    /// The path and query as the app knows them.
    pub(super) wanted: String,
    /// The host as the browser wrote it.
    pub(super) authority: String,
    pub(super) client: Client,
    /// Where the portal is for this visitor; nothing in path mode, which shares its host.
    pub(super) portal: String,
    /// Path mode: `/apps/<label>`, which stands before every path of the app.
    pub(super) prefix: Option<String>,
    pub(super) jar: Jar,
    pub(super) kind: Kind,
    pub(super) messages: Messages,
}

/// How an app is reached: on a host of its own, or below a path of the portal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Host,
    Path,
}

impl AppRequestContext {
    pub(super) fn new(
        label: AppLabel,
        way: Way,
        authority: &str,
        client: Client,
        hosts: &Hosts,
        request: &Request<Body>,
    ) -> Self {
        let (prefix, jar) = match way {
            Way::Host => (None, Jar::of_host(client.https || hosts.is_loopback())),
            Way::Path => {
                let prefix = format!("/apps/{label}");
                let jar = Jar::of_path(client.https, format!("{prefix}/"), label.as_str());
                (Some(prefix), jar)
            }
        };
        let portal = match way {
            Way::Host => hosts.portal_url(client.https, authority, jar.portal(request.headers())),
            Way::Path => String::new(),
        };
        let (kind, messages) =
            (Kind::of(request.method(), request.headers()), Messages(language_of(request.headers())));
        let wanted = wanted(request, prefix.as_deref()).to_owned();
        Self { label, wanted, authority: authority.to_owned(), client, portal, prefix, jar, kind, messages }
    }

    /// Where our own paths begin for this visitor.
    pub(super) fn ours(&self) -> String {
        self.address(OURS)
    }

    /// A path of the app as the browser must write it.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.prefix.as_deref().unwrap_or_default())
    }

    pub(super) fn is_in_path_mode(&self) -> bool {
        self.prefix.is_some()
    }
}

/// Without what path mode puts before it.
fn wanted<'a>(request: &'a Request<Body>, prefix: Option<&str>) -> &'a str {
    let all = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
    match prefix.and_then(|prefix| all.strip_prefix(prefix)) {
        Some(rest) if rest.starts_with('/') => rest,
        Some(_) => "/",
        None => all,
    }
}

/// What a browser sends when a page registers a service worker.
pub(super) fn registers_service_worker(headers: &HeaderMap) -> bool {
    headers.contains_key("service-worker")
}

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
        && !next.starts_with(OURS);
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
