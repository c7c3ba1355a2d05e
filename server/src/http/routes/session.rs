//! `/session`: signing in, who is signed in, signing out.

use app::request_context::SessionDoor as _;
use axum::{Extension, Json as Answer, extract::State};
use control::actor::Actor;
use http::{Extensions, HeaderMap, StatusCode};
use tower_sessions::Session;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::session::{Session as SessionDto, SignIn};

use crate::{
    http::{
        client::Client,
        error::Failure,
        identity::{Caller, api_of},
        json::Json,
        known::Known,
        session::{self, Door, Seen},
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(sign_in, show, sign_out))
}

/// Signs in with name and password; the answer sets the session's cookie.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, security(()),
    responses((status = 200, body = SessionDto)))]
async fn sign_in(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Extension(known): Extension<Known>,
    session: Session,
    headers: HeaderMap,
    extensions: Extensions,
    Json(sign_in): Json<SignIn>,
) -> Result<Answer<SessionDto>, Failure> {
    let user = state.control.accounts.sign_in(&sign_in.name, &sign_in.password, known.knock.clone()).await?;
    let seen = Seen::new(state.clock.now(), client.address, &headers);
    Door { session, seen, way: None, known: Some(known), shown_at: None }.enter(&user).await?;
    let actor = Actor::of(user).ok_or(control::Error::SignInFailed)?;
    Ok(Answer(api_of(&state, actor, &headers, &extensions).session().await?))
}

/// Who is signed in, what they may take and what they have taken.
#[utoipa::path(get, path = "/session", tag = "session",
    responses((status = 200, body = SessionDto)))]
async fn show(caller: Caller) -> Result<Answer<SessionDto>, Failure> {
    Ok(Answer(caller.api.session().await?))
}

/// Signs out. Fine without a session.
#[utoipa::path(delete, path = "/session", tag = "session", security((), ("session" = [])), responses((status = 204)))]
async fn sign_out(session: Session) -> Result<StatusCode, Failure> {
    session::leave(&session).await?;
    Ok(StatusCode::NO_CONTENT)
}
