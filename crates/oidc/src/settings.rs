//! What the configuration says of one provider, as far as the protocol needs it.

use std::fmt;

/// `Debug` shows no secret.
#[derive(Clone)]
pub struct Settings {
    /// In the addresses the provider sends browsers to.
    pub name: String,
    /// Exactly as the provider writes it itself.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    /// Further parameters of the address that people are sent to, such as Google's `access_type=offline`.
    pub parameters: Vec<(String, String)>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("name", &self.name).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
