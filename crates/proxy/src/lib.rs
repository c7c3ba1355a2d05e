//! Moves HTTP and upgraded connections between a browser and an app in a node.
//!
//! [`guard`] looks at what comes in, [`headers`] says what passes of a message's head, [`Forwarder`] moves messages and what
//! they become. Refuses to know users, pages and statuses for people: the caller has decided already that the visit is
//! allowed, and says in their own way what went wrong.

mod body;
mod connection;
mod error;
mod forward;
pub mod guard;
pub mod headers;
mod permission;
mod pool;
mod tunnel;
mod upload;

pub use body::{BodyError, ResponseBody};
pub use error::{Phase, ProxyError};
pub use forward::{Dial, Forwarder, Limits, Upstream, Visit};
pub use headers::{OwnNames, Site};
pub use permission::{Permission, Watched};
