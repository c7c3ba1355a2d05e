//! Where an app may send a browser.

use std::net::IpAddr;

use super::Site;

/// A redirect to something that is no web address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the app redirects to a {0}: address")]
pub struct ForeignScheme(pub String);

/// What the address becomes; `None` when it may stay as it is.
pub(super) fn confine(location: &str, site: &Site<'_>, port: u16) -> Result<Option<String>, ForeignScheme> {
    // Browsers forget these before they look for the scheme.
    let cleaned: String = location.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let address = cleaned.trim_matches(|c: char| c <= ' ');
    let confined = match scheme(address) {
        Some(scheme) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            absolute(scheme, &address[scheme.len() + 1..], site, port)
        }
        Some(scheme) => return Err(ForeignScheme(scheme.to_ascii_lowercase())),
        None if is_network_path(address) => absolute("", address, site, port),
        None => site.prefix.filter(|_| address.starts_with('/')).map(|prefix| under(prefix, address)),
    };
    let changed = (address != location).then(|| address.to_owned());
    Ok(confined.or(changed))
}

fn scheme(address: &str) -> Option<&str> {
    let scheme = address.split([':', '/', '?', '#', '\\']).next()?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (is_scheme && address[scheme.len()..].starts_with(':')).then_some(scheme)
}

/// `//host/…`; browsers take backslashes for slashes.
fn is_network_path(address: &str) -> bool {
    address.len() > 1 && address.bytes().take(2).all(|byte| matches!(byte, b'/' | b'\\'))
}

/// An address with a host: what the app believes to be its own becomes the host that the browser knows.
fn absolute(scheme: &str, rest: &str, site: &Site<'_>, port: u16) -> Option<String> {
    let rest = rest.trim_start_matches(['/', '\\']);
    let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let is_own = authority.eq_ignore_ascii_case(site.authority) || is_loopback(authority, scheme, port);
    let path = match site.prefix {
        // On the portal's host an address outside the prefix is the portal's.
        Some(prefix) => {
            under(prefix, if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }.as_str())
        }
        None => path.to_owned(),
    };
    is_own.then(|| format!("{}://{}{path}", site.scheme(), site.authority))
}

fn under(prefix: &str, path: &str) -> String {
    let is_under = path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    if is_under { path.to_owned() } else { format!("{prefix}{path}") }
}

/// The node's loopback with the app's own port.
fn is_loopback(authority: &str, scheme: &str, port: u16) -> bool {
    let (host, named) = match authority.rsplit_once(':') {
        Some((host, digits)) if !digits.is_empty() && !digits.ends_with(']') => (host, digits.parse().ok()),
        _ => (authority.trim_end_matches(':'), Some(if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 })),
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let is_local = address.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    is_local && named == Some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(prefix: Option<&str>) -> Site<'_> {
        Site {
            authority: "abc.localhost:8000",
            https: true,
            client: [127, 0, 0, 1].into(),
            prefix,
            frame_ancestors: None,
        }
    }

    fn host(location: &str) -> Result<Option<String>, ForeignScheme> {
        confine(location, &site(None), 8050)
    }

    fn path(location: &str) -> String {
        confine(location, &site(Some("/apps/abc")), 8050).expect("a web address").unwrap_or_else(|| location.to_owned())
    }

    #[test]
    fn relative_addresses_and_other_hosts_are_left_alone() {
        for location in
            ["", "/lab", "tree?x=1", "../up", "?q", "https://example.org/x", "//example.org/x", "/a:b", "./a:b"]
        {
            assert_eq!(host(location), Ok(None), "{location}");
        }
    }

    #[test]
    fn the_apps_own_loopback_address_becomes_its_host() {
        for own in [
            "http://127.0.0.1:8050",
            "http://localhost:8050",
            "HTTP://LocalHost:8050",
            "//[::1]:8050",
            "http://0.0.0.0:8050",
            "http://127.9.9.9:8050",
            "http://abc.localhost:8000",
        ] {
            let expected = Ok(Some("https://abc.localhost:8000/lab?x=1".to_owned()));
            assert_eq!(host(&format!("{own}/lab?x=1")), expected, "{own}");
        }
        assert_eq!(host("http://127.0.0.1:8051/"), Ok(None), "another port is another program");
        assert_eq!(host("http://127.0.0.1/"), Ok(None));
    }

    #[test]
    fn an_address_that_is_no_web_address_is_refused_however_it_is_written() {
        for location in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " javascript:x",
            "java\tscript:x",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "\u{1}javascript:x",
            "blob:http://x/y",
            "about:blank",
        ] {
            assert!(host(location).is_err(), "{location:?}");
        }
    }

    #[test]
    fn in_path_mode_addresses_stay_under_the_prefix() {
        assert_eq!(path("/lab"), "/apps/abc/lab");
        assert_eq!(path("/apps/abc/lab"), "/apps/abc/lab");
        assert_eq!(path("/apps/abcd"), "/apps/abc/apps/abcd");
        assert_eq!(path("lab"), "lab");
        assert_eq!(path("http://127.0.0.1:8050/lab"), "https://abc.localhost:8000/apps/abc/lab");
        assert_eq!(path("http://abc.localhost:8000/admin"), "https://abc.localhost:8000/apps/abc/admin");
        assert_eq!(path("http://abc.localhost:8000"), "https://abc.localhost:8000/apps/abc/");
        assert_eq!(path("https://example.org/"), "https://example.org/");
    }
}
