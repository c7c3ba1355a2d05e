//! What of a message's head passes between a browser and an app. Pure rules; knows no connection.
//!
//! An app is a stranger: it must not learn the portal's cookies and tokens, not be told by outsiders who is asking, and not act on
//! anything but its own host.

mod cookies;
mod hop;
mod location;
mod request;
mod response;

pub use location::ForeignScheme;
pub(crate) use request::prepare;
pub use request::{is_upgrade, origin_fits};
pub(crate) use response::confine;

use std::net::IpAddr;

/// How the browser reaches the app.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Host as the browser wrote it, with the port if there is one.
    pub authority: &'a str,
    pub https: bool,
    pub client: IpAddr,
    /// `/apps/<label>` when the app has no host of its own; no slash at the end.
    pub prefix: Option<&'a str>,
    /// Who may show the app in a frame; nothing is added when `None`.
    pub frame_ancestors: Option<&'a str>,
}

impl Site<'_> {
    fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

/// What belongs to the portal and never reaches an app.
#[derive(Debug, Clone, Default)]
pub struct OwnNames {
    /// Cookies, without `__Host-` and `__Secure-`: those forms are meant, too, and so is whatever follows behind a `-`.
    pub cookies: Vec<String>,
    /// What our bearer tokens begin with.
    pub token_prefix: String,
}

impl OwnNames {
    /// Whether a cookie with this name is ours, in whatever case: browsers and frameworks do not agree about it.
    fn has_cookie(&self, name: &str) -> bool {
        let strip = |prefix: &str| {
            let begins = name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
            begins.then(|| &name[prefix.len()..])
        };
        let name = strip("__Host-").or_else(|| strip("__Secure-")).unwrap_or(name);
        self.cookies.iter().any(|own| {
            let begins = name.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own));
            begins && matches!(name.as_bytes().get(own.len()), None | Some(b'-'))
        })
    }
}
