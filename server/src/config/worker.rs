//! This host as a place for nodes.

use std::path::PathBuf;

use super::setting::section;

section! {
    pub struct WorkerConfig in "worker" {
        /// This host's name in the installation. By default its host name.
        pub name: Option<String> = "",
        /// The docklet-init program that is mounted into every node. By default the one beside dockletd.
        pub init: Option<PathBuf> = "",
        /// The Docker Engine's socket.
        pub docker: PathBuf = "/var/run/docker.sock",
        /// The node image new vclusters are offered.
        pub base_image: String = "docklet/base",
        /// The most processes and threads one node may have.
        pub pids: u32 = "1024",
        /// How many times the host's CPUs may be given out. Shells and notebooks mostly wait, so more than once is usual.
        pub cpu_overcommit: f64 = "4",
        /// How many times the host's memory may be given out.
        pub memory_overcommit: f64 = "1.5",
    }
}
