//! People who sign in at an OpenID provider. Knows no cookie and no token format: the edge binds browsers, the port speaks
//! the protocol.
//!
//! ```text
//! begin      a browser goes to the provider          finish   it comes back, and is a person
//! account    who that is here: found or made         rules    what claims allow and give
//! refresh    the provider is asked again             logout   sessions end with the provider's, and it with ours
//! ```
//!
//! An identity is issuer and subject, and nothing else: names and addresses are shown, never used to find an account.

mod account;
mod begin;
mod finish;
mod logout;
mod name;
mod refresh;
mod refusal;
mod rules;

use std::sync::Arc;

pub use begin::{Begin, Begun, Wish};
pub use finish::{Callback, Finished, Grant};
pub use logout::Parting;
pub use refusal::Refusal;
pub use rules::{ClaimRule, FirstSignIn, GroupRule, ProviderRules, Rules};

use crate::{
    Error, Ports,
    actor::{Actor, Confirmed},
    ports::{
        clock::{Clock, Entropy},
        identity::{IdentityProviders, Seal},
        store::{Identity, Store},
    },
    secret,
};

/// What federation needs from outside beside the record.
#[derive(Clone)]
pub struct Outside {
    pub providers: Arc<dyn IdentityProviders>,
    pub seal: Arc<dyn Seal>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outside")
    }
}

/// A provider as the sign-in page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub name: String,
    pub label: String,
    pub answers: bool,
}

#[derive(Clone)]
pub struct Federation {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    outside: Option<Outside>,
    rules: Arc<Rules>,
}

impl std::fmt::Debug for Federation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Federation").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Federation {
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        outside: Outside,
        rules: Rules,
    ) -> Self {
        Self { store, clock, entropy, outside: Some(outside), rules: Arc::new(rules) }
    }

    /// No provider: every user signs in with a password.
    pub(crate) fn none(ports: &Ports) -> Self {
        Self {
            store: ports.store.clone(),
            clock: ports.clock.clone(),
            entropy: ports.entropy.clone(),
            outside: None,
            rules: Arc::default(),
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What the sign-in page offers, in the order of the configuration.
    pub async fn offers(&self) -> Vec<Offer> {
        let Some(outside) = &self.outside else { return Vec::new() };
        let offers = self.rules.providers.iter().map(|provider| async {
            let answers = outside.providers.answers(&provider.name).await;
            Offer { name: provider.name.clone(), label: provider.label.clone(), answers }
        });
        futures::future::join_all(offers).await
    }

    /// Refuses a configuration under which no administrator could sign in any more.
    pub async fn check_that_somebody_can_administer(&self) -> Result<(), Error> {
        if self.rules.local || self.rules.providers.iter().any(|provider| provider.admin_if.is_some()) {
            return Ok(());
        }
        let issuers: Vec<String> = self.rules.providers.iter().map(|provider| provider.issuer.clone()).collect();
        if self.store.has_administrator_from(&issuers).await? { Ok(()) } else { Err(Error::NobodyAdministers) }
    }

    /// The providers at which the actor can show again who they are.
    pub async fn offers_to(&self, actor: &Actor) -> Result<Vec<Offer>, Error> {
        let identities = self.identities(actor).await?;
        let is_theirs = |offer: &Offer| {
            let rules = self.rules.providers.iter().find(|provider| provider.name == offer.name);
            rules.is_some_and(|rules| identities.iter().any(|identity| identity.issuer == rules.issuer))
        };
        if identities.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.offers().await.into_iter().filter(is_theirs).collect())
    }

    /// The identities the actor can sign in with, the oldest first.
    pub async fn identities(&self, actor: &Actor) -> Result<Vec<Identity>, Error> {
        Ok(self.store.identities_of(actor.user).await?)
    }

    /// Takes an identity from the actor's account, unless nothing would be left to sign in with.
    pub async fn unlink(&self, confirmed: Confirmed<'_>, issuer: &str, subject: &str) -> Result<(), Error> {
        let actor = confirmed.actor();
        let mut tx = self.store.begin().await?;
        let has_password = tx.account_status(actor.user).await?.is_some_and(|status| status.has_password);
        let configured =
            |identity: &Identity| self.rules.providers.iter().any(|provider| provider.issuer == identity.issuer);
        let others = tx.identities_of(actor.user).await?.into_iter().filter(|identity| {
            configured(identity) && (identity.issuer.as_str(), identity.subject.as_str()) != (issuer, subject)
        });
        let can_sign_in = (has_password && self.rules.local) || others.count() > 0;
        if !can_sign_in {
            return Err(Error::OnlyWayIn);
        }
        if !tx.remove_identity(actor.user, issuer, subject).await? {
            return Err(Error::NotFound("identity"));
        }
        // Sessions that began with this identity end with it.
        tx.end_provider_sessions(issuer, Some(subject), None).await?;
        tx.commit().await?;
        tracing::info!(user = %actor.name, issuer, "identity unlinked");
        Ok(())
    }

    fn provider(&self, name: &str) -> Result<(&ProviderRules, &Outside), Refusal> {
        let rules = self.rules.providers.iter().find(|provider| provider.name == name);
        rules.zip(self.outside.as_ref()).ok_or(Refusal::UnknownProvider)
    }

    fn secret(&self) -> String {
        secret::draw(&*self.entropy)
    }
}
