//! dockletd: the composition root, where adapters meet control, and the edge, where HTTP meets use-cases.
#![recursion_limit = "256"]

pub mod cli;
pub mod compose;
pub mod config;
pub mod data_dir;
pub mod doctor;
pub mod federation;
pub mod healthcheck;
pub mod http;
pub mod installation;
pub mod lifecycle;
mod nodes;
pub mod rest_reference;
pub mod seal;
pub mod state;
mod takeover;
pub mod telemetry;
pub mod worker_role;
