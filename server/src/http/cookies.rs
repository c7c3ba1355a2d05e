//! The names of our cookies.

use http::{HeaderMap, header};

/// The session, over plain HTTP.
pub(crate) const SESSION: &str = "docklet_session";
/// The session, over TLS: the prefix makes browsers refuse one that another host or an unsafe page has set.
pub(crate) const SECURE_SESSION: &str = "__Host-docklet_session";

/// Whether the request carries a session, living or not.
pub(crate) fn has_session(headers: &HeaderMap) -> bool {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut names = pairs.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.split('=').next());
    names.any(|name| matches!(name.trim(), SESSION | SECURE_SESSION))
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
