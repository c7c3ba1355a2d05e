//! One host: makes its containers what the assignments say, says what they are, and reaches into them.
//!
//! Each container is for an instance: a node, which runs until it is told to stop, or a task, whose command runs to its end and
//! never again. What is said here of nodes holds for tasks, unless it says otherwise.
//!
//! Knows the engine, coordination and docklet-init only through their ports and client; holds nothing that a restart would
//! miss. What it knows comes from three places that outlive it: the assignments, its own last reports, and the engine.
//!
//! It may be ended between any two steps. What is then found, and what becomes of it:
//! - a directory, a network or a home without a container: used by the next try, or cleared away with the node
//! - a container that was created and not started: started, or made anew when its order has been replaced
//! - a container that runs, not reported: adopted
//! - a container that has ended: interrupted if it went down with the engine; failed if it was reported running, else started.
//!   A task's: concluded, and never started
//! - a stop or a removal half done: done again; both succeed when there is nothing left to do
//! - something the engine is still making: waited for, see `find_out_whose` and the adapter's `ensure_network`
//! - what has no assignment: left as it is, and asked about; removed only when the record says so
//!
//! Map, in reading order:
//! - `plan`: pure; one order and what is seen → the next step
//! - `driver`: one for each instance, which looks, plans and acts until nothing is left to do; `bring_up`, `take_down`: its
//!   steps; `driver_state`: what it remembers between looks
//! - `instance_registry`: which instances there are; `assignment_watcher`: fills it from the assignments; `sweep`: the slow look
//!   at everything; `orphans`: what has no assignment
//! - `images`: what was pulled, and what of it is removed again
//! - `host_restarts`: what a restart of the engine or the host took down
//! - `networks`, `homes`, `pulls`, `firewall`, `run_dir`, `init_binary`: what nodes stand on
//! - `reports`, `presence`: what others are told; `link`: reaching into a node; `jupyter`: the service of a first node
//! - `usage`, `cgroup`: what nodes use, from the host's side; `disk`: what owners take of its disk; `out_of_memory`:
//!   when memory was all they may
//! - `remote`: the worker stream, by which a portal in another process reaches into the nodes
//! - `clear`: takes an installation off a host, but for homes, while no worker runs

mod assignment_watcher;
mod bring_up;
mod cgroup;
mod clear;
mod config;
mod disk;
mod driver;
mod driver_state;
mod firewall;
mod homes;
mod host;
mod host_restarts;
mod images;
mod init_binary;
mod instance_registry;
mod jupyter;
mod link;
mod names;
mod networks;
mod orphans;
mod out_of_memory;
mod plan;
mod presence;
mod pulls;
mod ready;
mod reason;
pub mod remote;
mod reports;
mod routes;
mod run_dir;
mod sweep;
mod take_down;
mod usage;
mod watch;
mod worker;

pub use clear::{ClearError, Cleared, clear};
pub use config::{FirewallConfig, ImageKeeping, WorkerConfig};
pub use names::{bridge_name, bridge_prefix, container_name, home_name, network_name};
pub use node_init::firewall::{Opening, Transport};
pub use presence::most_pids;
pub use run_dir::left as left_directories;
pub use worker::{Worker, WorkerError};
