//! The Docker Engine, through bollard, as control's [`Engine`] port.
//!
//! The only crate that knows bollard. It decides nothing: each method is one typed request, with a time limit, and an answer
//! in the port's words. Map:
//! - `client`: the connection, agreed on one API version, and the time limits
//! - `fault`: what the engine's refusals mean; `pull_fault`: the same for pulls, whose words are for the log alone
//! - `about`: what the engine says of itself, for administrators who look for a fault
//! - `disk`: what owners take
//! - `container`, `network`, `volume`, `image`, `events`: one kind of object each
//! - `helper`: the one container that is no node; `archive`: what its image is made of

mod about;
mod archive;
mod client;
mod container;
mod disk;
mod engine;
mod events;
mod fault;
mod helper;
mod image;
mod label;
mod log;
mod network;
mod pull_fault;
mod spec;
mod volume;

pub use about::About;
pub use engine::DockerEngine;
pub use spec::{BIN_TARGET, HOME_TARGET, INIT_TARGET, RUN_TARGET};

#[cfg(doc)]
use control::ports::engine::Engine;
