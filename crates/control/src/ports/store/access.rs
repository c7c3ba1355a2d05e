//! How users get in: API tokens, browser sessions, and how often signing in has failed.

use std::net::IpAddr;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{SessionHandle, TokenId, UserId, user::Scopes};

use super::StoreError;

/// An API token as the record has it: never the secret, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub user: UserId,
    /// Lower-case hex of the SHA-256 of the whole token text.
    pub digest: String,
    /// The first characters, to tell tokens apart in lists.
    pub prefix: String,
    /// What its owner calls it; empty for tokens from before there were names.
    pub name: String,
    /// What it may; everything for tokens from before there were scopes.
    pub scopes: Scopes,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// To the minute.
    pub last_used: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Token {
    /// Neither revoked nor over.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// How often signing in has failed, per account or per address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// What is counted: `account:ada` or `address:192.0.2.7`.
    pub key: String,
    pub failures: u32,
    pub last_failure: DateTime<Utc>,
}

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

#[async_trait]
pub trait AccessReads: Send + Sync {
    async fn token(&self, digest: &str) -> Result<Option<Token>, StoreError>;
    /// The user's tokens, newest first, also those that are not good any more.
    async fn tokens_of(&self, user: UserId) -> Result<Vec<Token>, StoreError>;
    /// The user's browser sessions that have not ended by `now`, the last used first.
    async fn sessions_of(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<BrowserSession>, StoreError>;
    /// The user of this browser session, if it has not ended by `now`.
    async fn session_user(&self, session: &SessionKey, now: DateTime<Utc>) -> Result<Option<UserId>, StoreError>;
    async fn attempts(&self, key: &str) -> Result<Option<Attempts>, StoreError>;
}

#[async_trait]
pub trait AccessWrites: Send {
    async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError>;
    async fn set_token_used(&mut self, token: TokenId, at: DateTime<Utc>) -> Result<(), StoreError>;
    /// A token that was revoked before keeps the time of the first revocation.
    async fn revoke_token(&mut self, token: TokenId, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Revokes every token of the user that is not revoked yet.
    async fn revoke_tokens(&mut self, user: UserId, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Drops tokens of the user that are revoked or over, but for the `kept` newest.
    async fn drop_dead_tokens(&mut self, user: UserId, now: DateTime<Utc>, kept: u64) -> Result<(), StoreError>;
    /// Ends every browser session of the user.
    async fn end_sessions(&mut self, user: UserId) -> Result<(), StoreError>;
    /// Ends every browser session of the user but this one.
    async fn end_sessions_but(&mut self, user: UserId, kept: &SessionHandle) -> Result<(), StoreError>;
    /// Whether there was one.
    async fn end_session(&mut self, user: UserId, session: &SessionHandle) -> Result<bool, StoreError>;
    async fn set_attempts(&mut self, attempts: &Attempts) -> Result<(), StoreError>;
    async fn clear_attempts(&mut self, key: &str) -> Result<(), StoreError>;
}
