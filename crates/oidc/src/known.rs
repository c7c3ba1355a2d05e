//! What a provider says about itself: its discovery document and its keys.
//!
//! Both are fetched when they are first needed and kept for a while. A token signed with a key that is not among them has them
//! fetched again at once, at most so often: a stranger can send us a token with an unknown key.

use std::{sync::Arc, time::Duration};

use control::ports::{
    clock::Clock,
    identity::{Distrust, IdentityError},
};
use openidconnect::{DiscoveryError, IssuerUrl};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    Settings,
    http::{Http, HttpError, LimitedHttp},
    types::{Keys, Metadata},
};

const KEPT: Duration = Duration::from_secs(600);
/// How often an unknown key may have the keys fetched again.
const KEYS_EVERY: Duration = Duration::from_secs(10);
/// How long it counts that a provider answers, and that it does not.
const UP_COUNTS: Duration = Duration::from_secs(30);
const DOWN_COUNTS: Duration = Duration::from_secs(3);
/// A sign-in page waits no longer than this to find out.
const A_MOMENT: Duration = Duration::from_millis(1500);

#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) metadata: Metadata,
    since: Instant,
}

impl Known {
    pub(crate) fn keys(&self) -> &Keys {
        self.metadata.jwks()
    }
}

#[derive(Debug, Default)]
struct Memory {
    known: Option<Arc<Known>>,
    /// When it was asked last, and whether it answered.
    asked: Option<(Instant, bool)>,
    /// When keys were last fetched because of a token: of those the provider has handed out itself, and of those that
    /// a stranger can send.
    keys_asked: [Option<Instant>; 2],
}

/// Who sent a token that has an unknown key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sender {
    Provider = 0,
    Anybody = 1,
}

pub(crate) struct Provider {
    pub(crate) settings: Settings,
    /// For what is asked about one person.
    pub(crate) limited: LimitedHttp,
    /// For what one asks and all need; it does not wait behind them.
    http: Http,
    pub(crate) clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    /// One fetches, the others wait for it.
    fetching: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Provider").field(&self.settings).finish()
    }
}

