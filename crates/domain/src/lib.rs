//! What Docklet's words mean: ids, names, specs, lifecycles, quota and subnet arithmetic.
//!
//! Pure values and pure decisions. No async, no I/O, no clock, no randomness: times and ids come in as arguments.
//! Compiles to WASM, so the console applies the same rules as the server.

pub mod app;
mod described;
pub mod id;
pub mod image;
pub mod job;
pub mod name;
pub mod node;
pub mod operation;
pub mod quota;
pub mod quota_policy;
pub mod resources;
pub mod ssh_key;
pub mod subnet;
pub mod task;
pub mod user;
pub mod vcluster;
pub mod violation;

pub use id::{
    AppId, InstallationId, InstanceId, JobId, JobRef, NodeId, OperationId, SessionHandle, TaskId, TerminalId, TokenId,
    UserId, VclusterId,
};
pub use ssh_key::SshPublicKey;
pub use violation::Violation;

#[cfg(test)]
mod tests;
