//! What the record keeps of people who sign in elsewhere. Secrets that come back from a browser are kept as their SHA-256;
//! tokens are sealed before they come here.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{SessionHandle, UserId, user::User};

use super::{SessionKey, StoreError};
use crate::ports::identity::Secrets;

/// A person at a provider, and the user they are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    pub user: UserId,
    /// The provider's name in the configuration when it was last used.
    pub provider: String,
    /// What people recognise it by: a user name or an address. Never used to find a user.
    pub shown: String,
    pub created_at: DateTime<Utc>,
    pub last_sign_in: DateTime<Utc>,
}

/// What a browser was sent to a provider for. Other than to sign in, for the user who asked, in the session they asked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    /// The identity is to be linked to the user's account.
    Link(UserId, SessionHandle),
    /// The user is to show again who they are.
    Confirm(UserId, SessionHandle),
}

/// A browser that was sent to a provider and has not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    /// Lower-case hex of the SHA-256 of `state`.
    pub digest: String,
    /// The same of what binds it to the browser.
    pub browser: String,
    pub provider: String,
    pub secrets: Secrets,
    /// Where the browser was told to come back to.
    pub back: String,
    /// Where the person wanted to go.
    pub next: String,
    pub purpose: Purpose,
    pub expires_at: DateTime<Utc>,
    /// The network it was begun from.
    pub address: String,
}

/// How many sign-ins may be under way.
#[derive(Debug, Clone, Copy)]
pub struct PendingShares {
    pub of_browser: u32,
    pub of_address: u32,
    pub of_all: u64,
}

/// A session of ours that stands on one at a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct ProviderSession {
    pub key: SessionKey,
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    pub sid: Option<String>,
    /// Both sealed.
    pub refresh_token: Option<String>,
    pub id_token: Option<String>,
    /// When the provider is to be asked again, or the session ends because there is no refresh token to ask with.
    pub due_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for ProviderSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderSession").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// A user as signing in sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStatus {
    pub user: User,
    /// Locked because they wait for approval.
    pub pending: bool,
    pub has_password: bool,
}

#[async_trait]
pub trait IdentityReads: Send + Sync {
    async fn identity(&self, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreError>;
    async fn identities_of(&self, user: UserId) -> Result<Vec<Identity>, StoreError>;
    async fn account_status(&self, user: UserId) -> Result<Option<AccountStatus>, StoreError>;
    async fn provider_session(&self, key: &SessionKey) -> Result<Option<ProviderSession>, StoreError>;
    /// Whether the time of a session has come to ask its provider about it.
    async fn is_a_session_due(&self, now: DateTime<Utc>) -> Result<bool, StoreError>;
    /// Whether an administrator who is not locked has an identity of one of these issuers.
    async fn has_administrator_from(&self, issuers: &[String]) -> Result<bool, StoreError>;
}

#[async_trait]
pub trait IdentityWrites: Send {
    /// Keeps this one, always. The oldest of the same browser and of the same address make room for it, and when there are as
    /// many as may be, the oldest of the address that has the most.
    async fn insert_pending_sign_in(
        &mut self,
        pending: &PendingSignIn,
        shares: PendingShares,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError>;
    /// Takes it out of the record, if it is this browser's: it is not found again.
    async fn take_pending_sign_in(&mut self, digest: &str, browser: &str) -> Result<Option<PendingSignIn>, StoreError>;

    /// [`StoreError::Taken`]`("identity")` when it belongs to a user already.
    async fn insert_identity(&mut self, identity: &Identity) -> Result<(), StoreError>;
    async fn save_identity(&mut self, identity: &Identity) -> Result<(), StoreError>;
    /// Whether it was the user's.
    async fn remove_identity(&mut self, user: UserId, issuer: &str, subject: &str) -> Result<bool, StoreError>;

    async fn insert_provider_session(&mut self, session: &ProviderSession) -> Result<(), StoreError>;
    /// Those whose time has come, the longest overdue first; no other caller gets them before `until`.
    async fn take_due_sessions(
        &mut self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        most: u32,
    ) -> Result<Vec<ProviderSession>, StoreError>;
    /// Replaces tokens, time and what the provider calls its session. Whether ours was still there.
    /// Changes nothing unless the sealed refresh token is still `was`: another answer of the provider may be kept by now.
    async fn save_provider_session(&mut self, session: &ProviderSession, was: Option<&str>)
    -> Result<bool, StoreError>;
    /// Ends the browser session itself, and with it everything that stands on it.
    /// Unless its refresh token is another by now.
    async fn end_session_of_key(&mut self, key: &SessionKey, was: Option<&str>) -> Result<(), StoreError>;
    /// Ends browser sessions by what the provider calls them; returns how many. With subject and session: that session, and
    /// those of the subject of which the provider has never told a session.
    async fn end_provider_sessions(
        &mut self,
        issuer: &str,
        subject: Option<&str>,
        sid: Option<&str>,
    ) -> Result<u64, StoreError>;
}
