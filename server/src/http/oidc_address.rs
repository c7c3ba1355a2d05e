//! Our own addresses as OpenID providers know them, and programs that send a person to us.

use http::{Extensions, HeaderMap, header};

use super::client::Client;
use crate::state::AppState;

/// A page that leads on to the provider, so that its session ends, too.
pub(crate) const PROVIDER_LOGOUT: &str = "/oidc/farewell";

/// Whether this browser reaches us over TLS.
pub(crate) fn is_secure(state: &AppState, extensions: &Extensions) -> bool {
    state.sessions.is_always_secure() || extensions.get::<Client>().is_some_and(|client| client.https)
}

/// Scheme, host and port. Of the configured ones the one this browser uses, or the first; with none, what the request says.
/// A provider sends no browser to an address that was not registered with it.
pub(crate) fn base(state: &AppState, extensions: &Extensions, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let urls = &state.edge.public_urls;
    if let Some(url) = urls.iter().find(|url| url.is_of_host(host)).or(urls.first()) {
        return url.to_string();
    }
    let scheme = if is_secure(state, extensions) { "https" } else { "http" };
    format!("{scheme}://{host}")
}

pub(crate) fn callback(base: &str, provider: &str) -> String {
    format!("{base}/oidc/{provider}/callback")
}
