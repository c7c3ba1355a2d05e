//! Browser sessions: which cookie, how long, what is in it. The records are the store's.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use app::request_context::SessionDoor;
use async_trait::async_trait;
use axum::extract::Request;
use chrono::{DateTime, Utc};
use domain::{UserId, user::User};
use http::{Extensions, HeaderMap, header};
use store::SessionStore;
use tower::{Layer, Service};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time},
};
use wire::problem::Problem;

use super::{client::Client, cookies, error, known::Known, provider_logout::Way};

/// The store reads these, too: it lists sessions, and ends all of a user.
const USER: &str = store::SESSION_USER;
const SINCE: &str = store::SESSION_SINCE;
const SEEN: &str = store::SESSION_SEEN;
const ADDRESS: &str = store::SESSION_ADDRESS;
const AGENT: &str = store::SESSION_AGENT;
/// When the person last showed who they are, to us or to their provider.
const SHOWN: &str = "shown";
/// How old what is written down about a session's use may be; less where sessions are short.
const WRITTEN_EVERY: Duration = Duration::from_secs(60);
/// Longer ones say nothing more about a browser.
const LONGEST_AGENT: usize = 300;

/// How often use of a session is written down, so that the longest gap costs little of its idle time.
pub(crate) fn written_every(idle: Duration) -> Duration {
    WRITTEN_EVERY.min(idle / 4).max(Duration::from_secs(1))
}

/// What a request shows of the browser it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    now: DateTime<Utc>,
    address: IpAddr,
    agent: Option<String>,
}

impl Seen {
    pub(crate) fn of(now: DateTime<Utc>, extensions: &Extensions, headers: &HeaderMap) -> Self {
        Self::new(now, client_address(extensions), headers)
    }

    pub(crate) fn new(now: DateTime<Utc>, address: IpAddr, headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self {
            now,
            address,
            // It is shown to people: nothing that does not show, and not without end.
            agent: agent.map(|agent| agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect()),
        }
    }

    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    async fn write(&self, session: &Session) -> Result<(), tower_sessions::session::Error> {
        session.insert(SEEN, self.now.timestamp()).await?;
        session.insert(ADDRESS, self.address).await?;
        session.insert(AGENT, &self.agent).await
    }
}

/// Without a connection (a test of the router alone) clients are not told apart.
pub(crate) fn client_address(extensions: &Extensions) -> IpAddr {
    extensions.get::<Client>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.address)
}

/// Whose a session is.
#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) user: UserId,
    /// When they last showed who they are.
    pub(crate) shown_at: Option<DateTime<Utc>>,
}

/// Whose this session is. Using it puts its end off; that is written down at most once a minute.
pub(crate) async fn inside(
    session: &Session,
    seen: &Seen,
    idle: Duration,
) -> Result<Option<Inside>, tower_sessions::session::Error> {
    let Some(user) = session.get::<UserId>(USER).await? else { return Ok(None) };
    let shown_at: Option<i64> = session.get(SHOWN).await?;
    let shown_at = shown_at.and_then(|at| DateTime::from_timestamp(at, 0));
    let last: i64 = session.get(SEEN).await?.unwrap_or_default();
    let passed = u64::try_from(seen.now.timestamp().saturating_sub(last)).unwrap_or_default();
    if Duration::from_secs(passed) >= written_every(idle) {
        seen.write(session).await?;
        // Of before it was kept: the days it has left begin now.
        if session.get::<i64>(SINCE).await?.is_none() {
            session.insert(SINCE, seen.now.timestamp()).await?;
        }
    }
    Ok(Some(Inside { user, shown_at }))
}

/// Signing in and out as the console and the API do it.
pub(crate) struct Door {
    pub(crate) session: Session,
    pub(crate) seen: Seen,
    /// Where signing out leads, for a session that stands on a provider's.
    pub(crate) way: Option<Way>,
    /// Where the password came from; none where there was none.
    pub(crate) known: Option<Known>,
    /// When they showed their provider who they are, where that says so; else it is now.
    pub(crate) shown_at: Option<DateTime<Utc>>,
}

impl Door {
    /// A provider whose clock is ahead makes no sign-in last longer.
    fn shown(&self) -> DateTime<Utc> {
        self.shown_at.map_or(self.seen.now, |at| at.min(self.seen.now))
    }
}

