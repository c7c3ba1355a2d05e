//! This host as a place for nodes.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{
    setting::section,
    value::{Value, Within},
};

section! {
    pub struct WorkerConfig in "worker" {
        /// Where `dockletd serve` has its worker: `local`, in its own process, or `remote`, in a `dockletd worker` on this host or
        /// another. Remote needs `cluster.secret_file` and `etcd.endpoints`, and no Docker Engine for `serve`.
        pub mode: WorkerMode = "local",
        /// Where `dockletd worker` listens for the portal (the worker stream). Keep it on an internal network.
        pub listen: SocketAddr = "127.0.0.1:7600",
        /// Under which `host:port` the portal reaches that. By default the address it listens on, or this host's name when it
        /// listens on all of them.
        pub address: Option<String> = "",
        /// This host's name in the installation. By default its host name.
        pub name: Option<String> = "",
        /// The docklet-init program that is mounted into every node. By default the one beside dockletd.
        pub init: Option<PathBuf> = "",
        /// The Docker Engine's socket.
        pub docker: PathBuf = "/var/run/docker.sock",
        /// The node image new vclusters are offered.
        pub base_image: String = "docklet/base",
        /// The most processes and threads one node may have. It holds for vclusters that are made from now on, and is read
        /// where the portal is. A host gives out three quarters of what its kernel can have (`kernel.pid_max`): with the
        /// default and a kernel's own 32768 that is 48 nodes.
        pub pids: Within<16, 1_048_576> = "512",
        /// The most files one process of a node may have open; not more than the Docker Engine itself may have.
        pub open_files: Within<64, 1_048_576> = "16384",
        /// A node's weight among all who want the host's disks at the same time, 10 to 1000 as the Docker Engine counts. The
        /// default gives a node no more than a service of the host has. It acts where the kernel's scheduler knows weights
        /// (cgroup 2, or BFQ); elsewhere the engine leaves it out.
        pub io_weight: Within<10, 1000> = "20",
        /// How much sooner than the host's own processes those of nodes are ended when the host's memory is used up, 0 to
        /// 1000. With 0 the largest process goes first, whether it is a tenant's or the database.
        pub oom_score_adj: Within<0, 1000> = "500",
        /// How many times the host's CPUs may be given out. Shells and notebooks mostly wait, so more than once is usual.
        pub cpu_overcommit: f64 = "4",
        /// How many times the host's memory may be given out.
        pub memory_overcommit: f64 = "1.5",
        /// The kernel's table of the host's IPv4 routes. In a container, the host's one, mounted.
        pub routes: PathBuf = "/proc/net/route",
        /// How often it is counted what people's nodes and homes take on the disk. The Docker Engine walks through all of their
        /// files for it; a count that takes long makes the next one come later.
        pub disk_every: Duration = "15m",
    }
}

/// Where the worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerMode {
    Local,
    Remote,
}

impl Value for WorkerMode {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Self::Local),
            "remote" => Ok(Self::Remote),
            _ => Err(format!("must be local or remote, not {text:?}")),
        }
    }
}
