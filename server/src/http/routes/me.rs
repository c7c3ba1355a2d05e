//! `/me`: one's own password, API tokens and browser sessions. What gives or takes access needs a browser session: a token
//! can neither make others nor change who gets in.

use app::api::dto;
use axum::{Extension, Json as Answer, extract::State};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::profile::{BrowserSession, ChangePassword, CreateToken, NewToken, Token};

use crate::{
    http::{
        error::Failure,
        identity::Caller,
        json::Json,
        known::Known,
        path::{SessionPath, TokenPath},
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(change_password))
        .routes(routes!(tokens, create_token))
        .routes(routes!(revoke_token))
        .routes(routes!(sessions, end_other_sessions))
        .routes(routes!(end_session))
}

/// Sets a new password and ends every other session. API tokens stay. Needs a browser session.
#[utoipa::path(put, path = "/me/password", tag = "me", request_body = ChangePassword, security(("session" = [])),
    responses((status = 204)))]
async fn change_password(
    State(state): State<AppState>,
    Extension(known): Extension<Known>,
    caller: Caller,
    Json(change): Json<ChangePassword>,
) -> Result<StatusCode, Failure> {
    let accounts = &state.control.accounts;
    accounts.change_password(&caller.actor, &change.present, &change.new, known.knock).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's API tokens, newest first, also those that are not good any more.
#[utoipa::path(get, path = "/me/tokens", tag = "me",
    responses((status = 200, body = Vec<Token>)))]
async fn tokens(State(state): State<AppState>, caller: Caller) -> Result<Answer<Vec<Token>>, Failure> {
    let tokens = state.control.accounts.my_tokens(&caller.actor).await?;
    let now = state.clock.now();
    Ok(Answer(tokens.iter().map(|token| dto::token(token, now)).collect()))
}

/// Makes an API token that acts as oneself; its text is in this answer and nowhere else. Needs a browser session
/// whose sign-in is fresh (`sign_in.fresh`): sign in again when it is refused with `sign_in_again`.
#[utoipa::path(post, path = "/me/tokens", tag = "me", request_body = CreateToken, security(("session" = [])),
    responses((status = 201, body = NewToken, headers(("Location" = String)))))]
async fn create_token(
    State(state): State<AppState>,
    caller: Caller,
    Json(create): Json<CreateToken>,
) -> Result<(StatusCode, HeaderMap, Answer<NewToken>), Failure> {
    let accounts = &state.control.accounts;
    let issued = accounts.create_token(accounts.confirm(&caller.actor)?, &create.name, create.days).await?;
    let token = dto::token(&issued.token, state.clock.now());
    let mut location = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("/api/v1/me/tokens/{}", token.id)) {
        location.insert(header::LOCATION, value);
    }
    Ok((StatusCode::CREATED, location, Answer(NewToken { token, text: issued.text })))
}

/// Revokes an API token; what it is used for ends within a second. Needs a browser session.
#[utoipa::path(delete, path = "/me/tokens/{token}", tag = "me", params(("token" = String, Path)), security(("session" = [])),
    responses((status = 204)))]
async fn revoke_token(
    State(state): State<AppState>,
    caller: Caller,
    TokenPath(token): TokenPath,
) -> Result<StatusCode, Failure> {
    state.control.accounts.revoke_my_token(&caller.actor, token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The browsers one is signed in with, the last used first.
#[utoipa::path(get, path = "/me/sessions", tag = "me",
    responses((status = 200, body = Vec<BrowserSession>)))]
async fn sessions(State(state): State<AppState>, caller: Caller) -> Result<Answer<Vec<BrowserSession>>, Failure> {
    let sessions = state.control.accounts.sessions(&caller.actor).await?;
    Ok(Answer(sessions.iter().map(|session| dto::browser_session(session, &caller.actor)).collect()))
}

/// Ends every session but the one this is asked through. Needs a browser session.
#[utoipa::path(delete, path = "/me/sessions", tag = "me", security(("session" = [])),
    responses((status = 204)))]
async fn end_other_sessions(State(state): State<AppState>, caller: Caller) -> Result<StatusCode, Failure> {
    state.control.accounts.end_other_sessions(&caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session, with its terminals, event streams and apps within a second. Needs a browser session.
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "me", params(("session" = String, Path)), security(("session" = [])),
    responses((status = 204)))]
async fn end_session(
    State(state): State<AppState>,
    caller: Caller,
    SessionPath(session): SessionPath,
) -> Result<StatusCode, Failure> {
    state.control.accounts.end_session(&caller.actor, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
