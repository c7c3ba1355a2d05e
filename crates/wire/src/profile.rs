//! One's own account: password, API tokens, browser sessions.

use chrono::{DateTime, Utc};
use domain::user::Scope;
use serde::{Deserialize, Serialize};

use crate::read;

/// `PUT /api/v1/me/password`. Never logged, never shown: `Debug` leaves both out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The one that holds now.
    pub present: String,
    /// 8–1024 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub new: String,
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

/// An API token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    pub id: String,
    /// What its owner calls it; empty for tokens from before there were names.
    pub name: String,
    /// The first characters of its text.
    pub prefix: String,
    /// What it may.
    #[serde(default, deserialize_with = "crate::session::known_scopes")]
    pub scopes: Vec<Scope>,
    /// The one this was asked with.
    #[serde(default)]
    pub present: bool,
    pub state: TokenState,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// To the minute; `null` for one that was never used.
    pub last_used: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TokenState {
    Good,
    Expired,
    Revoked,
}

/// `POST /api/v1/me/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateToken {
    /// 1–40 characters: what it is for.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::user::TokenName, inline))]
    pub name: String,
    /// How long it is good for, 1–366.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 366))]
    #[serde(deserialize_with = "read::whole")]
    pub days: i64,
    /// What it may beside `read`, which every token may: `vclusters` and `ssh` when absent. `admin` is an administrator's to
    /// give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
}

/// A new token and the only copy of its text. `Debug` leaves the text out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewToken {
    pub token: Token,
    /// `dkl_…`, shown this once.
    pub text: String,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrowserSession {
    pub id: String,
    /// The one this was asked through.
    pub present: bool,
    /// Where it was last used from.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub agent: Option<String>,
    pub since: DateTime<Utc>,
    /// To the minute.
    pub last_seen: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// An identity at an OpenID provider with which the account can be signed in to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// What people call the provider.
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    /// What it is recognised by, as the provider says it.
    pub shown: String,
    pub last_sign_in: DateTime<Utc>,
}

/// Everything about one's own account, as the console shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Newest first.
    pub tokens: Vec<Token>,
    /// The last used first.
    pub sessions: Vec<BrowserSession>,
    pub identities: Identities,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Identities {
    /// The oldest first.
    pub linked: Vec<Identity>,
    /// Providers of which there is none yet: name and label.
    pub offered: Vec<(String, String)>,
}
