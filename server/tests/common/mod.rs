//! What all tests use: a daemon of their own, and clients that are not ours.

pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod daemon;
pub(crate) mod desk;
pub(crate) mod docker;
pub(crate) mod events;
pub(crate) mod process;
pub(crate) mod provider;
pub(crate) mod terminal;

/// How long an end that is promised within a second may take here, where the machine does other things meanwhile; the second
/// itself is measured by `make bench`. Without being told, a stream goes on for longer by far: its own pings allow 25 s.
pub(crate) const PROMPTLY: std::time::Duration = std::time::Duration::from_secs(8);
