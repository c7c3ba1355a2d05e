//! Who asks. Every use-case takes one; how a person proved to be it is the edge's and `accounts`' business.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use domain::{
    SessionHandle, TokenId, UserId,
    app::App,
    job::Job,
    name::UserName,
    task::Task,
    user::{Role, Scope, Scopes, User},
    vcluster::Vcluster,
};

use crate::{Error, ports::store::Token};

/// A user who is known, not locked, and has shown who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub name: UserName,
    pub role: Role,
    /// The browser session they came with; `None` for a request with an API token.
    pub session: Option<SessionHandle>,
    /// The API token they came with; `None` in a browser session.
    pub token: Option<UsedToken>,
    /// What that token may; a person in a browser may everything that is theirs.
    pub scopes: Scopes,
    /// Where they ask from, where the edge knows it.
    pub address: Option<IpAddr>,
    /// When they last showed who they are, to us or to their provider.
    pub shown_at: Option<DateTime<Utc>>,
}

/// The API token behind a request, as its owner tells it from others. Opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedToken {
    pub id: TokenId,
    /// Its first characters where it is from before there were names.
    pub name: String,
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

/// What belongs to one user.
pub(crate) trait Owned {
    /// What it is called when it is not found.
    const WHAT: &'static str;

    fn owner(&self) -> UserId;
}

impl Owned for Vcluster {
    const WHAT: &'static str = "vcluster";

    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Owned for Task {
    const WHAT: &'static str = "task";

    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Owned for Job {
    const WHAT: &'static str = "job";

    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Owned for App {
    const WHAT: &'static str = "app";

    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Actor {
    /// What was found, if it is the actor's. What is another's is as if it were not there.
    pub(crate) fn own<T: Owned>(&self, found: Option<T>) -> Result<T, Error> {
        found.filter(|found| found.owner() == self.user).ok_or(Error::NotFound(T::WHAT))
    }

    /// `None` for a locked user: they may do nothing.
    pub fn of(user: User) -> Option<Self> {
        (!user.locked).then_some(Self {
            user: user.id,
            name: user.name,
            role: user.role,
            session: None,
            token: None,
            scopes: Scopes::ALL,
            address: None,
            shown_at: None,
        })
    }

    /// The same, signed in through this browser session.
    #[must_use]
    pub fn in_session(self, session: SessionHandle) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The same, who shows this token.
    #[must_use]
    pub fn with_token(self, token: &Token) -> Self {
        let name = if token.name.is_empty() { &token.prefix } else { &token.name };
        Self { token: Some(UsedToken { id: token.id, name: name.clone() }), scopes: token.scopes, ..self }
    }

    /// Whether they came with this token.
    pub fn shows(&self, token: TokenId) -> bool {
        self.token.as_ref().is_some_and(|used| used.id == token)
    }

    /// The same, asking from this address.
    #[must_use]
    pub fn at_address(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// The same, who showed who they are at this time.
    #[must_use]
    pub fn shown_at(self, at: Option<DateTime<Utc>>) -> Self {
        Self { shown_at: at, ..self }
    }

    /// Refused unless they came with this scope. Asked before anything is looked at: the answer tells of nothing but the token.
    /// What only looks at what is the actor's asks for none, because every token has `read`.
    pub fn may(&self, scope: Scope) -> Result<(), Error> {
        if self.scopes.has(scope) { Ok(()) } else { Err(Error::NeedsScope(scope)) }
    }

    /// Not found instead of forbidden: to other users, what administrators can do does not exist. An administrator's own token
    /// is told what it lacks.
    pub fn administrator(&self) -> Result<Administrator<'_>, Error> {
        match self.role {
            Role::Admin => self.may(Scope::Admin).map(|()| Administrator(self)),
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
