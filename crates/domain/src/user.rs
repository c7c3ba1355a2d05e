//! A person with an account. Knows no password and no session.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{UserId, name::UserName};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Owns vclusters, sees only their own things.
    User,
    /// Also manages accounts and hosts.
    Admin,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: UserName,
    pub role: Role,
    /// A locked user cannot sign in, and every session and token of theirs is refused.
    pub locked: bool,
    pub created_at: DateTime<Utc>,
}
