//! Signing out of a provider with us. The address people are sent to names who they are, and a form of ours may not lead to
//! another site (Content-Security-Policy): so signing out leads to a page of ours, and that page leads on, once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::Request;
use control::{
    federation::{Federation, Parting},
    ports::store::SessionKey,
};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::oidc_address;
use crate::state::AppState;

/// A redirect takes milliseconds; a slow phone a few seconds.
const KEPT: Duration = Duration::from_secs(60);
/// So many may be under way; then the oldest only signs out here.
const MOST: usize = 1024;

/// The browsers that are being sent on. Lost with a restart; their users then stay signed in at the provider.
#[derive(Clone, Default)]
pub struct ProviderLogouts(Arc<Mutex<HashMap<String, Onward>>>);

impl std::fmt::Debug for ProviderLogouts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProviderLogouts")
    }
}

/// Where a browser is sent on to.
#[derive(Clone)]
pub(crate) struct Onward {
    pub(crate) label: String,
    pub(crate) address: String,
    since: Instant,
}

impl ProviderLogouts {
    fn keep(&self, label: String, address: String) -> String {
        let key = format!("{:032x}", rand::random::<u128>());
        let mut all = self.0.lock();
        all.retain(|_, onward| onward.since.elapsed() < KEPT);
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, onward)| onward.since).map(|(key, _)| key.clone())
        {
            all.remove(&oldest);
        }
        all.insert(key.clone(), Onward { label, address, since: Instant::now() });
        key
    }

    pub(crate) fn take(&self, key: &str) -> Option<Onward> {
        self.0.lock().remove(key).filter(|onward| onward.since.elapsed() < KEPT)
    }
}

/// What it takes to find out where signing out leads.
#[derive(Clone)]
pub(crate) struct Way {
    federation: Federation,
    provider_logouts: ProviderLogouts,
    /// Where the provider sends the browser back to.
    back: String,
}

impl Way {
    pub(crate) fn of(state: &AppState, request: &Request) -> Self {
        let base = oidc_address::base(state, request.extensions(), request.headers());
        Self {
            federation: state.control.federation.clone(),
            provider_logouts: state.provider_logouts.clone(),
            back: format!("{base}{}", app::routes::SIGN_IN),
        }
    }

    /// What the session stands on at a provider, while there is one.
    pub(crate) async fn parting(&self, session: &SessionKey) -> Option<Parting> {
        match self.federation.parting(session).await {
            Ok(parting) => parting,
            Err(error) => {
                tracing::warn!(%error, "cannot find out where signing out leads");
                None
            }
        }
    }

    /// The page of ours that leads on, when our session has ended; `None` when signing out ends here.
    pub(crate) async fn onward(&self, parting: Parting) -> Option<String> {
        let (label, address) = self.federation.provider_logout(parting, &self.back).await?;
        Some(format!("{}?key={}", oidc_address::PROVIDER_LOGOUT, self.provider_logouts.keep(label, address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_is_given_once_and_not_for_long() {
        let provider_logouts = ProviderLogouts::default();
        let key = provider_logouts.keep("Lab".into(), "https://idp.example/out".into());
        assert_eq!(provider_logouts.take(&key).map(|onward| onward.label), Some("Lab".into()));
        assert!(provider_logouts.take(&key).is_none(), "used up");
        let late = provider_logouts.keep("Lab".into(), "https://idp.example/out".into());
        tokio::time::advance(KEPT).await;
        assert!(provider_logouts.take(&late).is_none(), "too late");
    }

    #[tokio::test]
    async fn there_are_never_more_than_fit() {
        let provider_logouts = ProviderLogouts::default();
        for _ in 0..MOST + 10 {
            provider_logouts.keep("Lab".into(), "https://idp.example/out".into());
        }
        assert_eq!(provider_logouts.0.lock().len(), MOST);
    }
}
