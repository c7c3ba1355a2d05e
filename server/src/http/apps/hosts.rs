//! Which host name leads to which app, and how the addresses of apps and console are written. Pure.
//!
//! Everything below the apps' domain leads to an app or to nothing, and never to the console, however a name is
//! written; the only exceptions are the console's own public addresses.

use std::{fmt, net::IpAddr, str::FromStr};

use domain::app::AppLabel;
use wire::app::AppUrls;

use super::OURS;
use crate::http::{origin::Origin, query::encode};

/// Below [`OURS`]: where a link says which of the portal's addresses it was followed from, and the field with that.
pub(super) const FROM: &str = "from";
pub(super) const PORTAL: &str = "portal";

/// A DNS name in lower case, without a dot at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a domain is made of names of letters, digits and dashes, with dots between them")]
pub struct NotADomain;

impl FromStr for Domain {
    type Err = NotADomain;

    fn from_str(text: &str) -> Result<Self, NotADomain> {
        let is_name = |name: &str| {
            (1..=63).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !name.starts_with('-')
                && !name.ends_with('-')
        };
        // All digits at the end is an address; nothing can stand below one.
        let is_address = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        let good = text.len() <= 200 && !is_address && text.split('.').all(is_name);
        if good { Ok(Self(text.to_ascii_lowercase())) } else { Err(NotADomain) }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Portal,
    /// An app's own host.
    Host(AppLabel),
    /// Path mode: `/apps/<label>/…` of the portal's host.
    Path(AppLabel),
    /// A host below the apps' domain that can be no app's.
    Nobody,
}

#[derive(Debug, Clone)]
pub struct Hosts {
    domain: Domain,
    public_urls: Vec<Origin>,
    path_mode: bool,
}

impl Hosts {
    pub fn new(domain: Domain, public_urls: Vec<Origin>, path_mode: bool) -> Self {
        Self { domain, public_urls, path_mode }
    }

    /// `authority` as the request names it: `host`, `host:port`.
    pub fn place(&self, authority: &str, path: &str) -> Place {
        let name = name_of(authority);
        match self.below(name) {
            Some(_) if self.public_urls.iter().any(|url| url.has_name(name)) => self.portal(path),
            Some(label) => label.to_ascii_lowercase().parse().map_or(Place::Nobody, Place::Host),
            None => self.portal(path),
        }
    }

    /// What stands before the apps' domain, when anything does.
    fn below<'a>(&self, name: &'a str) -> Option<&'a str> {
        let at = name.len().checked_sub(self.domain.0.len() + 1)?;
        let (before, rest) = name.split_at_checked(at)?;
        let (dot, domain) = rest.split_at_checked(1)?;
        (dot == "." && domain.eq_ignore_ascii_case(&self.domain.0)).then_some(before)
    }

    fn portal(&self, path: &str) -> Place {
        let label = self.path_mode.then(|| label_of_path(path)).flatten();
        label.map_or(Place::Portal, Place::Path)
    }

    /// Whether anything below the domain is on the visitor's own machine, where browsers trust plain HTTP.
    pub fn is_loopback(&self) -> bool {
        self.domain.0 == "localhost" || self.domain.0.ends_with(".localhost")
    }

    /// The portal's own address, as a person on an app's host reaches it: the configured one that they came `from`, or the first.
    pub fn portal_url(&self, https: bool, authority: &str, from: Option<&str>) -> String {
        match from.and_then(|from| self.public_url(from)).or(self.public_urls.first()) {
            Some(url) => url.to_string(),
            None => format!("{}://{}{}", scheme(https), self.domain, port(authority)),
        }
    }

    /// The configured address of this host.
    pub fn public_url(&self, authority: &str) -> Option<&Origin> {
        self.public_urls.iter().find(|url| url.is_of_host(authority))
    }

    /// The portal's address where a person who came by `authority` has to sign in, when that is another one. The sessions of two
    /// names are two, and apps send people back to one of them.
    pub fn home(&self, https: bool, authority: &str) -> Option<String> {
        if !self.public_urls.is_empty() {
            return self.configured_home(authority);
        }
        // A person who has come by another machine's name finds nothing at `localhost`.
        let leads_home = is_loopback(authority) && self.is_loopback() && !self.path_mode;
        leads_home.then(|| self.portal_url(https, authority, None))
    }

    /// Whether apps lead a visitor who came by `authority` to their own machine instead of to ours. Nothing can be opened then,
    /// or, on our own machine, only after signing in a second time.
    fn lead_astray(&self, authority: &str) -> bool {
        let name = name_of(authority).to_ascii_lowercase();
        let is_local = name == "localhost" || name.ends_with(".localhost") || is_loopback(authority);
        self.is_loopback() && !self.path_mode && !is_local
    }

    /// The same of what is configured alone.
    pub fn configured_home(&self, authority: &str) -> Option<String> {
        let first = self.public_urls.first()?;
        self.public_url(authority).is_none().then(|| first.to_string())
    }

    /// How a visitor of the portal at `authority` finds apps.
    pub fn urls(&self, https: bool, authority: &str) -> AppUrls {
        if self.path_mode {
            return AppUrls { before: "/apps/".into(), after: "/".into(), ..AppUrls::default() };
        }
        let (first, used) = (self.public_urls.first(), self.public_url(authority));
        let (https, port) = match used.or(first) {
            Some(url) => (url.is_https(), url.port_if_unusual().map_or_else(String::new, |port| format!(":{port}"))),
            None => (https, port(authority).to_owned()),
        };
        AppUrls {
            before: format!("{}://", scheme(https)),
            after: format!(".{}{port}/", self.domain),
            // Without it they come back to the first.
            from: used.filter(|used| Some(*used) != first).map_or_else(String::new, from_portal),
            astray: self.lead_astray(authority),
        }
    }
}

