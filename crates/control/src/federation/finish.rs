//! A browser comes back from a provider. Nothing it brings is believed: what was kept when it left decides.

use chrono::{DateTime, Utc};
use domain::{SessionHandle, UserId, user::User};

use super::{Federation, Refusal, begin::PATIENCE};
use crate::{
    actor::Actor,
    ports::{
        identity::Verified,
        store::{PendingSignIn, ProviderSession, Purpose, SessionKey},
    },
    secret,
};

/// Of keeping a confirmed grant beside renewals of the old one.
const MOST_TRIES: usize = 3;

/// What the browser brings. `Debug` shows no secret.
#[derive(Clone, Default)]
pub struct Callback<'a> {
    pub provider: &'a str,
    pub state: Option<&'a str>,
    pub code: Option<&'a str>,
    /// The provider's error code in place of a code.
    pub error: Option<&'a str>,
    /// Who the answer says it is from.
    pub issuer: Option<&'a str>,
    /// What binds the browser.
    pub browser: Option<&'a str>,
    /// Who is signed in in this browser.
    pub actor: Option<&'a Actor>,
}

impl std::fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("provider", &self.provider).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub enum Finished {
    /// A session is to begin, and the grant to be kept with it.
    SignedIn { user: User, grant: Box<Grant>, next: String },
    /// The identity belongs to the account that is signed in.
    Linked { next: String },
    /// The present session's sign-in is fresh again.
    Confirmed { grant: Box<Grant>, next: String },
}

/// What a session stands on at the provider.
#[derive(Debug)]
pub struct Grant {
    provider: String,
    verified: Verified,
}

impl Grant {
    /// When the person showed the provider who they are, where it says so. People who are signed in there for days only pass by.
    pub fn shown_at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.verified.claims.get("auth_time")?.as_i64()?, 0)
    }
}

/// The actor who has begun, if they are still in the session they began in.
fn same<'a>(callback: &Callback<'a>, user: UserId, session: &SessionHandle) -> Result<&'a Actor, Refusal> {
    let same = callback.actor.filter(|actor| actor.user == user && actor.session.as_ref() == Some(session));
    same.ok_or(Refusal::SessionChanged)
}

impl Federation {
    pub async fn finish(&self, callback: Callback<'_>) -> Result<Finished, Refusal> {
        let (rules, outside) = self.provider(callback.provider)?;
        let pending = self.take(&callback).await?;
        // An answer of another provider's, put into this sign-in. Before its errors are believed, too.
        if !outside.providers.is_from(&rules.name, callback.issuer).await? {
            return Err(Refusal::NotBegunHere);
        }
        if let Some(error) = callback.error {
            return Err(Refusal::of_code(error));
        }
        let code = callback.code.ok_or(Refusal::NotBegunHere)?;
        let shown_since = matches!(pending.purpose, Purpose::Confirm(..)).then(|| pending.expires_at - PATIENCE);
        let exchanged = outside.providers.exchange(&rules.name, code, &pending.secrets, &pending.back, shown_since);
        let (verified, next) = (exchanged.await?, pending.next);
        let grant = |verified| Box::new(Grant { provider: rules.name.clone(), verified });
        match pending.purpose {
            Purpose::SignIn => {
                let user = self.account_of(rules, &verified).await?;
                tracing::info!(user = %user.name, provider = rules.name, "signed in through a provider");
                Ok(Finished::SignedIn { user, grant: grant(verified), next })
            }
            Purpose::Link(user, session) => {
                self.link(rules, same(&callback, user, &session)?, &verified).await?;
                Ok(Finished::Linked { next })
            }
            Purpose::Confirm(user, session) => {
                self.check_that_it_is(rules, same(&callback, user, &session)?, &verified).await?;
                Ok(Finished::Confirmed { grant: grant(verified), next })
            }
        }
    }

    async fn take(&self, callback: &Callback<'_>) -> Result<PendingSignIn, Refusal> {
        let (Some(state), Some(browser)) = (callback.state, callback.browser) else {
            return Err(Refusal::NotBegunHere);
        };
        let mut tx = self.store.begin().await?;
        let taken = tx.take_pending_sign_in(&secret::hex_digest(state), &secret::hex_digest(browser)).await?;
        tx.commit().await?;
        let living = taken.filter(|pending| pending.expires_at > self.clock.now());
        living.filter(|pending| pending.provider == callback.provider).ok_or(Refusal::NotBegunHere)
    }

    /// Writes down what the session stands on, so that it ends with that.
    pub async fn keep(&self, session: &SessionKey, grant: &Grant) -> Result<(), crate::Error> {
        let Some(record) = self.record(session, grant) else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        tx.insert_provider_session(&record).await?;
        Ok(tx.commit().await?)
    }

    /// A session that stands on the same identity stands on the new grant from now on: the provider may end the old one. A
    /// session that began otherwise goes on as it began.
    pub async fn keep_confirmed(&self, session: &SessionKey, grant: &Grant) -> Result<(), crate::Error> {
        let Some(record) = self.record(session, grant) else { return Ok(()) };
        let is_same = |known: &ProviderSession| {
            (&known.provider, &known.issuer, &known.subject) == (&record.provider, &record.issuer, &record.subject)
        };
        // A renewal may come in between.
        for _ in 0..MOST_TRIES {
            let known = self.store.provider_session(session).await?.filter(is_same);
            // Without a refresh token the provider could not be asked: what can be asked with goes on.
            let is_no_loss = |known: &ProviderSession| record.refresh_token.is_some() || known.refresh_token.is_none();
            let Some(known) = known.filter(is_no_loss) else { return Ok(()) };
            let mut tx = self.store.begin().await?;
            let saved = tx.save_provider_session(&record, known.refresh_token.as_deref()).await?;
            tx.commit().await?;
            if saved {
                break;
            }
        }
        Ok(())
    }

    /// `None` where there are no providers.
    fn record(&self, session: &SessionKey, grant: &Grant) -> Option<ProviderSession> {
        let outside = self.outside.as_ref()?;
        let Grant { provider, verified } = grant;
        let seal = |token: &Option<String>| token.as_deref().map(|token| outside.seal.seal(token, session.as_str()));
        Some(ProviderSession {
            key: session.clone(),
            provider: provider.clone(),
            issuer: verified.issuer.clone(),
            subject: verified.subject.clone(),
            sid: verified.session.clone(),
            refresh_token: seal(&verified.refresh_token),
            id_token: seal(&verified.id_token),
            due_at: Some(self.due(verified)),
        })
    }
}
