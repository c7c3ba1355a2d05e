//! Sessions end with the provider's, and the provider's with ours.

use super::{Federation, Refusal};
use crate::{Error, ports::store::SessionKey};

impl Federation {
    /// The provider says by itself that somebody has signed out there. Returns how many sessions of ours have ended.
    pub async fn end_by_provider(&self, provider: &str, token: &str) -> Result<u64, Refusal> {
        let (rules, outside) = self.provider(provider)?;
        let order = outside.providers.verify_logout(&rules.name, token).await?;
        let mut tx = self.store.begin().await?;
        // One session where the provider names it; all of the person otherwise.
        let subject = order.subject.as_deref().filter(|_| order.session.is_none());
        let ended = tx.end_provider_sessions(&order.issuer, subject, order.session.as_deref()).await?;
        tx.commit().await?;
        tracing::info!(provider, sessions = ended, "signed out by the provider");
        Ok(ended)
    }

    /// Where to send the browser of this session so that its provider's session ends, too. Asked before ours is ended.
    /// `None` when it stands on none, or the provider cannot do it.
    pub async fn farewell(&self, session: &SessionKey, back: &str) -> Result<Option<(String, String)>, Error> {
        let Some(outside) = &self.outside else { return Ok(None) };
        let mut tx = self.store.begin().await?;
        let found = tx.provider_session(session).await?;
        drop(tx);
        let Some(found) = found else { return Ok(None) };
        let Some(rules) = self.rules.providers.iter().find(|rules| rules.name == found.provider) else {
            return Ok(None);
        };
        let id_token = found.id_token.as_deref().and_then(|sealed| outside.seal.open(sealed, session.as_str()));
        match outside.providers.logout_url(&rules.name, id_token.as_deref(), back).await {
            Ok(address) => Ok(address.map(|address| (rules.label.clone(), address))),
            // Signing out here works all the same.
            Err(error) => {
                tracing::warn!(provider = rules.name, %error, "the provider's session stays: it cannot be asked to end it");
                Ok(None)
            }
        }
    }
}
