//! Browser sessions: which cookie, how long, what is in it. The records are the store's.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use app::visit::SessionDoor;
use async_trait::async_trait;
use axum::extract::Request;
use domain::{UserId, user::User};
use store::SessionStore;
use tower::{Layer, Service};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{SameSite, time},
};
use wire::problem::Problem;

use super::{client::Client, cookies, error};

/// Whose session it is. The store reads it, too, to end all sessions of a user.
const USER: &str = store::SESSION_USER;
/// When it was used, in seconds since 1970, to the hour.
const USED: &str = "used";
const HOUR: i64 = 3600;

/// The user this session belongs to. Using it puts its end off, written down at most once an hour.
pub(crate) async fn user_of(session: &Session, now: i64) -> Result<Option<UserId>, tower_sessions::session::Error> {
    let Some(user) = session.get::<UserId>(USER).await? else { return Ok(None) };
    let used: i64 = session.get(USED).await?.unwrap_or_default();
    if now - used >= HOUR {
        session.insert(USED, now).await?;
    }
    Ok(Some(user))
}

/// Signing in and out as the console and the API do it.
pub(crate) struct Door(pub(crate) Session);

#[async_trait]
impl SessionDoor for Door {
    async fn enter(&self, user: &User) -> Result<(), Problem> {
        let entered = async {
            self.0.clear().await;
            // A session id that somebody else has planted before must not become a signed-in one.
            self.0.cycle_id().await?;
            self.0.insert(USER, user.id).await
        };
        entered.await.map_err(|fault| *error::internal("beginning a session", &fault).0)
    }

    async fn leave(&self) -> Result<(), Problem> {
        self.0.flush().await.map_err(|fault| *error::internal("ending a session", &fault).0)
    }
}

/// Puts a [`Session`] into each request. Over TLS its cookie is marked so that it never travels without.
#[derive(Debug, Clone)]
pub struct Sessions {
    plain: SessionManagerLayer<SessionStore>,
    secure: SessionManagerLayer<SessionStore>,
    always_secure: bool,
}

impl Sessions {
    /// `always_secure`: people reach us over https only, whatever a proxy says about one request.
    pub fn new(store: SessionStore, idle: Duration, always_secure: bool) -> Self {
        let idle = time::Duration::try_from(idle).unwrap_or(time::Duration::WEEK);
        let layer = |name: &'static str, secure: bool| {
            SessionManagerLayer::new(store.clone())
                .with_name(name)
                .with_secure(secure)
                .with_same_site(SameSite::Lax)
                .with_expiry(Expiry::OnInactivity(idle))
        };
        Self { plain: layer(cookies::SESSION, false), secure: layer(cookies::SECURE_SESSION, true), always_secure }
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
pub(crate) fn door(session: &Session) -> Arc<dyn SessionDoor> {
    Arc::new(Door(session.clone()))
}
