//! `/me`: one's own password, API tokens and browser sessions. What gives access needs a browser session: a token can neither
//! make others nor change who gets in, but it can revoke tokens.

use axum::{Extension, Json as Answer};
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
    Extension(known): Extension<Known>,
    caller: Caller,
    Json(change): Json<ChangePassword>,
) -> Result<StatusCode, Failure> {
    caller.api.change_password(&change, known.knock).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One's API tokens, newest first, also those that are not good any more.
#[utoipa::path(get, path = "/me/tokens", tag = "me",
    responses((status = 200, body = Vec<Token>)))]
async fn tokens(caller: Caller) -> Result<Answer<Vec<Token>>, Failure> {
    Ok(Answer(caller.api.tokens().await?))
}

/// Makes an API token that acts as oneself, within its scopes; its text is in this answer and nowhere else. Needs a browser
/// session whose sign-in is fresh (`sign_in.fresh`): sign in again when it is refused with `sign_in_again`.
#[utoipa::path(post, path = "/me/tokens", tag = "me", request_body = CreateToken, security(("session" = [])),
    responses((status = 201, body = NewToken, headers(("Location" = String)))))]
async fn create_token(
    caller: Caller,
    Json(create): Json<CreateToken>,
) -> Result<(StatusCode, HeaderMap, Answer<NewToken>), Failure> {
    let new = caller.api.create_token(&create).await?;
    let mut location = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("/api/v1/me/tokens/{}", new.token.id)) {
        location.insert(header::LOCATION, value);
    }
    Ok((StatusCode::CREATED, location, Answer(new)))
}

/// Revokes an API token; what it is used for ends within a second. A token revokes itself; others need the scope `vclusters`.
#[utoipa::path(delete, path = "/me/tokens/{token}", tag = "me", params(("token" = String, Path)),
    responses((status = 204)))]
async fn revoke_token(caller: Caller, TokenPath(token): TokenPath) -> Result<StatusCode, Failure> {
    caller.api.revoke_token(token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The browsers one is signed in with, the last used first.
#[utoipa::path(get, path = "/me/sessions", tag = "me",
    responses((status = 200, body = Vec<BrowserSession>)))]
async fn sessions(caller: Caller) -> Result<Answer<Vec<BrowserSession>>, Failure> {
    Ok(Answer(caller.api.sessions().await?))
}

/// Ends every session but the one this is asked through. Needs a browser session.
#[utoipa::path(delete, path = "/me/sessions", tag = "me", security(("session" = [])),
    responses((status = 204)))]
async fn end_other_sessions(caller: Caller) -> Result<StatusCode, Failure> {
    caller.api.end_other_sessions().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session, with its terminals, event streams and apps within a second. Needs a browser session.
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "me", params(("session" = String, Path)), security(("session" = [])),
    responses((status = 204)))]
async fn end_session(caller: Caller, SessionPath(session): SessionPath) -> Result<StatusCode, Failure> {
    caller.api.end_session(&session).await?;
    Ok(StatusCode::NO_CONTENT)
}
