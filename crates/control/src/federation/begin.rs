//! Sending a browser to a provider. What must be the same when it comes back is kept here, and bound to that browser.

use std::net::IpAddr;

use chrono::TimeDelta;
use domain::Violation;

use super::{Federation, Refusal};
use crate::{
    accounts::network_of,
    actor::{Actor, Confirmed},
    ports::{
        identity::Secrets,
        store::{PendingShares, PendingSignIn, Purpose},
    },
    secret,
};

/// How long a person may take to sign in at the provider.
pub(super) const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// They are made without having signed in. A lecture behind one address begins some hundreds in ten minutes; one
/// machine that floods pushes out its own, and all together never fill the record.
const SHARES: PendingShares = PendingShares { of_browser: 10, of_address: 1_000, of_all: 20_000 };
/// It is made from the request's host where no address is configured, and kept: a stranger could fill the record with it.
const LONGEST_BACK: usize = 512;

/// A person is on the way to a provider.
#[derive(Debug, Clone)]
pub struct Begin<'a> {
    pub provider: &'a str,
    /// Where to go then: an address of ours, checked by the edge.
    pub next: &'a str,
    /// Where the provider sends the browser back to.
    pub back: &'a str,
    /// What the browser is bound with, if it has been before.
    pub browser: Option<&'a str>,
    /// Where the request comes from.
    pub address: IpAddr,
    pub wish: Wish<'a>,
}

/// What the provider is wanted for.
#[derive(Debug, Clone, Copy)]
pub enum Wish<'a> {
    SignIn,
    /// Links the identity to this account.
    Link(Confirmed<'a>),
    /// Makes this actor's sign-in fresh: the provider is to ask who they are, also when they are signed in there.
    Confirm(&'a Actor),
}

impl Wish<'_> {
    fn purpose(self) -> Result<Purpose, crate::Error> {
        Ok(match self {
            Self::SignIn => Purpose::SignIn,
            Self::Link(confirmed) => {
                let actor = confirmed.actor();
                Purpose::Link(actor.user, actor.in_person()?.clone())
            }
            Self::Confirm(actor) => Purpose::Confirm(actor.user, actor.in_person()?.clone()),
        })
    }
}

/// Where the browser goes, and what it must bring back. `Debug` shows no secret.
pub struct Begun {
    pub address: String,
    pub browser: String,
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Begun")
    }
}

impl Federation {
    pub async fn begin(&self, begin: Begin<'_>) -> Result<Begun, Refusal> {
        let (rules, outside) = self.provider(begin.provider)?;
        if begin.back.len() > LONGEST_BACK {
            let rule = format!("must not be longer than {LONGEST_BACK} characters with what we add");
            return Err(crate::Error::Invalid(vec![Violation::new("host", rule)]).into());
        }
        let purpose = begin.wish.purpose()?;
        let again = matches!(purpose, Purpose::Confirm(..));
        let browser = match begin.browser {
            // Whether it is one of ours does not matter: it only binds.
            Some(known) if secret::is_well_formed(known) => known.to_owned(),
            _ => self.secret(),
        };
        let state = self.secret();
        let secrets = Secrets { nonce: self.secret(), verifier: self.secret() };
        let address = outside.providers.authorize_url(&rules.name, &state, &secrets, begin.back, again).await?;
        let now = self.clock.now();
        let pending = PendingSignIn {
            digest: secret::hex_digest(&state),
            browser: secret::hex_digest(&browser),
            provider: rules.name.clone(),
            secrets,
            back: begin.back.to_owned(),
            next: begin.next.to_owned(),
            purpose,
            expires_at: now + PATIENCE,
            address: network_of(begin.address),
        };
        let mut tx = self.store.begin().await?;
        tx.insert_pending_sign_in(&pending, SHARES, now).await?;
        tx.commit().await?;
        Ok(Begun { address, browser })
    }
}