#[async_trait]
impl SessionDoor for Door {
    async fn enter(&self, user: &User) -> Result<(), Problem> {
        let entered = async {
            self.session.clear().await;
            // A session id that was planted before must not become a signed-in one.
            self.session.cycle_id().await?;
            self.seen.write(&self.session).await?;
            self.session.insert(SINCE, self.seen.now.timestamp()).await?;
            self.session.insert(SHOWN, self.shown().timestamp()).await?;
            self.session.insert(USER, user.id).await
        };
        entered.await.map_err(|fault| *error::of_session("beginning a session", &fault).0)?;
        if let Some(known) = &self.known {
            known.signed_in(user.id);
        }
        Ok(())
    }

    /// Under the same id: apps, terminals and streams stand on it, and a thief of the cookie has it already.
    async fn confirm(&self) -> Result<(), Problem> {
        let written = self.session.insert(SHOWN, self.shown().timestamp()).await;
        written.map_err(|fault| *error::of_session("confirming a session", &fault).0)
    }

    async fn leave(&self) -> Result<Option<String>, Problem> {
        let parting = match (&self.way, self.session.id()) {
            (Some(way), Some(id)) => way.parting(&store::session_key(&id)).await,
            _ => None,
        };
        // Whatever the provider does, or does not do: ours has ended before it is asked.
        leave(&self.session).await?;
        match (&self.way, parting) {
            (Some(way), Some(parting)) => Ok(way.onward(parting).await),
            _ => Ok(None),
        }
    }
}

/// Ends the session; fine when there is none.
pub(crate) async fn leave(session: &Session) -> Result<(), Problem> {
    session.flush().await.map_err(|fault| *error::of_session("ending a session", &fault).0)
}

/// Puts a [`Session`] into each request. Over TLS its cookie is marked so that it never travels without.
#[derive(Debug, Clone)]
pub struct Sessions {
    plain: SessionManagerLayer<SessionStore>,
    secure: SessionManagerLayer<SessionStore>,
    always_secure: bool,
    idle: Duration,
}

impl Sessions {
    /// `always_secure`: people reach us over https only, whatever a proxy says about one request.
    pub fn new(store: SessionStore, idle: Duration, always_secure: bool) -> Self {
        let inactivity = time::Duration::try_from(idle).unwrap_or(time::Duration::WEEK);
        let layer = |name: &'static str, secure: bool| {
            SessionManagerLayer::new(store.clone())
                .with_name(name)
                .with_secure(secure)
                .with_same_site(SameSite::Lax)
                .with_expiry(Expiry::OnInactivity(inactivity))
        };
        let (plain, secure) = (layer(cookies::SESSION, false), layer(cookies::SECURE_SESSION, true));
        Self { plain, secure, always_secure, idle }
    }

    /// People reach us over https only.
    pub(crate) fn is_always_secure(&self) -> bool {
        self.always_secure
    }

    /// How long a session lives without being used.
    pub(crate) fn idle(&self) -> Duration {
        self.idle
    }
}

impl<S: Clone> Layer<S> for Sessions {
    type Service = ByScheme<<SessionManagerLayer<SessionStore> as Layer<S>>::Service>;

    fn layer(&self, inner: S) -> Self::Service {
        ByScheme {
            plain: self.plain.layer(inner.clone()),
            secure: self.secure.layer(inner),
            always_secure: self.always_secure,
        }
    }
}

/// Chooses the session layer by how the client came.
#[derive(Debug, Clone)]
pub struct ByScheme<S> {
    plain: S,
    secure: S,
    always_secure: bool,
}

impl<S: Service<Request>> Service<Request> for ByScheme<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match (self.plain.poll_ready(cx), self.secure.poll_ready(cx)) {
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => Poll::Ready(Ok(())),
            (Poll::Ready(Err(error)), _) | (_, Poll::Ready(Err(error))) => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        }
    }

    fn call(&mut self, request: Request) -> S::Future {
        let https = request.extensions().get::<Client>().is_some_and(|client| client.https);
        if https || self.always_secure { self.secure.call(request) } else { self.plain.call(request) }
    }
}

/// The door of this session, for the console.
pub(crate) fn door(session: &Session, seen: Seen, way: Way, known: Known) -> Arc<dyn SessionDoor> {
    Arc::new(Door { session: session.clone(), seen, way: Some(way), known: Some(known), shown_at: None })
}
