//! The first question of all: is a request for the portal or for an app? Asked of the host name, before anything that costs.
//!
//! An app's own host never reaches the portal's router, and the portal's hosts never reach the apps' edge.

use std::convert::Infallible;

use axum::{Router, body::Body, response::IntoResponse as _};
use http::{Request, Response, StatusCode, header};
use tower::Service as _;

use super::{
    apps::{AppEdge, hosts::Place},
    client::{Client, OverTls, Peer},
    connections::network,
    shares::{Kind, Share, keep},
};
use crate::state::AppState;

/// Everything dockletd serves. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Site {
    portal: Router,
    apps: AppEdge,
    state: AppState,
}

impl Site {
    pub fn new(portal: Router, apps: AppEdge, state: AppState) -> Self {
        Self { portal, apps, state }
    }

    /// Answers a request that came over this connection.
    pub async fn answer(&self, mut request: Request<Body>, peer: Peer, over_tls: bool) -> Response<Body> {
        request.extensions_mut().insert(peer);
        if over_tls {
            request.extensions_mut().insert(OverTls);
        }
        let Some(authority) = authority(&request) else {
            return (StatusCode::BAD_REQUEST, "This request does not say clearly which host it is for.\n")
                .into_response();
        };
        let Ok(share) = self.share_of_client(peer, &request) else {
            return (StatusCode::TOO_MANY_REQUESTS, "You have too many requests in progress. Try again in a moment.\n")
                .into_response();
        };
        // The task that upgrades the connection keeps it.
        request.extensions_mut().insert(share.clone());
        let response = match self.state.edge.hosts.place(&authority, request.uri().path()) {
            Place::Portal => infallible(self.portal.clone().call(request).await),
            place => self.apps.answer(place, &authority, request).await,
        };
        match share {
            Some(share) => keep(response, share),
            None => response,
        }
    }

    /// Behind a proxy all come over its connections, so what counts is what each client has under way.
    fn share_of_client(&self, peer: Peer, request: &Request<Body>) -> Result<Option<Share>, TooMany> {
        let edge = &self.state.edge;
        let client = Client::of(peer, request.headers(), &edge.trusted_proxies).address;
        if client == peer.0.ip().to_canonical() {
            return Ok(None);
        }
        let share = self.state.shares.take(Kind::Client(network(client)), edge.connections_per_address);
        share.map(Some).ok_or(TooMany)
    }
}

/// Requests of one client.
struct TooMany;

/// The one host the request names; `None` when it names two. HTTP/1.0 may name none, which is the portal's.
fn authority(request: &Request<Body>) -> Option<String> {
    let mut hosts = request.headers().get_all(header::HOST).into_iter();
    let (host, another) = (hosts.next(), hosts.next().is_some());
    let host = host.map(|host| host.to_str().ok()).unwrap_or(Some(""))?;
    match request.uri().authority() {
        _ if another => None,
        Some(authority) if !host.is_empty() && !authority.as_str().eq_ignore_ascii_case(host) => None,
        Some(authority) => Some(authority.as_str().to_owned()),
        None => Some(host.to_owned()),
    }
}

fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(uri: &str, hosts: &[&str]) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        for host in hosts {
            request = request.header("host", *host);
        }
        authority(&request.body(Body::empty()).expect("a request"))
    }

    #[test]
    fn a_request_is_for_one_host_or_refused() {
        assert_eq!(named("/", &["lab.localhost:8000"]).as_deref(), Some("lab.localhost:8000"));
        assert_eq!(named("http://lab.localhost/", &["LAB.localhost"]).as_deref(), Some("lab.localhost"));
        assert_eq!(named("/", &[]).as_deref(), Some(""));
        assert_eq!(named("http://lab.localhost/", &["localhost"]), None);
        assert_eq!(named("/", &["lab.localhost", "localhost"]), None);
    }
}
