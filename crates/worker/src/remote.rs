//! The worker stream: a worker's nodes, reached from another process or host. The server stands before anything that
//! implements control's ports for nodes, the client implements the same ports for the portal. One TLS connection per
//! request: a request behind its length, an answer behind its length, then, for terminals and ports, bytes as they come.
//!
//! Both sides prove that they hold the cluster's secret before anything is read. Even then nothing is believed: lengths are
//! bounded, waiting has an end, and there are only so many connections.

mod client;
mod credentials;
mod message;
mod server;
mod socket;
mod strangers;

pub use client::{RemoteNodes, ping};
pub use credentials::{Credentials, CredentialsError};
pub use server::StreamServer;

#[cfg(test)]
mod tests;
