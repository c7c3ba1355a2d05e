//! What people do about their own account: password, tokens, browser sessions. Everything that gives or takes access is done
//! in person, with a browser session; an API token may look, and revoke tokens.

use domain::{
    SessionHandle, TokenId, Violation,
    user::{Scope, Scopes, TokenName},
};

use super::{Accounts, IssuedToken, Knock, administration::check_password, queue::Turn, throttle::Guess, token};
use crate::{
    Error,
    actor::{Actor, Confirmed},
    ports::store::{Account, BrowserSession, Token},
};

impl Accounts {
    /// Whether there is a password to be changed: people of an OpenID provider have none, unless they were given one.
    pub async fn has_password(&self, actor: &Actor) -> Result<bool, Error> {
        let account = self.store.account(&actor.name).await?.ok_or(Error::NotFound("user"))?;
        Ok(account.password_hash.is_some())
    }

    /// Sets a new password for a person who knows the present one, and ends every other session of theirs. API tokens stay:
    /// each has its own life and its own place in the list. Wrong guesses cost the same waits as at sign-in.
    pub async fn change_password(
        &self,
        actor: &Actor,
        present: &str,
        new: &str,
        from: impl Into<Knock>,
    ) -> Result<(), Error> {
        let session = actor.in_person()?;
        check_password(new).map_err(|fault| rename(fault, "new"))?;
        let wrong = || wrong("present");
        let (account, turn) = self.recognise(actor, present, &from.into()).await?.ok_or_else(wrong)?;
        let (hash, turn) = turn.hash(new.to_owned(), &*self.entropy).await?;
        drop(turn);
        let mut tx = self.store.begin().await?;
        if tx.account(&actor.name).await?.is_none_or(|now| now.password_hash != account.password_hash) {
            return Err(wrong());
        }
        tx.set_password(actor.user, &hash).await?;
        tx.end_sessions_but(actor.user, session).await?;
        tx.commit().await?;
        tracing::info!(user = %actor.name, "password changed; their other sessions are ended");
        Ok(())
    }

    /// Whether it is the actor's password: then their present sign-in is fresh again. Wrong guesses cost the same waits as at
    /// sign-in.
    pub async fn confirm_password(&self, actor: &Actor, password: &str, from: impl Into<Knock>) -> Result<(), Error> {
        actor.in_person()?;
        if !self.methods.passwords {
            return Err(Error::NoPasswords);
        }
        let recognised = self.recognise(actor, password, &from.into()).await?;
        recognised.map(drop).ok_or_else(|| wrong("password"))
    }

    /// The actor's account, if the password is theirs, and the turn in which that was found out. A wrong one is counted.
    async fn recognise(&self, actor: &Actor, password: &str, from: &Knock) -> Result<Option<(Account, Turn)>, Error> {
        let account = self.store.account(&actor.name).await?.ok_or(Error::NotFound("user"))?;
        let guess = Guess::new(actor.name.as_str(), Some(actor.user), from);
        let (right, turn) = self.verify(&guess, password, account.password_hash.clone()).await?;
        if right {
            self.forget_failures(&guess).await?;
        } else {
            self.record_failure(&guess).await?;
        }
        Ok(right.then_some((account, turn)))
    }

    /// The actor's browser sessions, the last used first.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<BrowserSession>, Error> {
        Ok(self.store.sessions_of(actor.user, self.clock.now()).await?)
    }

    /// Ends one of the actor's sessions, also the present one.
    pub async fn end_session(&self, actor: &Actor, session: &SessionHandle) -> Result<(), Error> {
        actor.in_person()?;
        let mut tx = self.store.begin().await?;
        if !tx.end_session(actor.user, session).await? {
            return Err(Error::NotFound("session"));
        }
        Ok(tx.commit().await?)
    }

    /// Ends every session of the actor but the present one.
    pub async fn end_other_sessions(&self, actor: &Actor) -> Result<(), Error> {
        let session = actor.in_person()?;
        let mut tx = self.store.begin().await?;
        tx.end_sessions_but(actor.user, session).await?;
        Ok(tx.commit().await?)
    }

    /// The actor's tokens, newest first, also those that are not good any more.
    pub async fn my_tokens(&self, actor: &Actor) -> Result<Vec<Token>, Error> {
        Ok(self.store.tokens_of(actor.user).await?)
    }

    /// A new token that acts as the actor in this, for so many days.
    pub async fn create_token(
        &self,
        confirmed: Confirmed<'_>,
        name: &str,
        days: i64,
        scopes: Scopes,
    ) -> Result<IssuedToken, Error> {
        let actor = confirmed.actor();
        let faults = (name.parse::<TokenName>().err(), token::lifetime(days), token::check_scopes(actor, scopes).err());
        let lifetime = match faults {
            (None, Ok(lifetime), None) => lifetime,
            (name, days, scopes) => {
                return Err(Error::Invalid(name.into_iter().chain(days.err()).chain(scopes).collect()));
            }
        };
        let issued = self.issue_named_token(actor.name.as_str(), name, lifetime, scopes).await?;
        tracing::info!(user = %actor.name, token = %issued.token.id, days, %scopes, "token created");
        Ok(issued)
    }

    /// Takes effect at once, also where it is in use. A token revokes itself, and its owner's others where it may change what
    /// is theirs: that takes access away and gives none.
    pub async fn revoke_my_token(&self, actor: &Actor, id: TokenId) -> Result<(), Error> {
        if !actor.shows(id) {
            actor.may(Scope::Vclusters)?;
        }
        self.revoke_token_of(actor.name.as_str(), id).await
    }
}

fn wrong(field: &str) -> Error {
    Error::Invalid(vec![Violation::new(field, "is not your current password")])
}

/// The same faults, about the field as this form calls it.
fn rename(error: Error, field: &str) -> Error {
    match error {
        Error::Invalid(faults) => {
            Error::Invalid(faults.into_iter().map(|fault| Violation::new(field, fault.message)).collect())
        }
        other => other,
    }
}
