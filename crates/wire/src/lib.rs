//! What crosses the network to clients: DTOs, problem codes, terminal frames.
//!
//! Shapes only. Knows no rule (domain has those), no transport and no storage. Compiles to WASM: the console, the CLI and
//! the server share these types.

pub mod activity;
pub mod admin;
pub mod app;
pub mod disk;
pub mod event;
pub mod image;
pub mod page;
pub mod problem;
pub mod profile;
pub mod read;
pub mod session;
pub mod terminal;
pub mod terminals;
pub mod usage;
pub mod vcluster;
