//! What tests stand on: fakes for control's ports, a clock and randomness that tests set, builders, a real etcd, a real
//! Postgres, an engine that can be restarted, a wire that can be cut, and a guard that cleans up what a test made in Docker. Only ever a dev-dependency; knows
//! no product logic of its own.

pub mod build;
mod cable;
mod clock;
mod coordination;
mod docker_cleanup;
mod engine;
mod entropy;
mod etcd_program;
mod eventually;
mod here;
pub mod hostile;
mod nodes;
mod own_engine;
mod real_etcd;
mod real_postgres;
mod trial_provider;

pub use cable::{Cable, Wire};
pub use clock::FakeClock;
pub use coordination::MemoryCoordination;
pub use docker_cleanup::DockerCleanup;
pub use engine::{Call, FakeEngine};
pub use entropy::SeededEntropy;
pub use etcd_program::EtcdProgram;
pub use eventually::{eventually, obtain};
pub use here::{docklet_init, engine_socket};
pub use nodes::{FakeNodes, HOST_KEY};
pub use own_engine::OwnEngine;
pub use real_etcd::RealEtcd;
pub use real_postgres::{Ending, RealPostgres};
pub use trial_provider::TrialProvider;