/// What an app's host keeps of a link to it.
fn from_portal(url: &Origin) -> String {
    format!("{}{FROM}?{PORTAL}={}", OURS.trim_start_matches('/'), encode(&url.authority()))
}

fn is_loopback(authority: &str) -> bool {
    name_of(authority).trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Without the port. Also what is no port is cut off: else it would be part of a name that stands below nothing.
fn name_of(authority: &str) -> &str {
    let port = authority.rsplit_once(':').filter(|(_, port)| !port.contains(']'));
    port.map_or(authority, |(name, _)| name).trim_end_matches('.')
}

/// `/apps/<label>` and what is below it.
fn label_of_path(path: &str) -> Option<AppLabel> {
    path.strip_prefix("/apps/")?.split('/').next()?.parse().ok()
}

fn scheme(https: bool) -> &'static str {
    if https { "https" } else { "http" }
}

/// `:8000`, or nothing.
fn port(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(at) if authority[at + 1..].bytes().all(|byte| byte.is_ascii_digit()) => &authority[at..],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: &str = "abcdefg234";

    fn hosts(domain: &str, public: &[&str], path_mode: bool) -> Hosts {
        let public = public.iter().map(|url| url.parse().expect("an origin")).collect();
        Hosts::new(domain.parse().expect("a domain"), public, path_mode)
    }

    fn label() -> AppLabel {
        LABEL.parse().expect("a label")
    }

    #[test]
    fn an_app_s_host_leads_to_the_app_however_it_is_written() {
        let hosts = hosts("localhost", &[], false);
        for host in [
            "abcdefg234.localhost",
            "abcdefg234.localhost:8000",
            "ABCDEFG234.LocalHost:8000",
            "abcdefg234.localhost.:8000",
        ] {
            assert_eq!(hosts.place(host, "/"), Place::Host(label()), "{host}");
        }
    }

    #[test]
    fn nothing_below_the_domain_is_the_portal() {
        let hosts = hosts("apps.example.org", &["https://docklet.example.org"], false);
        for host in
            ["x.apps.example.org", "a.abcdefg234.apps.example.org", ".apps.example.org", "1bcdefg234.apps.example.org"]
        {
            assert_eq!(hosts.place(host, "/"), Place::Nobody, "{host}");
        }
        for odd in [":", ":99999", ":abc", "..", ".:80"] {
            let host = format!("{LABEL}.apps.example.org{odd}");
            assert!(matches!(hosts.place(&host, "/"), Place::Host(_)), "{host}");
        }
        for host in ["docklet.example.org", "apps.example.org", "xapps.example.org", "127.0.0.1:8000", "[::1]:8000", ""]
        {
            assert_eq!(hosts.place(host, "/"), Place::Portal, "{host}");
        }
    }

    #[test]
    fn a_public_url_below_the_domain_stays_the_portal() {
        let hosts = hosts("example.org", &["https://docklet.example.org"], false);
        assert_eq!(hosts.place("Docklet.example.org:443", "/"), Place::Portal);
        assert_eq!(hosts.place("other.example.org", "/"), Place::Nobody);
    }

    #[test]
    fn paths_lead_to_apps_in_path_mode_only() {
        let (on, off) = (hosts("localhost", &[], true), hosts("localhost", &[], false));
        assert_eq!(on.place("localhost:8000", "/apps/abcdefg234/lab"), Place::Path(label()));
        assert_eq!(on.place("localhost:8000", "/apps/abcdefg234"), Place::Path(label()));
        assert_eq!(on.place("localhost:8000", "/apps/enter"), Place::Portal);
        assert_eq!(off.place("localhost:8000", "/apps/abcdefg234/lab"), Place::Portal);
    }

    #[test]
    fn addresses_follow_the_public_url_and_else_the_request() {
        let local = hosts("localhost", &[], false);
        assert_eq!(local.urls(false, "127.0.0.1:8000").url(LABEL), "http://abcdefg234.localhost:8000/");
        assert_eq!(local.portal_url(false, "abcdefg234.localhost:8000", None), "http://localhost:8000");
        let public = hosts("apps.example.org", &["https://docklet.example.org"], false);
        assert_eq!(public.urls(false, "127.0.0.1:8000").url(LABEL), "https://abcdefg234.apps.example.org/");
        assert_eq!(public.portal_url(false, "abcdefg234.apps.example.org", None), "https://docklet.example.org");
        assert_eq!(hosts("localhost", &[], true).urls(false, "x").url(LABEL), "/apps/abcdefg234/");
    }

    #[test]
    fn of_several_public_urls_the_one_in_use_counts() {
        let urls = ["https://docklet.example.org", "https://intern:8443"];
        let hosts = hosts("apps.example.org", &urls, false);
        let first = hosts.urls(true, "docklet.example.org");
        assert_eq!(first.url(LABEL), "https://abcdefg234.apps.example.org/");
        assert_eq!(hosts.urls(true, "unknown").url(LABEL), first.url(LABEL));
        let second = hosts.urls(true, "intern:8443");
        assert_eq!(second.root(LABEL), "https://abcdefg234.apps.example.org:8443/");
        assert_eq!(second.url(LABEL), format!("{}.docklet/from?portal=intern%3A8443", second.root(LABEL)));
        let portal = |from| hosts.portal_url(true, "abcdefg234.apps.example.org", from);
        assert_eq!(portal(Some("intern:8443")), urls[1]);
        for from in [None, Some("docklet.example.org"), Some("evil.example"), Some("intern"), Some("")] {
            assert_eq!(portal(from), urls[0], "{from:?}");
        }
    }

    #[test]
    fn apps_below_localhost_lead_a_visitor_from_another_machine_astray() {
        let local = hosts("localhost", &[], false);
        for here in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LocalHost", "lab.localhost"] {
            assert!(!local.urls(false, here).astray, "{here}");
        }
        for elsewhere in ["lab.example:8000", "192.0.2.7", "lab", "mylocalhost"] {
            assert!(local.urls(false, elsewhere).astray, "{elsewhere}");
            assert!(!hosts("localhost", &[], true).urls(false, elsewhere).astray, "in path mode: {elsewhere}");
            assert!(!hosts("apps.example.org", &["https://lab.example:8000"], false).urls(true, elsewhere).astray);
        }
        assert!(hosts("localhost", &["https://lab.example"], false).urls(true, "lab.example").astray);
    }

    #[test]
    fn whoever_came_by_another_name_signs_in_where_apps_come_back_to() {
        let local = hosts("localhost", &[], false);
        for other in ["127.0.0.1:8000", "[::1]:8000", "127.0.0.9:8000"] {
            assert_eq!(local.home(false, other).as_deref(), Some("http://localhost:8000"), "{other}");
            assert_eq!(hosts("localhost", &[], true).home(false, other), None, "apps are under the same name");
        }
        for own in ["localhost:8000", "lab.example:8000", "192.0.2.7:8000", ""] {
            assert_eq!(local.home(false, own), None, "{own}");
        }
        let public = hosts("apps.example.org", &["https://docklet.example.org", "http://intern:8000"], false);
        for other in ["127.0.0.1:8000", "192.0.2.7", "intern:8001", "apps.example.org"] {
            assert_eq!(public.home(true, other).as_deref(), Some("https://docklet.example.org"), "{other}");
        }
        for own in ["docklet.example.org", "Docklet.example.org:443", "intern:8000"] {
            assert_eq!(public.home(true, own), None, "{own}");
        }
    }

    #[test]
    fn domains_are_names() {
        for text in ["localhost", "Apps.Example.org", "a-b.c"] {
            assert!(text.parse::<Domain>().is_ok(), "{text}");
        }
        for text in ["", ".", "a..b", "-a.b", "a.b.", "*.a", "a:80", "127.0.0.1", "[::1]", "a/b"] {
            assert!(text.parse::<Domain>().is_err(), "{text}");
        }
    }
}
