//! docklet-init, PID 1 of every node, its protocol and its client.
//!
//! - [`protocol`]: what the two sides say to each other. No I/O.
//! - [`firewall`]: how the firewall's helper is told what to do, and what it says. No I/O.
//! - [`client`] (feature `client`): the worker's side. It trusts nothing the node says.
//! - [`node`] (feature `init`): the node's side. It knows no Docker, no user and no network beyond the node's own.

#![forbid(unsafe_code)]

#[cfg(feature = "client")]
pub mod client;
pub mod firewall;
#[cfg(feature = "init")]
pub mod node;
pub mod protocol;
mod text;
