//! The names of our cookies.

use http::{HeaderMap, header};

/// The session, over plain HTTP.
pub(crate) const SESSION: &str = "docklet_session";
/// The session, over TLS: the prefix makes browsers refuse one that another host or an unsafe page has set.
pub(crate) const SECURE_SESSION: &str = "__Host-docklet_session";

/// What binds a browser to the sign-ins it has begun at OpenID providers: one small cookie, however many there are.
const BROWSER: &str = "docklet_sign_in";
const SECURE_BROWSER: &str = "__Host-docklet_sign_in";
/// As long as a sign-in may take.
const BROWSER_SECONDS: u32 = 600;

/// What a browser is known by that has signed in with a password before.
const KNOWN: &str = "docklet_known";
const SECURE_KNOWN: &str = "__Host-docklet_known";

/// All of the portal's, over TLS and not (a prefix is no part of a name): no app and no node has any business with them.
pub(crate) const OF_PORTAL: [&str; 6] =
    [SESSION, BROWSER, KNOWN, app::THEME_COOKIE, app::ZONE_COOKIE, catalogue::COOKIE];

/// What binds this browser, if something does.
pub(crate) fn browser(headers: &HeaderMap, secure: bool) -> Option<&str> {
    value(headers, if secure { SECURE_BROWSER } else { BROWSER })
}

/// The cookie that binds the browser. `Lax`: it must come along when the provider sends the browser back.
pub(crate) fn bind_browser(secret: &str, secure: bool) -> String {
    let (name, flag) = if secure { (SECURE_BROWSER, "; Secure") } else { (BROWSER, "") };
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{flag}; Max-Age={BROWSER_SECONDS}")
}

/// What makes this browser a known one, if something does.
pub(crate) fn known(headers: &HeaderMap, secure: bool) -> Option<&str> {
    value(headers, if secure { SECURE_KNOWN } else { KNOWN })
}

/// `Strict`: it comes along when our own page sends a password, and never otherwise.
pub(crate) fn know(sealed: &str, secure: bool, seconds: i64) -> String {
    let (name, flag) = if secure { (SECURE_KNOWN, "; Secure") } else { (KNOWN, "") };
    format!("{name}={sealed}; Path=/; HttpOnly; SameSite=Strict{flag}; Max-Age={seconds}")
}

/// The first cookie of this name.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

/// Whether the request carries a session, living or not.
pub(crate) fn has_session(headers: &HeaderMap) -> bool {
    [SESSION, SECURE_SESSION].iter().any(|name| value(headers, name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_cookie_is_found_among_others() {
        let has = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, http::HeaderValue::from_static(text));
            has_session(&headers)
        };
        assert!(has("theme=dark; docklet_session=abc"));
        assert!(has("__Host-docklet_session=abc"));
        assert!(!has("theme=dark; my_docklet_session=abc"));
        assert!(!has("theme=docklet_session"));
    }
}
