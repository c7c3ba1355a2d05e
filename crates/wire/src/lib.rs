//! What crosses the network to clients: DTOs, problem codes, terminal frames.
//!
//! Shapes only. Knows no rule (domain has those), no transport and no storage. Compiles to WASM: the console, the CLI and
//! the server share these types.

pub mod activity;
pub mod admin;
pub mod app;
pub mod device;
pub mod disk;
pub mod event;
pub mod exec;
pub mod framing;
pub mod image;
pub mod job;
pub mod page;
pub mod port;
pub mod problem;
pub mod profile;
pub mod queue;
pub mod read;
pub mod session;
pub mod ssh;
pub mod terminal;
pub mod terminals;
pub mod udp;
pub mod usage;
pub mod vcluster;
pub mod why;

/// The header of every answer of the REST interface that says the server's version: a client of another one can say so where it
/// is not understood.
pub const VERSION_HEADER: &str = "docklet-version";