impl Provider {
    pub(crate) fn new(settings: Settings, http: Http, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            limited: LimitedHttp::new(http.clone()),
            http,
            clock,
            memory: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// For a page that does not wait for long; asking goes on without it.
    pub(crate) async fn answers(self: &Arc<Self>) -> bool {
        match self.memory.lock().asked {
            Some((at, true)) if at.elapsed() < UP_COUNTS => return true,
            Some((at, false)) if at.elapsed() < DOWN_COUNTS => return false,
            _ => {}
        }
        let this = self.clone();
        let asking = tokio::spawn(async move {
            // While another request is asking, what was known counts.
            match this.fetching.try_lock() {
                Ok(_fetching) => this.fetch().await.is_ok(),
                Err(_) => this.memory.lock().asked.is_none_or(|(_, answered)| answered),
            }
        });
        matches!(tokio::time::timeout(A_MOMENT, asking).await, Ok(Ok(true)))
    }

    /// What is known of a provider that has answered just now; asks it when it has not, as long as a request may take.
    pub(crate) async fn reached(&self) -> Result<Arc<Known>, IdentityError> {
        if let Some(known) = self.just_answered() {
            return Ok(known);
        }
        let _fetching = self.fetching.lock().await;
        match self.just_answered() {
            Some(known) => Ok(known),
            None => self.fetch_unless_down().await,
        }
    }

    fn just_answered(&self) -> Option<Arc<Known>> {
        let memory = self.memory.lock();
        let is_up = memory.asked.is_some_and(|(at, answered)| answered && at.elapsed() < UP_COUNTS);
        memory.known.clone().filter(|_| is_up)
    }

    pub(crate) async fn known(&self) -> Result<Arc<Known>, IdentityError> {
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        let _fetching = self.fetching.lock().await;
        if let Some(known) = self.fresh() {
            return Ok(known);
        }
        self.fetch_unless_down().await
    }

    async fn fetch_unless_down(&self) -> Result<Arc<Known>, IdentityError> {
        // Requests that have waited for a provider that does not answer need not ask it one after the other.
        if let Some((at, false)) = self.memory.lock().asked
            && at.elapsed() < DOWN_COUNTS
        {
            return Err(IdentityError::Unavailable("it did not answer a moment ago".into()));
        }
        self.fetch().await
    }

    /// What was fetched after `than`: by another request, or now if it is not too soon.
    pub(crate) async fn newer(&self, than: &Arc<Known>, sender: Sender) -> Result<Option<Arc<Known>>, IdentityError> {
        let _fetching = self.fetching.lock().await;
        {
            let mut memory = self.memory.lock();
            if let Some(known) = memory.known.as_ref().filter(|known| !Arc::ptr_eq(known, than)) {
                return Ok(Some(known.clone()));
            }
            let last = &mut memory.keys_asked[sender as usize];
            if last.is_some_and(|last| last.elapsed() < KEYS_EVERY) {
                return Ok(None);
            }
            *last = Some(Instant::now());
        }
        tracing::info!(provider = self.settings.name, "a token has a key that is not known; fetching the keys again");
        self.fetch().await.map(Some)
    }

    fn fresh(&self) -> Option<Arc<Known>> {
        self.memory.lock().known.clone().filter(|known| known.since.elapsed() < KEPT)
    }

    async fn fetch(&self) -> Result<Arc<Known>, IdentityError> {
        let fetched = self.discover().await;
        let mut memory = self.memory.lock();
        let was_up = memory.asked.is_none_or(|(_, answered)| answered);
        memory.asked = Some((Instant::now(), fetched.is_ok()));
        match fetched {
            Ok(metadata) => {
                let known = Arc::new(Known { metadata, since: Instant::now() });
                memory.known = Some(known.clone());
                Ok(known)
            }
            Err(error) => {
                // The caller says what that means for it; that it is down is said once.
                if was_up {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(provider = self.settings.name, cause, "{error}");
                }
                Err(error)
            }
        }
    }

    async fn discover(&self) -> Result<Metadata, IdentityError> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|fault| IdentityError::untrusted(Distrust::Issuer, fault))?;
        // Compares the document's issuer with ours, to the letter.
        let metadata = Metadata::discover_async(issuer, &self.http).await.map_err(of_discovery)?;
        self.check_addresses(&metadata)?;
        Ok(metadata)
    }

    /// Secrets and tokens are not sent in the clear to a provider that is reached over TLS.
    fn check_addresses(&self, metadata: &Metadata) -> Result<(), IdentityError> {
        let further = [
            metadata.token_endpoint().map(|url| url.url().scheme()),
            metadata.userinfo_endpoint().map(|url| url.url().scheme()),
            Some(metadata.jwks_uri().url().scheme()),
            Some(metadata.authorization_endpoint().url().scheme()),
        ];
        if further.into_iter().flatten().any(|scheme| !is_as_safe_as(&self.settings.issuer, scheme)) {
            let fault = "its discovery document names an address without TLS";
            return Err(IdentityError::untrusted(Distrust::Content, fault));
        }
        Ok(())
    }
}

/// Over TLS, where the issuer is.
pub(crate) fn is_as_safe_as(issuer: &str, scheme: &str) -> bool {
    scheme == "https" || (scheme == "http" && !issuer.starts_with("https:"))
}

fn of_discovery(error: DiscoveryError<HttpError>) -> IdentityError {
    match error {
        DiscoveryError::Validation(fault) => IdentityError::untrusted(Distrust::Issuer, fault),
        error @ (DiscoveryError::Request(_) | DiscoveryError::Response(..)) => {
            IdentityError::Unavailable(Box::new(error))
        }
        error => IdentityError::untrusted(Distrust::Content, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_in_the_clear_to_a_provider_that_is_reached_over_tls() {
        for (issuer, scheme, safe) in [
            ("https://idp.example", "https", true),
            ("https://idp.example", "http", false),
            ("https://idp.example", "ftp", false),
            ("http://localhost:9", "http", true),
            ("http://localhost:9", "https", true),
            ("http://localhost:9", "javascript", false),
        ] {
            assert_eq!(is_as_safe_as(issuer, scheme), safe, "{issuer} {scheme}");
        }
    }
}
