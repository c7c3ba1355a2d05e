//! What Docklet's words mean: ids, names, specs, lifecycles, quota and subnet arithmetic.
//!
//! Pure values and pure decisions. No async, no I/O, no clock, no randomness: times and ids come in as arguments.
//! Compiles to WASM, so the console applies the same rules as the server.

pub mod allowance;
pub mod app;
mod described;
pub mod id;
pub mod image;
pub mod name;
pub mod node;
pub mod operation;
pub mod quota;
pub mod resources;
pub mod subnet;
pub mod user;
pub mod vcluster;
pub mod violation;

pub use id::{AppId, InstallationId, NodeId, OperationId, SessionHandle, TokenId, UserId, VclusterId};
pub use violation::Violation;
