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
