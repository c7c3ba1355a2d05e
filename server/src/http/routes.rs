//! Endpoints, one group per file: read the request, call one use-case, write the answer. They decide nothing.

pub(crate) mod activity;
pub(crate) mod admin;
pub(crate) mod apps;
pub(crate) mod book;
pub(crate) mod console;
pub(crate) mod device;
pub(crate) mod disk;
pub(crate) mod events;
pub(crate) mod exec_stream;
pub(crate) mod health;
pub(crate) mod images;
pub(crate) mod jobs;
pub(crate) mod me;
pub(crate) mod metrics;
mod node_stream;
pub(crate) mod nodes;
pub(crate) mod oidc;
pub(crate) mod openapi;
pub(crate) mod port_stream;
pub(crate) mod session;
pub(crate) mod ssh;
pub(crate) mod terminal_stream;
pub(crate) mod terminals;
pub(crate) mod vclusters;

use http::{HeaderMap, HeaderValue, header};

/// Where what was made is found.
fn location(address: &str) -> HeaderMap {
    let address = HeaderValue::from_str(address).ok();
    address.map(|address| (header::LOCATION, address)).into_iter().collect()
}

/// The client's name for what it asks for, if it gives one. What is no text breaks the rule for it.
fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").map(|key| key.to_str().unwrap_or_default())
}
