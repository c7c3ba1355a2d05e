//! What the record keeps about apps beside the apps themselves: who may be inside, and the one-time codes that let in.
//! Secrets are kept as their SHA-256 only.

use chrono::{DateTime, Utc};
use domain::{AppId, UserId, app::App, user::User, vcluster::Vcluster};

/// Names a row of the portal's browser sessions. Not the session's id: it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionKey(String);

impl SessionKey {
    /// For the store: what it keeps a session under.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A one-time code, from the portal that gave it to the app's host that takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPass {
    /// Lower-case hex of the SHA-256 of the code.
    pub digest: String,
    pub app: AppId,
    pub user: UserId,
    /// The portal session it was given to; it goes when that goes.
    pub session: SessionKey,
    /// Lower-case hex of the SHA-256 of the nonce that the browser has at the app's host.
    pub nonce: String,
    pub expires_at: DateTime<Utc>,
}

/// A browser that is inside an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSession {
    /// Lower-case hex of the SHA-256 of the cookie's secret.
    pub digest: String,
    pub app: AppId,
    /// The portal session it came from; it goes when that goes.
    pub session: SessionKey,
    pub created_at: DateTime<Utc>,
}

/// Everything that decides about a request to an app, as one state of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    pub session: AppSession,
    pub app: App,
    /// Whose portal session it is.
    pub user: User,
    /// When the portal session ends.
    pub expires_at: DateTime<Utc>,
    pub vcluster: Vcluster,
}
