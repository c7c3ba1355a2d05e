//! `/oidc`: to an OpenID provider and back. For browsers, but for the provider's own word that a person has signed out.

use app::{request_context::SessionDoor as _, sign_in_pages};
use axum::{
    Extension, Form, Router,
    extract::{State, rejection::FormRejection},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use control::{
    error::chain,
    federation::{Begin, Begun, Callback, Finished, Grant, Refusal, Wish},
};
use domain::user::User;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    http::{
        cookies, error,
        error::Failure,
        identity::{Caller, Identity},
        oidc_address::{self, PROVIDER_LOGOUT},
        path::ProviderPath,
        provider_pages::Looks,
        query::Query,
        session::{Door, Seen},
    },
    state::AppState,
};

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/oidc/{provider}/begin", get(begin))
        .route("/oidc/{provider}/callback", get(callback))
        .route("/oidc/{provider}/confirm", get(confirm))
        .route("/oidc/{provider}/link", post(link))
        .route("/oidc/{provider}/backchannel-logout", post(backchannel_logout))
        .route(PROVIDER_LOGOUT, get(provider_logout))
}

#[derive(Deserialize)]
struct Logout {
    logout_token: String,
}

async fn begin(
    State(state): State<AppState>,
    ProviderPath(provider): ProviderPath,
    looks: Looks,
    query: Query,
) -> Response {
    let begun = looks.begin(&state, &provider, next(&query), Wish::SignIn).await;
    looks.lead(&state, &provider, begun)
}

/// For a person who is signed in and is to show again who they are, at a provider of theirs.
async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    ProviderPath(provider): ProviderPath,
    looks: Looks,
    query: Query,
) -> Response {
    let begun = looks.begin(&state, &provider, next(&query), Wish::Confirm(caller.api.actor())).await;
    looks.lead(&state, &provider, begun)
}

fn next(query: &Query) -> &str {
    app::routes::safe_next(query.text("next").unwrap_or_default())
}

/// A form of the profile page, so that no other site can make a person link an identity. A form may not lead to another site;
/// a page in between may.
async fn link(
    State(state): State<AppState>,
    caller: Caller,
    ProviderPath(provider): ProviderPath,
    looks: Looks,
) -> Response {
    let confirmed = match state.control.accounts.confirm(caller.api.actor()) {
        Ok(confirmed) => confirmed,
        Err(control::Error::SignInAgain(_)) => {
            return (StatusCode::SEE_OTHER, location(&app::routes::confirm_then(app::routes::PROFILE))).into_response();
        }
        Err(error) => return Failure::from(error).into_response(),
    };
    match looks.begin(&state, &provider, app::routes::PROFILE, Wish::Link(confirmed)).await {
        Ok(begun) => {
            let page = sign_in_pages::to_provider(&looks.frame(&state), &state.label_of(&provider), &begun.address);
            looks.sent(&begun, Html(page))
        }
        Err(refusal) => looks.refused(&state, &provider, refusal),
    }
}

async fn callback(
    State(state): State<AppState>,
    ProviderPath(provider): ProviderPath,
    Extension(identity): Extension<Identity>,
    session: Session,
    looks: Looks,
    answer: Query,
) -> Result<Response, Failure> {
    let callback = Callback {
        provider: &provider,
        state: answer.text("state"),
        code: answer.text("code"),
        error: answer.text("error"),
        issuer: answer.text("iss"),
        browser: looks.browser.as_deref(),
        actor: identity.actor.as_ref(),
    };
    match state.control.federation.finish(callback).await {
        Ok(Finished::SignedIn { user, grant, next }) => {
            enter(&state, session, looks.seen.clone(), &user, &grant).await?;
            Ok((StatusCode::SEE_OTHER, location(&next)).into_response())
        }
        Ok(Finished::Confirmed { grant, next }) => {
            let door = door(session, looks.seen.clone(), &grant);
            door.confirm().await?;
            let Some(id) = door.session.id() else { return Err(Failure::not_found()) };
            state.control.federation.keep_confirmed(&store::session_key(&id), &grant).await?;
            Ok((StatusCode::SEE_OTHER, location(&next)).into_response())
        }
        Ok(Finished::Linked { next }) => Ok((StatusCode::SEE_OTHER, location(&next)).into_response()),
        Err(refusal) => Ok(looks.refused(&state, &provider, refusal)),
    }
}

