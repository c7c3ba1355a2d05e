//! The user behind a request: found once from a bearer token or the session, and handed on as an `Actor`.

use api::Api;
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use control::{Control, actor::Actor};
use http::{Extensions, HeaderMap, header, request::Parts};
use tower_sessions::Session;
use wire::problem::Code;

use super::{
    bearer,
    client::Client,
    error::{self, Failure},
    revocation::Credential,
    session::{self, Inside, Seen},
};
use crate::state::AppState;

/// What is known about the sender of a request.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    pub actor: Option<Actor>,
    pub credential: Option<Credential>,
}

/// Middleware: puts an [`Identity`] into the request. A bad token ends it here; a session that is over is none.
pub(crate) async fn identify(
    State(state): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let identity = match bearer::token(request.headers()) {
        Some(token) => by_token(&state.control, token).await?,
        None => {
            let seen = Seen::of(state.clock.now(), request.extensions(), request.headers());
            by_session(&state, &session, &seen).await?
        }
    };
    let address = request.extensions().get::<Client>().map(|client| client.address);
    let actor = identity.actor.map(|actor| actor.at_address(address));
    if let Some(actor) = &actor {
        tracing::Span::current().record("user", actor.name.as_str());
    }
    request.extensions_mut().insert(Identity { actor, ..identity });
    Ok(next.run(request).await)
}

async fn by_token(control: &Control, token: &str) -> Result<Identity, Failure> {
    let actor = control.accounts.use_token(token).await?;
    Ok(Identity { actor: Some(actor), credential: Some(Credential::Token(token.into())) })
}

async fn by_session(state: &AppState, session: &Session, seen: &Seen) -> Result<Identity, Failure> {
    let inside = session::inside(session, seen, state.sessions.idle()).await;
    let inside = inside.map_err(|fault| error::of_session("reading a session", &fault))?;
    let Some(Inside { user, shown_at }) = inside else { return Ok(Identity::default()) };
    let Some(id) = session.id() else { return Ok(Identity::default()) };
    let actor = state.control.accounts.actor(user).await?;
    let actor = actor.map(|actor| actor.in_session(store::session_handle(&id)).shown_at(shown_at));
    Ok(Identity { actor, credential: Some(Credential::Session(id)) })
}

/// A request of a signed-in user; every other is answered `not_signed_in`.
#[derive(Debug)]
pub struct Caller {
    pub api: Api,
    /// What a long connection of theirs stands and falls with.
    pub credential: Credential,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let identity = parts.extensions.get::<Identity>().cloned().unwrap_or_default();
        match identity {
            Identity { actor: Some(actor), credential: Some(credential) } => {
                Ok(Self { api: api_of(state, actor, &parts.headers, &parts.extensions), credential })
            }
            _ => Err(Failure::new(
                Code::NotSignedIn,
                "Sign in first, or send an API token as Authorization: Bearer dkl_….",
            )),
        }
    }
}

/// What this user can ask for through this request.
pub(crate) fn api_of(state: &AppState, actor: Actor, headers: &HeaderMap, extensions: &Extensions) -> Api {
    let https = extensions.get::<Client>().is_some_and(|client| client.https);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    Api::new(state.backend.clone(), actor, state.edge.hosts.urls(https, host))
}

/// The same of an administrator. For all other users there is nothing here, whatever else is wrong with their request: the
/// role is looked at before the path and the body are. What administrators may do is control's to decide.
#[derive(Debug)]
pub struct AdminCaller {
    pub api: Api,
}

impl FromRequestParts<AppState> for AdminCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let Caller { api, .. } = Caller::from_request_parts(parts, state).await?;
        api.actor().administrator()?;
        Ok(Self { api })
    }
}
