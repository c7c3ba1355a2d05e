//! What the configuration says of one provider, as far as the protocol needs it.

/// `Debug` shows no secret.
#[derive(Clone, derive_more::Debug)]
pub struct Settings {
    /// In the addresses the provider sends browsers to.
    pub name: String,
    /// Exactly as the provider writes it itself.
    pub issuer: String,
    pub client_id: String,
    #[debug(skip)]
    pub client_secret: Option<String>,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    /// Further parameters of the address that people are sent to, such as Google's `access_type=offline`.
    #[debug(skip)]
    pub parameters: Vec<(String, String)>,
}
