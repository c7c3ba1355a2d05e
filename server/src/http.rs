//! The edge: HTTP in, use-cases, HTTP out. The only place that chooses status codes and cookie flags.

pub(crate) mod bearer;
pub mod client;
pub mod connections;
pub(crate) mod cookies;
pub mod ending;
pub mod error;
pub mod identity;
pub mod json;
pub mod listen;
mod middleware;
pub mod origin;
mod path;
mod query;
pub mod readiness;
mod relay;
pub mod revocation;
pub mod router;
mod routes;
pub mod session;
mod stream;
