//! One request as the console sees it: the user, the session, and the use-cases that answer. Server only.
//!
//! The edge puts a [`RequestContext`] into the request's extensions; [`provide`] hands it to pages and server functions
//! alike, so the two can never see different things. Chooses no cookie flag of the session: that is the edge's.

use std::sync::{Arc, Mutex, PoisonError};

use ::api::{Api, Refusal};
use async_trait::async_trait;
use catalogue::Language;
use control::{Control, accounts::Knock};
use domain::user::User;
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::{
    nonce::Nonce,
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_axum::ResponseOptions;
use wire::problem::{Code, Problem};

use crate::{
    api::Refused,
    contexts::{
        theme::{self, Theme},
        zone,
    },
    zone::Zone,
};

/// The session behind a request, as far as the console may change it.
#[async_trait]
pub trait SessionDoor: Send + Sync {
    /// Begins a session of this user under a new id.
    async fn enter(&self, user: &User) -> Result<(), Problem>;
    /// Writes down that the user of this session has confirmed their sign-in.
    async fn confirm(&self) -> Result<(), Problem>;
    /// Ends the session; fine when there is none. Where to go then, when a provider's session ends with it.
    async fn leave(&self) -> Result<Option<String>, Problem>;
}

/// What the edge knows about one request for a page or a server function.
#[derive(Clone)]
pub struct RequestContext {
    pub control: Control,
    /// What the user can ask for; `None` without a sign-in.
    pub api: Option<Api>,
    pub session: Arc<dyn SessionDoor>,
    /// Scheme, host and port under which this browser has us.
    pub address: String,
    /// Where the request comes from, for counting failed sign-ins.
    pub knock: Knock,
    /// What this request has taken of what is shown once.
    pub taken: Taken,
    /// The nonce of this response's Content-Security-Policy.
    pub nonce: String,
}

/// A page may be drawn more than once for one request (its parts wait for each other), and what can be taken only once
/// must then be the same again.
#[derive(Clone, Default)]
pub struct Taken(Arc<Mutex<Option<(String, String)>>>);

impl std::fmt::Debug for Taken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Taken")
    }
}

impl Taken {
    /// The secret behind `key`: taken the first time, remembered after.
    pub fn or_take<E>(&self, key: &str, take: impl FnOnce() -> Result<Option<String>, E>) -> Result<Option<String>, E> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, secret)) = taken.as_ref().filter(|(known, _)| known == key) {
            return Ok(Some(secret.clone()));
        }
        let secret = take()?;
        *taken = secret.clone().map(|secret| (key.to_owned(), secret));
        Ok(secret)
    }
}

impl std::fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestContext").field("api", &self.api).field("knock", &self.knock).finish_non_exhaustive()
    }
}

/// The one context closure for pages and server functions.
pub fn provide() {
    let Some(context) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<RequestContext>().cloned())
    else {
        return;
    };
    provide_context(Nonce::from_value(context.nonce.as_str()));
    provide_context(language());
    provide_context(context);
}

pub(crate) fn request_context() -> Result<RequestContext, Refused> {
    use_context::<RequestContext>().ok_or_else(|| {
        tracing::error!("a page was asked for without a request context: the edge's middleware is not in front of it");
        Refused::new(Code::Internal, "Something went wrong on our side. Try again in a moment.")
    })
}

/// What the user can ask for, or the refusal that leads to the sign-in page.
pub(crate) fn api() -> Result<Api, Refused> {
    request_context()?.api.ok_or_else(|| refuse_with(Problem::new(Code::NotSignedIn, "Sign in first.")))
}

/// A use-case's error on its way to the browser.
pub(crate) fn refuse(error: control::Error) -> Refused {
    Refusal::from(error).into()
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        refuse_with(refusal.into())
    }
}

pub(crate) fn refuse_with(problem: Problem) -> Refused {
    // A plain form gets a redirect that carries the problem; only a script's request can be answered with the status.
    if !accepts_html() {
        set_status(problem.status);
    }
    problem.into()
}

fn header_of_request(name: header::HeaderName) -> Option<String> {
    let parts = use_context::<Parts>()?;
    parts.headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The path of the request.
pub(crate) fn path() -> String {
    use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default()
}

/// A page, or a form that was sent without our script.
pub(crate) fn accepts_html() -> bool {
    header_of_request(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

/// Sends a form that was sent without our script on to `path`. Our script decides itself where to go.
pub(crate) fn redirect_plain_form(path: &str) {
    if accepts_html() {
        leptos_axum::redirect(path);
    }
}

/// The address of ours that shows `refused` as the answer to the plain form of `S`.
pub(crate) fn refusal_address<S: ServerFn<Error = Refused>>(address: &str, refused: &Refused) -> String {
    // The encoding is leptos' own, and wants a whole URL to write into.
    const SITE: &str = "http://site.invalid";
    let with_refusal = ServerFnUrlError::new(S::PATH, refused.clone()).to_url(&format!("{SITE}{address}"));
    with_refusal.map_or_else(|_| address.to_owned(), |url| url.as_str().trim_start_matches(SITE).to_owned())
}

pub(crate) fn set_status(status: u16) {
    if let (Some(response), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        response.set_status(status);
    }
}

pub(crate) fn set_cookie(cookie: &str) -> Result<(), Refused> {
    let value = HeaderValue::from_str(cookie)
        .map_err(|_| Refused::new(Code::Malformed, "The form was not complete. Reload the page, then try again."))?;
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(header::SET_COOKIE, value);
    }
    Ok(())
}

/// The theme this browser has chosen.
pub(crate) fn theme() -> Theme {
    header_of_request(header::COOKIE).map_or(Theme::System, |cookies| theme::from_cookies(&cookies))
}

/// The language this browser has chosen or asks for.
pub(crate) fn language() -> Language {
    let header = |name| header_of_request(name).unwrap_or_default();
    Language::of_request(&header(header::COOKIE), &header(header::ACCEPT_LANGUAGE))
}

/// The time zone this browser is in, as far as it has told.
pub(crate) fn zone() -> Zone {
    header_of_request(header::COOKIE).map_or_else(Zone::utc, |cookies| zone::from_cookies(&cookies))
}

/// Signed-in people need no sign-in page.
pub(crate) fn pass_on_if_signed_in(next: &str) {
    if use_context::<RequestContext>().is_some_and(|context| context.api.is_some()) {
        leptos_axum::redirect(crate::routes::safe_next(next));
    }
}
