//! What a worker is told about itself.

use std::{path::PathBuf, time::Duration};

use domain::{InstallationId, image::ImageRef, name::WorkerName};
use ipnet::Ipv4Net;

/// Everything that differs between hosts and installations.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    pub name: WorkerName,
    pub installation: InstallationId,
    /// Absolute; the worker keeps `bin` and `nodes` in it. It must outlive restarts: running nodes have parts of it mounted.
    pub data_dir: PathBuf,
    /// The docklet-init to give to nodes.
    pub init: PathBuf,
    /// Processes and threads per node.
    pub pids: u32,
    /// Between SIGTERM and SIGKILL when a node is stopped.
    pub stop_grace: Duration,
    /// How long a started node may take until its docklet-init answers.
    pub ready_within: Duration,
    /// Nodes that are created, started or removed at the same time.
    pub parallel: usize,
    /// How often everything is looked at, whether something has happened or not.
    pub sweep_every: Duration,
    /// How often this worker says that it is there. Its lease is 10 s.
    pub announce_every: Duration,
    /// The network all subnets of vclusters are cut from: nothing in it may reach 169.254.0.0/16. `None` sets no fence.
    pub fenced: Option<Ipv4Net>,
    /// The image the fence is set with at the start, if it is there; else the first node's image is used.
    pub base_image: ImageRef,
    /// Where the worker stream is, as `host:port`, if there is one.
    pub stream: Option<String>,
    /// The kernel's table of the host's IPv4 routes.
    pub routes: PathBuf,
    /// Where the kernel names its present boot: another one at each.
    pub boot_id: PathBuf,
}

impl WorkerConfig {
    /// Usual values for everything that is not a fact about the host.
    pub fn new(
        name: WorkerName,
        installation: InstallationId,
        data_dir: PathBuf,
        init: PathBuf,
        base_image: ImageRef,
    ) -> Self {
        Self {
            name,
            installation,
            data_dir,
            init,
            pids: 1024,
            stop_grace: Duration::from_secs(10),
            ready_within: Duration::from_secs(20),
            parallel: 8,
            sweep_every: Duration::from_secs(30),
            announce_every: Duration::from_secs(3),
            fenced: None,
            base_image,
            stream: None,
            routes: "/proc/net/route".into(),
            boot_id: "/proc/sys/kernel/random/boot_id".into(),
        }
    }
}
