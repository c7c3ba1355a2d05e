//! People: who they are, how they show it, what they may take. Knows no cookie and no header.

mod administration;
mod once;
mod password;
mod people;
mod profile;
mod throttle;
mod token;

use std::{net::IpAddr, sync::Arc};

use domain::{
    UserId,
    allowance::Allowances,
    name::UserName,
    quota::{Limits, Usage},
    user::User,
};

pub use administration::NewUser;
pub(crate) use administration::{WaysIn, change_role, keeps_an_administrator};
pub use once::ONCE_KEY_LENGTH;
pub use people::{ChangePerson, NewPerson, PersonDetail, Secret};
pub use token::{IssuedToken, LONGEST_TOKEN_DAYS};

use self::{
    once::ShownOnce,
    password::{PasswordPool, Turn},
    throttle::{Rule, Subject},
};
use crate::{
    Error,
    actor::Actor,
    events::Events,
    ports::{
        clock::{Clock, Entropy},
        store::{Account, Attempts, Store},
    },
};

#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    passwords: PasswordPool,
    allowances: Allowances,
    shown_once: ShownOnce,
    ways: WaysIn,
    /// Where open pages are told; the command line has none.
    events: Option<Events>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("allowances", &self.allowances).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Also what the command line uses, without the rest of control.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        allowances: Allowances,
    ) -> Self {
        Self {
            store,
            clock,
            entropy,
            passwords: PasswordPool::default(),
            allowances,
            shown_once: ShownOnce::default(),
            ways: WaysIn::default(),
            events: None,
        }
    }

    /// With the feed that open pages listen to.
    #[must_use]
    pub(crate) fn with_events(self, events: Events) -> Self {
        Self { events: Some(events), ..self }
    }

    /// Where people sign in at a provider only, no password opens anything.
    #[must_use]
    pub(crate) fn with_ways_in(self, ways: WaysIn) -> Self {
        Self { ways, ..self }
    }

    /// Checks name and password. Wrong ones cost growing waits, per account and per address; nobody is ever locked out for
    /// good, and an unknown name costs as much time as a wrong password.
    pub async fn sign_in(&self, name: &str, password: &str, address: IpAddr) -> Result<User, Error> {
        if !self.ways.passwords {
            return Err(Error::NoPasswords);
        }
        let subjects = throttle::subjects(name, address);
        self.refuse_while_waiting(&subjects).await?;
        let account = match name.parse::<UserName>() {
            Ok(name) => self.store.account(&name).await?,
            Err(_) => None,
        };
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let (right, _turn) = self.verify(&subjects, password, hash).await?;
        match account {
            Some(account) if right && !account.user.locked => {
                self.forget_failures(&subjects).await?;
                self.let_in(&account).await?;
                Ok(account.user)
            }
            _ => {
                self.record_failure(&subjects).await?;
                Err(Error::SignInFailed)
            }
        }
    }

    /// Checks a password when it is its turn. Many may have been let into the queue at once: those before this one count
    /// by then, and whoever keeps the turn until the failure is written down is counted by those behind.
    async fn verify(&self, subjects: &[Subject], password: &str, hash: Option<String>) -> Result<(bool, Turn), Error> {
        let turn = self.passwords.turn().await?;
        self.refuse_while_waiting(subjects).await?;
        turn.verify(password.to_owned(), hash).await
    }

    /// Unless the password was changed or the account locked while the password was checked.
    async fn let_in(&self, account: &Account) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        let now = tx.account(&account.user.name).await?;
        if now.is_none_or(|now| now.user.locked || now.password_hash != account.password_hash) {
            return Err(Error::SignInFailed);
        }
        tx.set_last_sign_in(account.user.id, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// The actor behind a session; `None` when the user is gone or locked.
    pub async fn actor(&self, user: UserId) -> Result<Option<Actor>, Error> {
        Ok(self.store.user(user).await?.and_then(Actor::of))
    }

    /// What the actor may hold and what they hold.
    pub async fn holdings(&self, actor: &Actor) -> Result<(Limits, Usage), Error> {
        let standing = self.store.standing(actor.user).await?;
        Ok((self.allowances.of(&standing), self.store.usage(actor.user).await?))
    }

    async fn refuse_while_waiting(&self, subjects: &[Subject]) -> Result<(), Error> {
        let now = self.clock.now();
        for Subject { key, rule } in subjects {
            if let Some(wait) = self.store.attempts(key).await?.and_then(|attempts| rule.wait(&attempts, now)) {
                return Err(Error::TooManyAttempts { wait });
            }
        }
        Ok(())
    }

    async fn record_failure(&self, subjects: &[Subject]) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        for Subject { key, rule } in subjects {
            let failures = tx.attempts(key).await?.map_or(0, |attempts| rule.remembered(&attempts, now));
            let attempts = Attempts { key: key.clone(), failures: failures.saturating_add(1), last_failure: now };
            tx.set_attempts(&attempts).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A success clears what counts for this account, not what counts for the address: whoever has one account could
    /// otherwise go on guessing at others.
    async fn forget_failures(&self, subjects: &[Subject]) -> Result<(), Error> {
        let mut counted = Vec::new();
        for Subject { key, rule } in subjects {
            if *rule != Rule::ADDRESS && self.store.attempts(key).await?.is_some() {
                counted.push(key);
            }
        }
        if counted.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for key in counted {
            tx.clear_attempts(key).await?;
        }
        Ok(tx.commit().await?)
    }
}
