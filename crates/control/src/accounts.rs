//! People: who they are, how they show it, what they may take. Knows no cookie and no header.

mod administration;
mod device;
mod one_time_secrets;
mod password;
mod people;
mod profile;
mod queue;
mod throttle;
mod token;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    UserId,
    name::UserName,
    quota::{Limits, Usage},
    quota_policy::{QuotaPolicy, Shares},
    user::User,
};

pub use administration::NewUser;
pub(crate) use administration::{SignInMethods, change_role, keeps_an_administrator};
pub use device::{BegunSignIn, GrantedToken, PendingSignIn};
pub use one_time_secrets::ONE_TIME_KEY_LENGTH;
pub use people::{ChangePerson, NewPerson, PersonDetail, Secret};
pub(crate) use throttle::network_of;
pub use throttle::{Device, Knock};
pub use token::{IssuedToken, LONGEST_TOKEN_DAYS};

use self::{
    device::PendingSignIns,
    one_time_secrets::OneTimeSecrets,
    queue::{Queue, Turn},
    throttle::{Guess, Rule, Subject},
};
use crate::{
    Error,
    actor::{Actor, Confirmed},
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
    passwords: Queue,
    quota_policy: QuotaPolicy,
    one_time_secrets: OneTimeSecrets,
    /// Of programs on other machines.
    pending: PendingSignIns,
    methods: SignInMethods,
    /// How long a sign-in is good for what makes the way in wider.
    fresh: TimeDelta,
    /// Where open pages are told; the command line has none.
    events: Option<Events>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("quota_policy", &self.quota_policy).finish_non_exhaustive()
    }
}

impl Accounts {
    /// Also what the command line uses, without the rest of control.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        quota_policy: QuotaPolicy,
    ) -> Self {
        Self {
            store,
            clock,
            entropy,
            passwords: Queue::default(),
            quota_policy,
            one_time_secrets: OneTimeSecrets::default(),
            pending: PendingSignIns::default(),
            methods: SignInMethods::default(),
            fresh: TimeDelta::minutes(10),
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
    pub(crate) fn with_sign_in_methods(self, methods: SignInMethods) -> Self {
        Self { methods, ..self }
    }

    #[must_use]
    pub(crate) fn with_fresh(self, fresh: TimeDelta) -> Self {
        Self { fresh, ..self }
    }

    /// For what makes the way in wider: tokens, identities. Asks for a fresh sign-in, because a browser may have been left
    /// signed in, or its cookie been taken. A password ([`Self::confirm_password`]) or a provider makes it fresh again.
    pub fn confirm<'a>(&self, actor: &'a Actor) -> Result<Confirmed<'a>, Error> {
        actor.in_person()?;
        match self.is_fresh(actor) {
            true => Ok(Confirmed::new(actor)),
            false => Err(Error::SignInAgain(self.fresh)),
        }
    }

    /// Whether the actor has shown who they are in the last minutes.
    pub fn is_fresh(&self, actor: &Actor) -> bool {
        actor.shown_at.is_some_and(|at| self.clock.now() - at <= self.fresh)
    }

    /// Checks name and password. Wrong ones cost growing waits, per account and per address; no user is ever locked out
    /// for good, strangers do not keep a browser of the account's waiting, and an unknown name costs as much time as a
    /// wrong password.
    pub async fn sign_in(&self, name: &str, password: &str, from: impl Into<Knock>) -> Result<User, Error> {
        if !self.methods.passwords {
            return Err(Error::NoPasswords);
        }
        let account = match name.parse::<UserName>() {
            Ok(name) => self.store.account(&name).await?,
            Err(_) => None,
        };
        let guess = Guess::new(name, account.as_ref().map(|account| account.user.id), &from.into());
        let hash = account.as_ref().and_then(|account| account.password_hash.clone());
        let (right, _turn) = self.verify(&guess, password, hash).await?;
        match account {
            Some(account) if right && !account.user.locked => {
                self.forget_failures(&guess).await?;
                self.let_in(&account).await?;
                Ok(account.user)
            }
            _ => {
                self.record_failure(&guess).await?;
                Err(Error::SignInFailed)
            }
        }
    }

    /// Checks a password when it is its turn. Many may have been let into the queue at once: those before this one count
    /// by then, and a check that keeps the turn until the failure is written down is counted by those behind.
    async fn verify(&self, guess: &Guess, password: &str, hash: Option<String>) -> Result<(bool, Turn), Error> {
        self.refuse_while_waiting(guess).await?;
        let turn = self.passwords.turn(&guess.shares()).await?;
        self.refuse_while_waiting(guess).await?;
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
        let quota = self.store.quota_assignment(actor.user).await?;
        Ok((self.quota_policy.of(&quota), self.store.usage(actor.user).await?))
    }

    /// What the user may take at a time of what all share in dockletd itself.
    pub async fn shares(&self, user: UserId) -> Result<Shares, Error> {
        Ok(self.quota_policy.shares(self.store.quota_assignment(user).await?.group.as_ref()))
    }

    async fn refuse_while_waiting(&self, guess: &Guess) -> Result<(), Error> {
        let now = self.clock.now();
        let pair = self.store.attempts(&guess.pair()).await?;
        for Subject { key, rule, .. } in guess.subjects(has_failed(pair, now)) {
            if let Some(wait) = self.store.attempts(&key).await?.and_then(|attempts| rule.wait(&attempts, now)) {
                return Err(Error::TooManyAttempts { wait });
            }
        }
        Ok(())
    }

    async fn record_failure(&self, guess: &Guess) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let pair = tx.attempts(&guess.pair()).await?;
        for Subject { key, rule, .. } in guess.subjects(has_failed(pair, now)) {
            let failures = tx.attempts(&key).await?.map_or(0, |attempts| rule.remembered(&attempts, now));
            tx.set_attempts(&Attempts { key, failures: failures.saturating_add(1), last_failure: now }).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn forget_failures(&self, guess: &Guess) -> Result<(), Error> {
        let mut counted = Vec::new();
        let pair = self.store.attempts(&guess.pair()).await?;
        for subject in guess.subjects(has_failed(pair, self.clock.now())) {
            if subject.is_forgiven && self.store.attempts(&subject.key).await?.is_some() {
                counted.push(subject.key);
            }
        }
        if counted.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        for key in counted {
            tx.clear_attempts(&key).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn has_failed(pair: Option<Attempts>, now: DateTime<Utc>) -> bool {
    pair.is_some_and(|attempts| Rule::PAIR.remembered(&attempts, now) > 0)
}
