//! Logging in to a node by ssh. The connection itself is in `port`.

pub use domain::SshPublicKey;
use serde::{Deserialize, Serialize};

/// `POST /api/v1/vclusters/{id}/nodes/{node}/ssh`: this key is to open the node, and with it all of its owner's, which share
/// a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuthorizeSshKey {
    /// The line of a `.pub` file.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::SshPublicKey, inline))]
    pub public_key: String,
}

/// How to log in with the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshAccess {
    /// Whom to log in as.
    pub user: String,
    /// What the node's SSH server shows itself with, each as `type base64`: for a client's `known_hosts`.
    pub host_keys: Vec<String>,
}
