//! Why a person could not be signed in through a provider. Each variant is something a person can act on, and has a page.

use crate::{
    Error,
    ports::{
        identity::{Distrust, IdentityError},
        store::StoreError,
    },
};

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("there is no such provider")]
    UnknownProvider,
    #[error("the provider does not answer")]
    Unavailable(#[source] IdentityError),
    /// The answer belongs to no sign-in of this browser: none was begun, it is used up, too old, or another browser's.
    /// Which of these is not told.
    #[error("the answer belongs to no sign-in that this browser has begun")]
    NotBegunHere,
    /// `access_denied`.
    #[error("the person or the provider said no")]
    Denied,
    /// `login_required`, `interaction_required` and the like.
    #[error("the provider wants the person to sign in there first ({0})")]
    LoginRequired(String),
    /// `invalid_grant`: the code is too old or used up.
    #[error("the provider takes the code no more")]
    CodeRefused,
    #[error("the provider refused: {0}")]
    ProviderRefused(String),
    #[error("what the provider sent is out of its time")]
    Clock(#[source] IdentityError),
    #[error("what the provider sent is meant for another application")]
    Audience(#[source] IdentityError),
    #[error("what the provider sent is not to be believed")]
    Untrusted(#[source] IdentityError),
    #[error("the provider's claims do not allow it")]
    NotAllowed,
    #[error("the provider has not verified the e-mail address")]
    EmailUnverified,
    #[error("the account waits for an administrator's approval")]
    Pending,
    #[error("the account is locked")]
    Locked,
    #[error("the identity belongs to another account")]
    LinkedElsewhere,
    #[error("the session is not the one it was begun in")]
    SessionChanged,
    #[error("the provider names an identity that is not the signed-in account's")]
    AnotherPerson,
    #[error("the provider was to ask the person to sign in again, and did not")]
    NotAskedAgain(#[source] IdentityError),
    #[error(transparent)]
    Control(#[from] Error),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Control(error.into())
    }
}

impl From<IdentityError> for Refusal {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Unknown => Self::UnknownProvider,
            IdentityError::Unavailable(_) => Self::Unavailable(error),
            IdentityError::Refused(code) => Self::of_code(&code),
            IdentityError::Untrusted { why: Distrust::Time, .. } => Self::Clock(error),
            IdentityError::Untrusted { why: Distrust::Stale, .. } => Self::NotAskedAgain(error),
            IdentityError::Untrusted { why: Distrust::Audience, .. } => Self::Audience(error),
            IdentityError::Untrusted { .. } => Self::Untrusted(error),
        }
    }
}

/// Longer ones are not OAuth's, and end up in a log.
const LONGEST_CODE: usize = 64;

impl Refusal {
    /// From an OAuth or OpenID error code, as the provider or a browser says it.
    pub(super) fn of_code(code: &str) -> Self {
        match code {
            "access_denied" | "consent_required" => Self::Denied,
            "invalid_grant" => Self::CodeRefused,
            "login_required" | "interaction_required" | "account_selection_required" => {
                Self::LoginRequired(code.to_owned())
            }
            other => {
                let plain = other.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_');
                Self::ProviderRefused(plain.take(LONGEST_CODE).collect())
            }
        }
    }

    /// Something is wrong with the installation or the provider, not with what one person did.
    pub fn is_a_fault(&self) -> bool {
        match self {
            Self::Unavailable(_)
            | Self::ProviderRefused(_)
            | Self::NotAskedAgain(_)
            | Self::Clock(_)
            | Self::Audience(_)
            | Self::Untrusted(_) => true,
            Self::Control(error) => matches!(error, Error::Store(_)),
            _ => false,
        }
    }
}
