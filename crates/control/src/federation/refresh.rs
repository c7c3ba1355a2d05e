//! The provider is asked again, as often as it wants to be. When it says no, the session ends; while it does not answer, or
//! its answer says nothing about the person, the session stays. One that it cannot be asked about ends after a while.
//!
//! A session is taken for one asker before the provider is asked (providers that rotate refresh tokens end everything when
//! they see an old one twice), and given back with the new token in the same transaction. The database is not held meanwhile.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;

use super::{Federation, Outside, ProviderRules, account::map_group};
use crate::{
    Error,
    error::chain,
    ports::{
        identity::{Distrust, IdentityError, Refreshed, Verified},
        store::{AccountStatus, ProviderSession, StoreError},
    },
};

const EVERY: Duration = Duration::from_secs(1);
/// So many are asked about at the same time.
const AT_ONCE: usize = 8;
const BATCH: u32 = 64;
/// How long one asker has; longer than asking may take.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(2);
/// After a failure that is no refusal of the person.
const AGAIN_IN: TimeDelta = TimeDelta::seconds(30);
/// Where the provider does not say how often.
const USUAL: Duration = Duration::from_secs(300);
const LONGEST: Duration = Duration::from_secs(3600);
/// Without a refresh token the provider cannot be asked: after a working day, people sign in again.
const UNASKED: TimeDelta = TimeDelta::hours(12);
/// Said of us or of the provider, not of the person.
const NOBODYS_NO: [&str; 7] = [
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "unsupported_grant_type",
    "server_error",
    "temporarily_unavailable",
    "userinfo",
];
/// A new token that cannot be written is lost, and the session with it: a database that restarts is waited for.
const WRITE_TRIES: u32 = 30;

impl Federation {
    /// Asks about every session in time, until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let outside = self.outside.clone().filter(|_| !self.rules.providers.is_empty());
        let Some(outside) = outside else { return stop.cancelled().await };
        loop {
            match self.refresh_due(&outside, &stop).await {
                // There may be more of them.
                Ok(taken) if taken >= BATCH as usize => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "cannot find out which sessions to ask providers about"),
            }
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn refresh_due(&self, outside: &Outside, stop: &CancellationToken) -> Result<usize, StoreError> {
        let now = self.clock.now();
        // Mostly none is, and then no writer is kept from writing.
        if !self.store.is_a_session_due(now).await? {
            return Ok(0);
        }
        let mut tx = self.store.begin().await?;
        let due = tx.take_due_sessions(now, now + TAKEN_FOR, BATCH).await?;
        tx.commit().await?;
        let taken = due.len();
        // What is begun is finished, also when we are told to stop: a token that was asked for must be written down.
        stream::iter(due)
            .take_while(|_| std::future::ready(!stop.is_cancelled()))
            .for_each_concurrent(AT_ONCE, |session| async move {
                if let Err(error) = self.refresh(outside, session).await {
                    tracing::warn!(%error, "a session could not be renewed");
                }
            })
            .await;
        Ok(taken)
    }

    async fn refresh(&self, outside: &Outside, session: ProviderSession) -> Result<(), Error> {
        let was = session.refresh_token.clone();
        let was = was.as_deref();
        let rules = self
            .rules
            .providers
            .iter()
            .find(|provider| provider.name == session.provider && provider.issuer == session.issuer);
        let token = session.refresh_token.as_deref().and_then(|sealed| outside.seal.open(sealed, session.key.as_str()));
        let (Some(rules), Some(token)) = (rules, token) else {
            return self
                .end(
                    &session,
                    was,
                    "there is nothing to ask its provider with: no refresh token, one sealed with another key, or a provider that is not configured any more",
                )
                .await;
        };
        let asked = outside.providers.refresh(&rules.name, &token, &session.subject).await;
        let (token, verified) = match asked {
            Ok(Refreshed { token, verified }) => (token, verified),
            Err(error) => (None, Err(error)),
        };
        // Providers that do not rotate send none; the old one stays good. A new one is kept whatever else the answer is.
        let token = token.map(|token| outside.seal.seal(&token, session.key.as_str()));
        let session = ProviderSession { refresh_token: token.or(session.refresh_token), ..session };
        match verified {
            Ok(verified) => self.renew(outside, rules, session, was, verified).await,
            Err(error) if is_a_no(&error) => {
                tracing::info!(provider = session.provider, error = %chain(&error), "a provider says no to a session");
                self.end(&session, was, "its provider does not renew it").await
            }
            Err(error) => {
                tracing::warn!(provider = session.provider, error = %chain(&error), "a provider cannot be asked about a session; it stays");
                let due_at = Some(self.clock.now() + AGAIN_IN);
                self.save(&ProviderSession { due_at, ..session }, was, None).await
            }
        }
    }

