//! Who asks. Every use-case takes one; how a person proved to be it is the edge's and `accounts`' business.

use chrono::{DateTime, Utc};
use domain::{
    SessionHandle, UserId,
    name::UserName,
    user::{Role, User},
};

use crate::Error;

/// A user who is known, not locked, and has shown who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub name: UserName,
    pub role: Role,
    /// The browser session they came with; `None` for a request with an API token.
    pub session: Option<SessionHandle>,
    /// When they last showed who they are, to us or to their provider.
    pub shown_at: Option<DateTime<Utc>>,
}

/// An actor who has signed in a moment ago; only [`Accounts::confirm`](crate::accounts::Accounts::confirm) makes one.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed<'a>(&'a Actor);

impl<'a> Confirmed<'a> {
    pub(crate) fn new(actor: &'a Actor) -> Self {
        Self(actor)
    }

    pub fn actor(self) -> &'a Actor {
        self.0
    }
}

/// An actor who is an administrator; only [`Actor::administrator`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Administrator<'a>(&'a Actor);

impl Actor {
    /// `None` for a locked user: they may do nothing.
    pub fn of(user: User) -> Option<Self> {
        (!user.locked).then_some(Self {
            user: user.id,
            name: user.name,
            role: user.role,
            session: None,
            shown_at: None,
        })
    }

    /// The same, signed in through this browser session.
    #[must_use]
    pub fn in_session(self, session: SessionHandle) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The same, who showed who they are at this time.
    #[must_use]
    pub fn shown_at(self, at: Option<DateTime<Utc>>) -> Self {
        Self { shown_at: at, ..self }
    }

    /// Not found instead of forbidden: to other users, what administrators can do does not exist.
    pub fn administrator(&self) -> Result<Administrator<'_>, Error> {
        match self.role {
            Role::Admin => Ok(Administrator(self)),
            Role::User => Err(Error::NotFound("address")),
        }
    }

    /// Passwords, tokens and sessions are managed by a person in a browser. An API token may leak into a log or a script;
    /// a person who finds it must not be able to make its reach longer than its life.
    pub(crate) fn in_person(&self) -> Result<&SessionHandle, Error> {
        self.session.as_ref().ok_or(Error::NeedsSession)
    }
}

impl<'a> Administrator<'a> {
    pub fn actor(self) -> &'a Actor {
        self.0
    }
}
