//! The cookies of an app's host: the app's session, for a moment the nonce that binds an entry to this browser, and which of
//! the portal's addresses the person uses.
//! Decides names and flags; knows nothing of what the values stand for.

use http::{HeaderMap, HeaderValue};

use crate::http::cookies::value;

/// Of every app's host, whatever stands before or behind.
pub(super) const OF_APPS: [&str; 3] = ["docklet-app", "docklet-nonce", "docklet-portal"];

/// How cookies are kept on one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jar {
    /// Makes browsers refuse what another host, or a page without TLS, has set.
    prefix: &'static str,
    /// Sent over TLS only, or on the visitor's own machine.
    secure: bool,
    /// `/`, or in path mode the app's own path.
    path: String,
    /// Behind the name, where several apps share a host.
    suffix: String,
}

/// Bookmarks of an app lead to the same portal as the link did.
const PORTAL_SECONDS: u32 = 365 * 24 * 3600;
/// Long enough to sign in on the way.
const NONCE_SECONDS: u32 = 600;

impl Jar {
    /// Of an app's own host.
    pub(super) fn of_host(secure: bool) -> Self {
        Self { prefix: if secure { "__Host-" } else { "" }, secure, path: "/".into(), suffix: String::new() }
    }

    /// Of an app below a path.
    pub(super) fn of_path(secure: bool, path: String, label: &str) -> Self {
        Self { prefix: "", secure, path, suffix: format!("-{label}") }
    }

    pub(super) fn session<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        value(headers, &self.name("app")).filter(|secret| !secret.is_empty())
    }

    pub(super) fn nonce<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        value(headers, &self.name("nonce")).filter(|nonce| nonce.len() == 64)
    }

    /// The session ends with the portal's, so it needs no end of its own: a browser forgets it when it is closed.
    pub(super) fn keep_session(&self, secret: &str) -> Option<HeaderValue> {
        self.write("app", secret, "")
    }

    pub(super) fn keep_nonce(&self, nonce: &str) -> Option<HeaderValue> {
        self.write("nonce", nonce, &format!("; Max-Age={NONCE_SECONDS}"))
    }

    /// As the portal's `Host`.
    pub(super) fn portal<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        value(headers, &self.name("portal"))
    }

    pub(super) fn keep_portal(&self, authority: &str) -> Option<HeaderValue> {
        self.write("portal", authority, &format!("; Max-Age={PORTAL_SECONDS}"))
    }

    fn write(&self, what: &str, value: &str, more: &str) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{}={value}; Path={}; HttpOnly; SameSite=Lax{secure}{more}", self.name(what), self.path);
        HeaderValue::from_str(&text).ok()
    }

    fn name(&self, what: &str) -> String {
        format!("{}docklet-{what}{}", self.prefix, self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, cookie.parse().expect("a value"))])
    }

    #[test]
    fn a_secure_host_keeps_what_no_other_host_can_set() {
        let jar = Jar::of_host(true);
        let written = jar.keep_session("secret").expect("a header");
        assert_eq!(written, "__Host-docklet-app=secret; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(jar.session(&headers("a=b; __Host-docklet-app=secret")), Some("secret"));
        assert_eq!(jar.session(&headers("docklet-app=planted")), None);
    }

    #[test]
    fn without_tls_the_cookie_has_another_name() {
        let jar = Jar::of_host(false);
        assert_eq!(jar.keep_session("s").expect("a header"), "docklet-app=s; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(jar.session(&headers("docklet-app=s")), Some("s"));
    }

    #[test]
    fn in_path_mode_each_app_has_its_own() {
        let jar = Jar::of_path(false, "/apps/abcdefg234/".into(), "abcdefg234");
        let written = jar.keep_session("s").expect("a header");
        assert_eq!(written, "docklet-app-abcdefg234=s; Path=/apps/abcdefg234/; HttpOnly; SameSite=Lax");
        assert_eq!(jar.session(&headers("docklet-app=x; docklet-app-abcdefg234=s")), Some("s"));
    }

    #[test]
    fn a_nonce_is_64_digits_or_none() {
        let jar = Jar::of_host(false);
        assert_eq!(jar.nonce(&headers("docklet-nonce=short")), None);
        assert_eq!(jar.nonce(&headers("docklet-nonce=")), None);
        let nonce = "0".repeat(64);
        assert_eq!(jar.nonce(&headers(&format!("docklet-nonce={nonce}"))), Some(nonce.as_str()));
    }
}
