//! The edge: HTTP in, use-cases, HTTP out. The only place that chooses status codes and cookie flags.

pub mod apps;
pub(crate) mod bearer;
pub mod census;
pub mod client;
pub mod connections;
pub(crate) mod cookies;
pub mod ending;
pub mod error;
mod http2;
pub mod identity;
pub mod json;
pub mod listen;
mod middleware;
pub mod origin;
mod path;
mod query;
pub mod readiness;
mod refused;
mod relay;
pub mod revocation;
pub mod router;
pub(crate) mod routes;
pub mod session;
pub mod site;
mod stream;
pub mod tls;
mod wrong_scheme;
