//! One request to an app, as far as its address and headers tell: whose app, how it came, how it can be answered.

use axum::body::Body;
use domain::app::AppLabel;
use http::{HeaderMap, Request};

use super::{OURS, cookies::Jar, hosts::Hosts, language_of, request::Kind, words::Words};
use crate::http::client::Client;

#[derive(Debug, Clone)]
pub(super) struct Visitor {
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
    pub(super) words: Words,
}

/// How an app is reached: on a host of its own, or below a path of the portal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Host,
    Path,
}

impl Visitor {
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
        let (kind, words) = (Kind::of(request.method(), request.headers()), Words(language_of(request.headers())));
        let wanted = wanted(request, prefix.as_deref()).to_owned();
        Self { label, wanted, authority: authority.to_owned(), client, portal, prefix, jar, kind, words }
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
