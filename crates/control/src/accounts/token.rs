//! API tokens: `dkl_` and 43 characters, shown once, kept as their SHA-256.
//!
//! A plain hash is enough: 256 random bits cannot be guessed from it, unlike a password.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    TokenId, UserId, Violation,
    name::UserName,
    user::{Role, Scope, Scopes, TokenName, User},
};

use super::Accounts;
use crate::{Error, actor::Actor, ports::store::Token, secret};

const PREFIX: &str = "dkl_";
/// A token must end one day.
pub const LONGEST_TOKEN_DAYS: i64 = 366;
const LONGEST: Duration = Duration::from_secs(LONGEST_TOKEN_DAYS.unsigned_abs() * 24 * 3600);
/// What tokens without a name are called.
pub(super) const UNNAMED: &str = "command line";
/// More is a script that never tidies up, and a list that is not read.
const MOST_TOKENS: usize = 100;
/// Of those that are not good any more: making and revoking without end fills no record.
const DEAD_KEPT: u64 = 100;
/// How old what is written down about a token's use may be.
const USE_WRITTEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A new token and the only copy of its text.
#[derive(derive_more::Debug)]
pub struct IssuedToken {
    pub token: Token,
    #[debug(skip)]
    pub text: String,
}

/// For how long a token is good that is asked for by days.
pub(super) fn lifetime(days: i64) -> Result<Duration, Violation> {
    let days = u64::try_from(days).ok().filter(|_| (1..=LONGEST_TOKEN_DAYS).contains(&days));
    let rule = || Violation::new("days", format!("must be a whole number between 1 and {LONGEST_TOKEN_DAYS}"));
    days.map(|days| Duration::from_secs(days * 24 * 3600)).ok_or_else(rule)
}

/// Nobody gives a token what they may not do themselves.
pub(super) fn check_scopes(actor: &Actor, scopes: Scopes) -> Result<(), Violation> {
    if scopes.has(Scope::Admin) && actor.role != Role::Admin {
        return Err(Violation::new("scopes", "must not have admin: you are not an administrator"));
    }
    Ok(())
}

impl Accounts {
    /// Issues a token that acts as this user, in everything they may, until it expires or is revoked.
    pub async fn issue_token(&self, user: &str, expires_in: Duration) -> Result<IssuedToken, Error> {
        self.issue_named_token(user, UNNAMED, expires_in, Scopes::ALL).await
    }

    /// The same, with what its owner calls it and what it may: `admin` for administrators alone.
    pub async fn issue_named_token(
        &self,
        user: &str,
        name: &str,
        expires_in: Duration,
        scopes: Scopes,
    ) -> Result<IssuedToken, Error> {
        if expires_in.is_zero() || expires_in > LONGEST {
            let rule = "must be between one second and 366 days, such as 30d";
            return Err(Error::Invalid(vec![Violation::new("expires", rule)]));
        }
        let name: TokenName = name.parse().map_err(|fault| Error::Invalid(vec![fault]))?;
        let User { id: user, role, .. } = self.account_named(user).await?.user;
        self.check_room_for_token(user).await?;
        let now = self.clock.now();
        let text = format!("{PREFIX}{}", secret::draw(&*self.entropy));
        let token = Token {
            id: TokenId::new(self.entropy.id(now)),
            user,
            digest: secret::hex_digest(&text),
            prefix: text[..PREFIX.len() + 6].to_owned(),
            name: name.to_string(),
            scopes: scopes.of_role(role),
            created_at: now,
            expires_at: now + expires_in,
            last_used: None,
            revoked_at: None,
        };
        let mut tx = self.store.begin().await?;
        tx.drop_dead_tokens(user, now, DEAD_KEPT).await?;
        tx.insert_token(&token).await?;
        tx.commit().await?;
        Ok(IssuedToken { token, text })
    }

    pub(super) async fn check_room_for_token(&self, user: UserId) -> Result<(), Error> {
        let now = self.clock.now();
        let tokens = self.store.tokens_of(user).await?;
        if tokens.iter().filter(|token| token.is_good(now)).count() < MOST_TOKENS {
            return Ok(());
        }
        let rule = format!("cannot be given: there are {MOST_TOKENS} tokens already; revoke one first");
        Err(Error::Invalid(vec![Violation::new("name", rule)]))
    }

    /// The actor of a request that shows this token; also writes down that it was used, once a minute.
    pub async fn use_token(&self, text: &str) -> Result<Actor, Error> {
        let (actor, token) = self.resolve(text).await?;
        let now = self.clock.now();
        if token.last_used.is_none_or(|used| now - used >= USE_WRITTEN_EVERY) {
            // A full disk must not keep people from looking, for one at how full it is.
            if let Err(error) = self.write_use(token.id, now).await {
                tracing::warn!(%error, "the use of a token could not be written down");
            }
        }
        Ok(actor)
    }

    async fn write_use(&self, token: TokenId, now: DateTime<Utc>) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        tx.set_token_used(token, now).await?;
        Ok(tx.commit().await?)
    }

    /// The actor a token stands for. Malformed, unknown, expired and revoked tokens are not told apart.
    /// Looking at it is no use of it.
    pub async fn actor_by_token(&self, text: &str) -> Result<Actor, Error> {
        Ok(self.resolve(text).await?.0)
    }

    async fn resolve(&self, text: &str) -> Result<(Actor, Token), Error> {
        if !is_well_formed(text) {
            return Err(Error::BadToken);
        }
        let token = self.store.token(&secret::hex_digest(text)).await?.ok_or(Error::BadToken)?;
        if !token.is_good(self.clock.now()) {
            return Err(Error::BadToken);
        }
        let actor = self.actor(token.user).await?.ok_or(Error::BadToken)?;
        Ok((actor.with_token(&token), token))
    }

    /// Revokes the token with this text.
    pub async fn revoke_token(&self, text: &str) -> Result<(), Error> {
        if !is_well_formed(text) {
            return Err(Error::BadToken);
        }
        let token = self.store.token(&secret::hex_digest(text)).await?.ok_or(Error::BadToken)?;
        let mut tx = self.store.begin().await?;
        tx.revoke_token(token.id, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// The user's tokens, newest first, also those that are not good any more.
    pub async fn tokens(&self, user: &str) -> Result<Vec<Token>, Error> {
        let account = self.account_named(user).await?;
        Ok(self.store.tokens_of(account.user.id).await?)
    }

    /// Revokes one of the user's tokens by its id, for callers without its text.
    pub async fn revoke_token_of(&self, user: &str, id: TokenId) -> Result<(), Error> {
        if !self.tokens(user).await?.iter().any(|token| token.id == id) {
            return Err(Error::NotFound("token"));
        }
        let mut tx = self.store.begin().await?;
        tx.revoke_token(id, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn account_named(&self, name: &str) -> Result<crate::ports::store::Account, Error> {
        let unknown = || Error::NoSuchUser(name.chars().filter(|c| c.is_ascii_graphic()).take(64).collect());
        let parsed: UserName = name.parse().map_err(|_| unknown())?;
        self.store.account(&parsed).await?.ok_or_else(unknown)
    }
}

fn is_well_formed(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(secret::is_well_formed)
}