    async fn renew(
        &self,
        outside: &Outside,
        rules: &ProviderRules,
        session: ProviderSession,
        was: Option<&str>,
        verified: Verified,
    ) -> Result<(), Error> {
        let id_token = verified.id_token.as_deref().map(|token| outside.seal.seal(token, session.key.as_str()));
        let renewed = ProviderSession {
            id_token: id_token.or(session.id_token),
            due_at: Some(self.due_after(verified.expires_in)),
            ..session
        };
        self.save(&renewed, was, Some((rules, &verified))).await
    }

    /// Writes until it is written: the provider has forgotten the old token by now.
    async fn save(
        &self,
        session: &ProviderSession,
        was: Option<&str>,
        news: Option<(&ProviderRules, &Verified)>,
    ) -> Result<(), Error> {
        for _ in 1..WRITE_TRIES {
            match self.try_save(session, was, news).await {
                Err(Error::Store(StoreError::Unavailable(error))) => {
                    tracing::warn!(%error, "a renewed session waits for the database");
                    tokio::time::sleep(EVERY).await;
                }
                done => return done,
            }
        }
        self.try_save(session, was, news).await
    }

    async fn try_save(
        &self,
        session: &ProviderSession,
        was: Option<&str>,
        news: Option<(&ProviderRules, &Verified)>,
    ) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        if !tx.save_provider_session(session, was).await? {
            tracing::debug!("a session ended, or was confirmed, while its provider was asked about it");
            return Ok(());
        }
        if let Some((rules, verified)) = news
            && let Some(identity) = tx.identity(&session.issuer, &session.subject).await?
            && let Some(AccountStatus { user, .. }) = tx.account_status(identity.user).await?
        {
            // With an ID token all is told, and what is not there is lost. Without one, only what is told has changed.
            let told = match &verified.id_token {
                Some(_) => rules.clone(),
                None => rules.of_what_is_told(&verified.claims),
            };
            match told.admit(&verified.claims) {
                Ok(()) => {
                    map_group(&mut *tx, &told, verified, &user).await?;
                    self.map_role(&mut *tx, &told, verified, user).await?;
                }
                Err(_) => self.put_out(&mut *tx, &user).await?,
            }
        }
        Ok(tx.commit().await?)
    }

    async fn end(&self, session: &ProviderSession, was: Option<&str>, why: &str) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        tx.end_session_of_key(&session.key, was).await?;
        tx.commit().await?;
        tracing::info!(provider = session.provider, "a session ends: {why}");
        Ok(())
    }

    /// When the provider is asked about a new session, or it ends because it cannot be.
    pub(super) fn due(&self, verified: &Verified) -> DateTime<Utc> {
        match verified.refresh_token {
            Some(_) => self.due_after(verified.expires_in),
            None => self.clock.now() + UNASKED,
        }
    }

    /// Before what the provider gave ends, by a margin.
    fn due_after(&self, good_for: Option<Duration>) -> DateTime<Utc> {
        let good_for = good_for.unwrap_or(USUAL).min(LONGEST);
        self.clock.now() + TimeDelta::from_std(good_for.mul_f32(0.8)).unwrap_or(AGAIN_IN)
    }
}

/// Whether it is about the person, and not trouble that passes or that an administrator has to end.
fn is_a_no(error: &IdentityError) -> bool {
    match error {
        IdentityError::Refused(code) => !NOBODYS_NO.contains(&code.as_str()),
        IdentityError::Untrusted { why, .. } => !matches!(why, Distrust::Time | Distrust::Content),
        IdentityError::Unknown | IdentityError::Unavailable(_) => false,
    }
}
