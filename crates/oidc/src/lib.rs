//! OpenID providers, through openidconnect: control's `IdentityProviders` port. Knows tokens and keys; not who may sign in,
//! which account that is, and no cookie.
//!
//! ```text
//! settings   what the configuration says of one provider     http    requests with bounds     limiter  so many at once
//! known      discovery and keys: fetched, kept, fetched again when they are old or a key is not among them
//! types      openidconnect's types as we use them            trust   verifying ID tokens, and what is wrong with them
//! sign_in    the code flow and refreshing                    logout  both directions
//! ```

mod http;
mod known;
mod limiter;
mod logout;
mod settings;
mod sign_in;
mod trust;
mod types;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::{
    clock::Clock,
    identity::{IdentityError, IdentityProviders, LogoutOrder, Refreshed, Secrets, Verified},
};

pub use http::HttpError;
pub use limiter::QueueTooLong;
pub use settings::Settings;

use self::{http::Http, known::Provider};

/// All providers of the configuration.
#[derive(Debug)]
pub struct Providers(Vec<Arc<Provider>>);

impl Providers {
    /// Asks no provider yet.
    pub fn new(settings: Vec<Settings>, clock: &Arc<dyn Clock>) -> Result<Self, HttpError> {
        let http = Http::new()?;
        let provider = |one| Arc::new(Provider::new(one, http.clone(), clock.clone()));
        Ok(Self(settings.into_iter().map(provider).collect()))
    }

    fn named(&self, name: &str) -> Result<&Arc<Provider>, IdentityError> {
        self.0.iter().find(|provider| provider.settings.name == name).ok_or(IdentityError::Unknown)
    }
}

#[async_trait]
impl IdentityProviders for Providers {
    async fn answers(&self, provider: &str) -> bool {
        match self.named(provider) {
            Ok(provider) => provider.answers().await,
            Err(_) => false,
        }
    }

    async fn authorize_url(
        &self,
        provider: &str,
        state: &str,
        secrets: &Secrets,
        back: &str,
        again: bool,
    ) -> Result<String, IdentityError> {
        self.named(provider)?.authorize_url(state, secrets, back, again).await
    }

    async fn is_from(&self, provider: &str, issuer: Option<&str>) -> Result<bool, IdentityError> {
        self.named(provider)?.is_from(issuer).await
    }

    async fn exchange(
        &self,
        provider: &str,
        code: &str,
        secrets: &Secrets,
        back: &str,
        shown_since: Option<DateTime<Utc>>,
    ) -> Result<Verified, IdentityError> {
        self.named(provider)?.exchange(code, secrets, back, shown_since).await
    }

    async fn refresh(&self, provider: &str, refresh_token: &str, subject: &str) -> Result<Refreshed, IdentityError> {
        self.named(provider)?.refresh(refresh_token, subject).await
    }

    async fn logout_url(
        &self,
        provider: &str,
        id_token: Option<&str>,
        back: &str,
    ) -> Result<Option<String>, IdentityError> {
        self.named(provider)?.logout_url(id_token, back).await
    }

    async fn verify_logout(&self, provider: &str, token: &str) -> Result<LogoutOrder, IdentityError> {
        self.named(provider)?.verify_logout(token).await
    }
}
