//! People as the record has them, with what administrators and they themselves want to see. Knows no secret.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use domain::{SessionHandle, allowance::Standing, quota::Usage, user::User};

/// A user with what is kept about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user: User,
    /// Locked because they wait for approval; only people who first signed in at a provider can be.
    pub pending: bool,
    /// What decides how much they may hold.
    pub standing: Standing,
    /// What they hold.
    pub usage: Usage,
    pub last_sign_in: Option<DateTime<Utc>>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSession {
    pub handle: SessionHandle,
    /// Where it was last used from.
    pub address: Option<IpAddr>,
    /// What the browser calls itself, as it says.
    pub agent: Option<String>,
    pub since: DateTime<Utc>,
    /// To the minute.
    pub last_seen: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}
