//! The proxy with real sockets on both sides, and apps that do what they please.

mod guard;
mod hostile;
mod pool;
mod streaming;
mod upgrades;
mod world;
