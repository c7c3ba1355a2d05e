//! What a sign-in through a provider needs of a request, and how a refusal is shown: a page that says what to do, and one line
//! in the log that says what happened, without any token.

use std::convert::Infallible;

use app::sign_in_pages;
use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse as _, Response},
};
use control::{error::chain, federation::Refusal};
use http::{StatusCode, header, request::Parts};

use super::{cookies, identity::Identity, oidc_address, reader::Reader, session::Seen};
use crate::{http::error::Failure, state::AppState};

/// How the page that answers is to look, and which browser asks.
#[derive(Debug, Clone)]
pub(crate) struct Looks {
    reader: Reader,
    /// Scheme, host and port of ours, as this browser knows us.
    pub(crate) base: String,
    pub(crate) secure: bool,
    /// What binds the browser to the sign-ins it has begun.
    pub(crate) browser: Option<String>,
    pub(crate) seen: Seen,
    is_signed_in: bool,
}

impl FromRequestParts<AppState> for Looks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let (headers, extensions) = (&parts.headers, &parts.extensions);
        let secure = oidc_address::is_secure(state, extensions);
        Ok(Self {
            reader: Reader::of(headers, extensions),
            base: oidc_address::base(state, extensions, headers),
            secure,
            browser: cookies::browser(headers, secure).map(str::to_owned),
            seen: Seen::of(state.clock.now(), extensions, headers),
            is_signed_in: extensions.get::<Identity>().is_some_and(|identity| identity.actor.is_some()),
        })
    }
}

impl Looks {
    pub(crate) fn frame<'a>(&'a self, state: &'a AppState) -> sign_in_pages::Frame<'a> {
        sign_in_pages::Frame {
            options: &state.console,
            theme: self.reader.theme.as_deref(),
            language: self.reader.language,
            request: self.reader.request.as_deref(),
        }
    }

    pub(crate) fn refused(&self, state: &AppState, provider: &str, refusal: Refusal) -> Response {
        let refusal = match refusal {
            // Which provider was meant is not told by a name that is none of ours: it would end up in the log.
            Refusal::UnknownProvider => return Failure::not_found().into_response(),
            Refusal::Control(error) if !matches!(error, control::Error::Store(_)) => {
                return Failure::from(error).into_response();
            }
            refusal => refusal,
        };
        let causes = chain(&refusal);
        if refusal.is_a_fault() {
            tracing::warn!(provider, "a sign-in failed: {causes}");
        } else {
            tracing::info!(provider, "a sign-in was refused: {causes}");
        }
        let (frame, label) = (self.frame(state), state.label_of(provider));
        let page = sign_in_pages::refused(&frame, &refusal, provider, &label, self.is_signed_in);
        let mut response = (status(&refusal), Html(page)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"));
        response
    }
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::UnknownProvider => StatusCode::NOT_FOUND,
        Refusal::NotBegunHere | Refusal::CodeRefused | Refusal::SessionChanged => StatusCode::BAD_REQUEST,
        Refusal::Denied
        | Refusal::LoginRequired(_)
        | Refusal::NotAllowed
        | Refusal::EmailUnverified
        | Refusal::Pending
        | Refusal::AnotherPerson
        | Refusal::Locked => StatusCode::FORBIDDEN,
        Refusal::LinkedElsewhere => StatusCode::CONFLICT,
        Refusal::ProviderRefused(_)
        | Refusal::NotAskedAgain(_)
        | Refusal::Clock(_)
        | Refusal::Audience(_)
        | Refusal::Untrusted(_) => StatusCode::BAD_GATEWAY,
        Refusal::Unavailable(_) | Refusal::Control(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
