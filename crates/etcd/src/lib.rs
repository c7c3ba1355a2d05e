//! Coordination over etcd: control's `AssignmentPublisher`, `WorkerCoordination` and `WorkerDirectory` ports, and an etcd
//! of our own for installations that have none.
//!
//! Knows keys, transactions, watches and leases; decides nothing about vclusters. All of it can be lost and is then published
//! and reported again, so the one thing this crate must never do is to call something complete that is not, or that may be an older copy.
//!
//! # Module map
//! - [`Etcd`] (`etcd.rs`) holds the connection (`link.rs`); `assignment_publisher.rs`, `worker_coordination.rs` and
//!   `presence.rs` implement the ports on it.
//! - `keys.rs` is the layout, `record.rs` what stands under a key, `publication.rs` decides what may be overwritten,
//!   `presence.rs` also keeps a worker's lease, `fenced.rs` writes only for the record that etcd belongs to, under its
//!   present term.
//! - `watch.rs` lists and then watches without a gap; `watch/` translates what it sees into the ports' events.
//! - [`embedded`] runs etcd as a child process.

mod assignment_publisher;
mod batch;
pub mod embedded;
mod etcd;
mod fault;
mod fenced;
mod keys;
mod link;
mod listing;
mod presence;
mod publication;
mod record;
mod watch;
mod worker_coordination;

pub use etcd::{Credentials, Etcd, EtcdConfig};
pub use fenced::Conflict;
pub use link::InvalidEndpoint;