fn door(session: Session, seen: Seen, grant: &Grant) -> Door {
    Door { session, seen, way: None, known: None, shown_at: grant.shown_at() }
}

/// Begins the session, and keeps with it what it stands on. A session that could not be kept is none.
async fn enter(state: &AppState, session: Session, seen: Seen, user: &User, grant: &Grant) -> Result<(), Failure> {
    let door = door(session, seen, grant);
    door.enter(user).await?;
    let session = &door.session;
    session.save().await.map_err(|fault| error::of_session("beginning a session", &fault))?;
    let Some(id) = session.id() else { return Err(Failure::not_found()) };
    if let Err(fault) = state.control.federation.keep(&store::session_key(&id), grant).await {
        crate::http::session::leave(session).await?;
        return Err(fault.into());
    }
    Ok(())
}

/// OpenID Connect Back-Channel Logout 1.0. The provider sends no cookie, and is believed for its signature alone.
async fn backchannel_logout(
    State(state): State<AppState>,
    ProviderPath(provider): ProviderPath,
    form: Result<Form<Logout>, FormRejection>,
) -> Response {
    const NO_STORE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];
    let refused = |status: StatusCode| {
        (status, NO_STORE, axum::Json(serde_json::json!({"error": "invalid_request"}))).into_response()
    };
    let Ok(Form(Logout { logout_token })) = form else { return refused(StatusCode::BAD_REQUEST) };
    match state.control.federation.end_by_provider(&provider, &logout_token).await {
        Ok(_) => (StatusCode::OK, NO_STORE).into_response(),
        Err(Refusal::Control(error)) => Failure::from(error).into_response(),
        // Not logged: a stranger's text would end up there.
        Err(Refusal::UnknownProvider) => refused(StatusCode::NOT_FOUND),
        Err(refusal) => {
            tracing::warn!(provider, refusal = %chain(&refusal), "a logout token is not believed");
            let status = match refusal {
                Refusal::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::BAD_REQUEST,
            };
            refused(status)
        }
    }
}

async fn provider_logout(State(state): State<AppState>, looks: Looks, query: Query) -> Response {
    match state.provider_logouts.take(query.text("key").unwrap_or_default()) {
        Some(onward) => {
            Html(sign_in_pages::provider_logout(&looks.frame(&state), &onward.label, &onward.address)).into_response()
        }
        // Opened again, or too late: here, they are signed out.
        None => (StatusCode::SEE_OTHER, location(app::routes::SIGN_IN)).into_response(),
    }
}

fn location(address: &str) -> HeaderMap {
    // Both were written by us or by a URL library: they have nothing but ASCII.
    let value = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static(app::routes::HOME));
    HeaderMap::from_iter([(header::LOCATION, value)])
}

impl Looks {
    async fn begin(&self, state: &AppState, provider: &str, next: &str, wish: Wish<'_>) -> Result<Begun, Refusal> {
        let begin = Begin {
            provider,
            next,
            back: &oidc_address::callback(&self.base, provider),
            browser: self.browser.as_deref(),
            address: self.seen.address(),
            wish,
        };
        state.control.federation.begin(begin).await
    }

    /// To the provider, or to a page that says why not.
    fn lead(&self, state: &AppState, provider: &str, begun: Result<Begun, Refusal>) -> Response {
        match begun {
            Ok(begun) => self.sent(&begun, (StatusCode::SEE_OTHER, location(&begun.address))),
            Err(refusal) => self.refused(state, provider, refusal),
        }
    }

    /// The answer that sends a browser to a provider, and binds it.
    fn sent(&self, begun: &Begun, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let Ok(cookie) = HeaderValue::from_str(&cookies::bind_browser(&begun.browser, self.secure)) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
