//! The adapter against the real engine: every answer it must tell apart is provoked for real. One binary, linked once.

#[path = "engine/bench.rs"]
mod bench;
#[path = "engine/containers.rs"]
mod containers;
#[path = "engine/events.rs"]
mod events;
#[path = "engine/faults.rs"]
mod faults;
#[path = "engine/helper.rs"]
mod helper;
#[path = "engine/networks.rs"]
mod networks;
#[path = "engine/restart.rs"]
mod restart;
