//! Entering: the way from the portal's session to the app's own cookie.
//!
//! An app's host sends a stranger to the portal with the digest of a nonce it has given this browser. The portal knows who is
//! signed in there and sends them back with a code; the code works once, for half a minute, on this host, in the browser that
//! holds the nonce. So a code that was seen, or planted, by another person opens nothing.

use axum::body::Body;
use control::apps::nonce_digest;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{
    AppEdge,
    answer::{self, Page},
    hosts::PORTAL,
    request::{AppRequestContext, safe_next},
};
use crate::http::query::{Query, encode};

impl AppEdge {
    /// To the portal, to come back with a code.
    pub(super) fn send_to_portal(&self, context: &AppRequestContext, headers: &HeaderMap) -> Response<Body> {
        // Two tabs that are opened at once hold the same nonce.
        let nonce = context.jar.nonce(headers).map_or_else(new_nonce, str::to_owned);
        let portal = &context.portal;
        let (label, digest, next) = (&context.label, nonce_digest(&nonce), encode(safe_next(&context.wanted)));
        let response = answer::redirect(&format!("{portal}/apps/enter?label={label}&nonce={digest}&next={next}"));
        with_cookie(response, context.jar.keep_nonce(&nonce))
    }

    /// From a page of the portal that is not under its first address: strangers are sent back there.
    pub(super) fn keep_portal(&self, context: &AppRequestContext, query: &Query) -> Response<Body> {
        let hosts = &self.state.edge.hosts;
        let portal = query.text(PORTAL).filter(|portal| hosts.public_url(portal).is_some());
        with_cookie(answer::redirect(&context.address("/")), portal.and_then(|portal| context.jar.keep_portal(portal)))
    }

    /// Back from the portal.
    pub(super) async fn take_code(
        &self,
        context: &AppRequestContext,
        headers: &HeaderMap,
        query: &Query,
    ) -> Response<Body> {
        let Some(nonce) = context.jar.nonce(headers) else {
            return self.refuse_entry(context, context.messages.no_cookies());
        };
        let code = query.text("code").unwrap_or_default();
        let opened = match self.state.control.apps.redeem(context.label.as_str(), code, nonce).await {
            Ok(opened) => opened,
            Err(control::Error::EntryRefused) => return self.refuse_entry(context, context.messages.entry_refused()),
            Err(error) => return self.fault(context, error),
        };
        let next = safe_next(query.text("next").unwrap_or_default());
        let response = answer::redirect(&context.address(next));
        with_cookie(response, context.jar.keep_session(&opened.secret))
    }

    /// Not sent on by itself: it may be refused for ever, and a browser would go round in circles.
    fn refuse_entry(&self, context: &AppRequestContext, (title, lead): (String, String)) -> Response<Body> {
        let links = vec![(context.messages.open_app(), context.address("/"))];
        Page { title, lead, links, ..Page::default() }.answer(
            StatusCode::FORBIDDEN,
            context.messages.0,
            &context.ours(),
        )
    }
}

/// 256 random bits.
fn new_nonce() -> String {
    format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())
}

fn with_cookie(mut response: Response<Body>, cookie: Option<HeaderValue>) -> Response<Body> {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
