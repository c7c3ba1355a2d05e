//! Apps as the record has them: who may be inside, and the one-time codes that let in. Secrets are kept as their SHA-256
//! only.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    AppId, UserId, VclusterId,
    app::{App, AppLabel},
    user::User,
    vcluster::Vcluster,
};

use super::{SessionKey, StoreError};

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

#[async_trait]
pub trait AppReads: Send + Sync {
    /// By node and port.
    async fn apps_of(&self, id: VclusterId) -> Result<Vec<App>, StoreError>;
    async fn app(&self, id: AppId) -> Result<Option<App>, StoreError>;
    async fn app_labelled(&self, label: &AppLabel) -> Result<Option<App>, StoreError>;
    /// How many apps of all the owner's vclusters are pinned.
    async fn pinned_apps(&self, owner: UserId) -> Result<u64, StoreError>;
    /// What decides about a cookie with this digest; `None` when there is no such app session.
    async fn admission(&self, digest: &str) -> Result<Option<Admission>, StoreError>;
}

#[async_trait]
pub trait AppWrites: Send {
    /// [`StoreError::Taken`]`("label")` or `("port")` when one is.
    async fn insert_app(&mut self, app: &App) -> Result<(), StoreError>;
    /// Replaces what may change of an app: name, pin, switch, process.
    async fn save_app(&mut self, app: &App) -> Result<(), StoreError>;
    /// With its codes and sessions.
    async fn remove_app(&mut self, id: AppId) -> Result<(), StoreError>;
    /// Keeps the `most - 1` newest codes of the user that have not expired, and this one.
    async fn insert_entry_pass(&mut self, pass: &EntryPass, most: u32, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Takes the code out of the record, so that it works only once.
    async fn take_entry_pass(&mut self, digest: &str) -> Result<Option<EntryPass>, StoreError>;
    /// Keeps the `most - 1` newest sessions of the same app and portal session, and this one.
    async fn insert_app_session(&mut self, session: &AppSession, most: u32) -> Result<(), StoreError>;
    /// Ends every session and every code of the app.
    async fn end_app_sessions(&mut self, app: AppId) -> Result<(), StoreError>;
}
