//! One's own account: password, API tokens, browser sessions, identities at providers.

use control::{
    accounts::Knock,
    federation::Rules,
    ports::store::{BrowserSession as Session, Identity as Linked, Token as TokenRecord},
};
use domain::{SessionHandle, TokenId, user::Scopes};
use wire::profile::{
    BrowserSession, ChangePassword, CreateToken, Identities, Identity, NewToken, Profile, Token, TokenState,
};

use crate::{Api, Refusal};

impl Api {
    pub async fn profile(&self) -> Result<Profile, Refusal> {
        let linked = self.control().federation.identities(&self.actor).await?;
        let identities = identities(&linked, self.control().federation.rules());
        Ok(Profile { tokens: self.tokens().await?, sessions: self.sessions().await?, identities })
    }

    /// Whether one signs in with a password: there is one, and passwords are good here.
    pub async fn has_password(&self) -> Result<bool, Refusal> {
        Ok(self.control().federation.rules().local && self.control().accounts.has_password(&self.actor).await?)
    }

    /// Sets a new password and ends every other session.
    pub async fn change_password(&self, change: &ChangePassword, knock: Knock) -> Result<(), Refusal> {
        let accounts = &self.control().accounts;
        Ok(accounts.change_password(&self.actor, &change.present, &change.new, knock).await?)
    }

    /// Newest first, also those that are not good any more.
    pub async fn tokens(&self) -> Result<Vec<Token>, Refusal> {
        let tokens = self.control().accounts.my_tokens(&self.actor).await?;
        Ok(tokens.iter().map(|one| self.token(one)).collect())
    }

    /// Its text is in this answer and nowhere else.
    pub async fn create_token(&self, create: &CreateToken) -> Result<NewToken, Refusal> {
        let accounts = &self.control().accounts;
        let scopes = create.scopes.as_deref().map_or(Scopes::USUAL, Scopes::of);
        let issued = accounts.create_token(accounts.confirm(&self.actor)?, &create.name, create.days, scopes).await?;
        Ok(NewToken { token: self.token(&issued.token), text: issued.text })
    }

    pub async fn revoke_token(&self, token: TokenId) -> Result<(), Refusal> {
        Ok(self.control().accounts.revoke_my_token(&self.actor, token).await?)
    }

    /// The browsers one is signed in with, the last used first.
    pub async fn sessions(&self) -> Result<Vec<BrowserSession>, Refusal> {
        let sessions = self.control().accounts.sessions(&self.actor).await?;
        Ok(sessions.into_iter().map(|one| self.browser_session(one)).collect())
    }

    pub async fn end_session(&self, session: &SessionHandle) -> Result<(), Refusal> {
        Ok(self.control().accounts.end_session(&self.actor, session).await?)
    }

    /// Ends every session but the one this is asked through.
    pub async fn end_other_sessions(&self) -> Result<(), Refusal> {
        Ok(self.control().accounts.end_other_sessions(&self.actor).await?)
    }

    fn token(&self, token: &TokenRecord) -> Token {
        let state = match token.revoked_at {
            Some(_) => TokenState::Revoked,
            None if token.is_good(self.backend.clock.now()) => TokenState::Good,
            None => TokenState::Expired,
        };
        Token {
            id: token.id.to_string(),
            name: token.name.clone(),
            prefix: token.prefix.clone(),
            scopes: token.scopes.list(),
            present: self.actor.shows(token.id),
            state,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used: token.last_used,
            revoked_at: token.revoked_at,
        }
    }

    fn browser_session(&self, session: Session) -> BrowserSession {
        BrowserSession {
            id: session.handle.to_string(),
            present: self.actor.session.as_ref() == Some(&session.handle),
            address: session.address.map(|address| address.to_string()),
            agent: session.agent,
            since: session.since,
            last_seen: session.last_seen,
            expires_at: session.expires_at,
        }
    }
}

/// Under the names people know their providers by.
fn identities(linked: &[Linked], rules: &Rules) -> Identities {
    let offered = rules.providers.iter().filter(|provider| linked.iter().all(|one| one.issuer != provider.issuer));
    let offered = offered.map(|provider| (provider.name.clone(), provider.label.clone())).collect();
    Identities { linked: linked.iter().map(|one| identity(one, rules)).collect(), offered }
}

pub(crate) fn identity(one: &Linked, rules: &Rules) -> Identity {
    let of_issuer = || rules.providers.iter().filter(|provider| provider.issuer == one.issuer);
    // Two sections may name the same issuer.
    let provider = of_issuer().find(|provider| provider.name == one.provider).or_else(|| of_issuer().next());
    Identity {
        // One that is not configured any more is known by its address.
        provider: provider.map_or_else(|| one.issuer.clone(), |provider| provider.label.clone()),
        issuer: one.issuer.clone(),
        subject: one.subject.clone(),
        shown: one.shown.clone(),
        last_sign_in: one.last_sign_in,
    }
}
