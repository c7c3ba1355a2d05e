//! `/device`: signing in a program on another machine through the browser, in the shape of RFC 8628. The program shows no
//! credential, because it has none; the person approves on the console's page.

use axum::{Extension, Json as Answer, extract::State};
use http::{Extensions, HeaderMap};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::device::{AskDevice, BeginDevice, DeviceCode, DeviceToken};

use crate::{
    http::{client::Client, error::Failure, json::Json, oidc_address},
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(begin)).routes(routes!(ask))
}

/// Begins signing in a program: it shows `user_code` and `verification_uri` to its person, and asks for its token until they
/// have decided. Needs no sign-in.
#[utoipa::path(post, path = "/device", tag = "session", request_body = BeginDevice, security(()),
    responses((status = 200, body = DeviceCode)))]
async fn begin(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    extensions: Extensions,
    Json(begin): Json<BeginDevice>,
) -> Result<Answer<DeviceCode>, Failure> {
    let BeginDevice { name, scope } = begin;
    let begun = state.control.accounts.begin_device(name.as_deref(), scope.as_deref(), client.address)?;
    let base = oidc_address::base(&state, &extensions, &headers);
    Ok(Answer(DeviceCode {
        verification_uri: format!("{base}{}", app::routes::DEVICE),
        verification_uri_complete: format!("{base}{}", app::routes::device(&begun.user_code)),
        device_code: begun.device_code,
        user_code: begun.user_code,
        expires_in: begun.expires_in.as_secs(),
        interval: begun.interval.as_secs(),
    }))
}

/// The token of an approved program, once. Until then `authorization_pending`; `slow_down` when it is asked for before the
/// interval is over; `access_denied` or `expired_token` when there will be none. Needs no sign-in.
#[utoipa::path(post, path = "/device/token", tag = "session", request_body = AskDevice, security(()),
    responses((status = 200, body = DeviceToken)))]
async fn ask(State(state): State<AppState>, Json(ask): Json<AskDevice>) -> Result<Answer<DeviceToken>, Failure> {
    let granted = state.control.accounts.ask_device(&ask.device_code).await?;
    Ok(Answer(DeviceToken { token: granted.text, name: granted.name.to_string(), scope: granted.scopes.to_string() }))
}
