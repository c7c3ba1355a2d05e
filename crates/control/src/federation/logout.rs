//! Sessions end with the provider's, and the provider's with ours.

use std::time::Duration;

use super::{Federation, Refusal};
use crate::{Error, ports::store::SessionKey};

/// A person waits to be signed out.
const AT_MOST: Duration = Duration::from_millis(1500);

/// What a session stood on. `Debug` shows no token.
pub struct Parting {
    provider: String,
    label: String,
    id_token: Option<String>,
}

impl std::fmt::Debug for Parting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parting").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl Federation {
    /// The provider says by itself that a person has signed out there. Returns how many sessions of ours have ended.
    pub async fn end_by_provider(&self, provider: &str, token: &str) -> Result<u64, Refusal> {
        let (rules, outside) = self.provider(provider)?;
        let order = outside.providers.verify_logout(&rules.name, token).await?;
        let mut tx = self.store.begin().await?;
        let (subject, session) = (order.subject.as_deref(), order.session.as_deref());
        let ended = tx.end_provider_sessions(&order.issuer, subject, session).await?;
        tx.commit().await?;
        tracing::info!(provider, sessions = ended, "signed out by the provider");
        Ok(ended)
    }

    /// What this session stands on at a provider, to be looked up before it is ended. `None` when it stands on nothing.
    pub async fn parting(&self, session: &SessionKey) -> Result<Option<Parting>, Error> {
        let Some(outside) = &self.outside else { return Ok(None) };
        let Some(found) = self.store.provider_session(session).await? else { return Ok(None) };
        let Some(rules) = self.rules.providers.iter().find(|rules| rules.name == found.provider) else {
            return Ok(None);
        };
        let id_token = found.id_token.as_deref().and_then(|sealed| outside.seal.open(sealed, session.as_str()));
        Ok(Some(Parting { provider: rules.name.clone(), label: rules.label.clone(), id_token }))
    }

    /// Where to send the browser so that the provider's session ends, too, when ours has; and the provider's label. `None`
    /// when the provider cannot do it, or does not say so at once.
    pub async fn provider_logout(&self, parting: Parting, back: &str) -> Option<(String, String)> {
        let Parting { provider, label, id_token } = parting;
        let providers = &self.outside.as_ref()?.providers;
        let asked = providers.logout_url(&provider, id_token.as_deref(), back);
        match tokio::time::timeout(AT_MOST, asked).await {
            Ok(Ok(address)) => Some((label, address?)),
            // Signing out here works all the same.
            Ok(Err(error)) => {
                tracing::warn!(provider, %error, "the provider's session stays: it cannot be asked to end it");
                None
            }
            Err(_) => {
                tracing::warn!(provider, "the provider's session stays: where it ends was not said in time");
                None
            }
        }
    }
}
