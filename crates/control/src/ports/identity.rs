//! OpenID providers as control needs them: where to send a browser, what came back, and whether it is still good.
//! Everything that is returned has been verified; what could not be is an [`IdentityError`].

use std::{fmt, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// What the provider says about a person, as it says it.
#[derive(Clone, Default, PartialEq)]
pub struct Claims(pub Map<String, Value>);

/// Names only: what is said about people does not belong into logs.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Claims {
    /// A claim by its name; where there is none of that name, by its path (`realm_access.roles`).
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).or_else(|| {
            let mut steps = name.split('.');
            let first = self.0.get(steps.next()?)?;
            steps.try_fold(first, |value, step| value.get(step))
        })
    }

    /// Whether anything is said about it: where a claim lies deeper, about what it lies in.
    pub fn tell_of(&self, name: &str) -> bool {
        self.get(name).is_some() || name.split('.').next().is_some_and(|first| self.0.contains_key(first))
    }

    /// A claim that is a text with something in it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Whether the claim is this value, or a list that has it.
    pub fn says(&self, name: &str, value: &str) -> bool {
        let is = |found: &Value| match found {
            Value::String(text) => text == value,
            Value::Bool(truth) => truth.to_string() == value,
            Value::Number(number) => number.to_string() == value,
            _ => false,
        };
        match self.get(name) {
            Some(Value::Array(list)) => list.iter().any(is),
            Some(found) => is(found),
            None => false,
        }
    }
}

/// The secrets of one sign-in that is under way. `Debug` shows none.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("Secrets")]
pub struct Secrets {
    pub nonce: String,
    /// PKCE's; the provider gets its SHA-256 first and this with the code.
    pub verifier: String,
}

/// Who a person is, and what keeps it good. `Debug` shows no token.
#[derive(Clone, PartialEq, derive_more::Debug)]
pub struct Verified {
    pub issuer: String,
    pub subject: String,
    pub claims: Claims,
    /// The provider's own session (`sid`), which a logout may name.
    #[debug(skip)]
    pub session: Option<String>,
    /// Shown to the provider again when the person signs out.
    #[debug(skip)]
    pub id_token: Option<String>,
    #[debug(skip)]
    pub refresh_token: Option<String>,
    /// How long before the provider wants to be asked again.
    pub expires_in: Option<Duration>,
}

/// What became of asking again. Whatever was wrong with the rest of the answer, the token is the one that is good from now
/// on. `Debug` does not show it.
#[derive(derive_more::Debug)]
pub struct Refreshed {
    /// In place of the one that was sent; `None` where that one stays good.
    #[debug(skip)]
    pub token: Option<String>,
    pub verified: Result<Verified, IdentityError>,
}

/// A provider's word that sessions have ended. At least one of subject and session is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutOrder {
    pub issuer: String,
    pub subject: Option<String>,
    pub session: Option<String>,
}

/// Why what a provider sent is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    Issuer,
    Audience,
    Nonce,
    /// Expired, or from the future: mostly a clock that is wrong.
    Time,
    /// The person was to sign in anew, and has signed in earlier.
    Stale,
    Signature,
    /// Two answers about two people.
    Subject,
    /// Not what the protocol says.
    Content,
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("there is no such OpenID provider")]
    Unknown,
    #[error("the OpenID provider does not answer")]
    Unavailable(#[source] Cause),
    /// An OAuth error such as `invalid_grant`.
    #[error("the OpenID provider refused: {0}")]
    Refused(String),
    #[error("what the OpenID provider sent is not to be believed ({why:?})")]
    Untrusted { why: Distrust, source: Cause },
}

impl IdentityError {
    pub fn untrusted(why: Distrust, cause: impl Into<Cause>) -> Self {
        Self::Untrusted { why, source: cause.into() }
    }
}

/// The providers of this installation, by the names its configuration gives them.
#[async_trait]
pub trait IdentityProviders: Send + Sync + 'static {
    /// Whether the provider answers, as far as is known; asks it when that is not known or long ago.
    async fn answers(&self, provider: &str) -> bool;

    /// Where a browser is sent to sign in.
    async fn authorize_url(
        &self,
        provider: &str,
        state: &str,
        secrets: &Secrets,
        back: &str,
        again: bool,
    ) -> Result<String, IdentityError>;

    /// Whether an answer that says who it is from (RFC 9207) is from this provider.
    async fn is_from(&self, provider: &str, issuer: Option<&str>) -> Result<bool, IdentityError>;

    /// Turns the code into a verified identity. `back` is what the browser was sent with. With `shown_since`, an ID token that
    /// tells of an earlier sign-in is not believed; one that tells nothing of it is.
    async fn exchange(
        &self,
        provider: &str,
        code: &str,
        secrets: &Secrets,
        back: &str,
        shown_since: Option<DateTime<Utc>>,
    ) -> Result<Verified, IdentityError>;

    /// Asks whether `subject` may go on; answers with what is said about them now. `Err`: no token was given.
    async fn refresh(&self, provider: &str, refresh_token: &str, subject: &str) -> Result<Refreshed, IdentityError>;

    /// Where a browser is sent to sign out; `None` when the provider has no such address.
    async fn logout_url(
        &self,
        provider: &str,
        id_token: Option<&str>,
        back: &str,
    ) -> Result<Option<String>, IdentityError>;

    /// A logout token that the provider has sent by itself.
    async fn verify_logout(&self, provider: &str, token: &str) -> Result<LogoutOrder, IdentityError>;
}

/// Makes texts unreadable with the database alone.
pub trait Seal: Send + Sync + 'static {
    /// `place` is where the text will lie; it opens nowhere else.
    fn seal(&self, text: &str, place: &str) -> String;
    /// `None` when it was sealed with another key, for another place, or was changed.
    fn open(&self, sealed: &str, place: &str) -> Option<String>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(value: Value) -> Claims {
        let Value::Object(map) = value else { panic!("an object") };
        Claims(map)
    }

    #[test]
    fn a_claim_is_a_value_a_list_or_deeper_down() {
        let claims = claims(serde_json::json!({
            "groups": ["people", "admins"], "email_verified": true, "role": "admin",
            "realm_access": {"roles": ["ops"]}, "https://example.org/team": "blue", "admins": {"x": 1},
        }));
        for (name, value) in [
            ("groups", "admins"),
            ("email_verified", "true"),
            ("role", "admin"),
            ("realm_access.roles", "ops"),
            ("https://example.org/team", "blue"),
        ] {
            assert!(claims.says(name, value), "{name}");
        }
        for (name, value) in
            [("groups", "admin"), ("role", "adm"), ("realm_access", "ops"), ("none", ""), ("admins", "x")]
        {
            assert!(!claims.says(name, value), "{name}");
        }
    }

    #[test]
    fn debug_shows_neither_tokens_nor_what_is_said_about_people() {
        let verified = Verified {
            issuer: "https://idp.example".into(),
            subject: "s".into(),
            claims: claims(serde_json::json!({"email": "ada@example.org"})),
            session: None,
            id_token: Some("secret-id".into()),
            refresh_token: Some("secret-refresh".into()),
            expires_in: None,
        };
        let shown = format!("{verified:?}{:?}", Secrets { nonce: "secret-n".into(), verifier: "secret-v".into() });
        assert!(!shown.contains("secret") && !shown.contains("ada@"), "{shown}");
    }
}
