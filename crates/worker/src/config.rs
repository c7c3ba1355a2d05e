//! What a worker is told about itself.

use std::{path::PathBuf, time::Duration};

use control::ports::engine::Ceilings;
use domain::{InstallationId, image::ImageRef, name::WorkerName};
use ipnet::Ipv4Net;
use node_init::firewall::Opening;

/// Everything that differs between hosts and installations.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    pub name: WorkerName,
    pub installation: InstallationId,
    /// Absolute; the worker keeps `bin` and `nodes` in it. It must outlive restarts: nodes have parts of it mounted, read-only.
    pub data_dir: PathBuf,
    /// The docklet-init to give to nodes.
    pub init: PathBuf,
    /// What each node may take of what all processes of the host share.
    pub ceilings: Ceilings,
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
    /// `None` sets no firewall.
    pub firewall: Option<FirewallConfig>,
    /// The image new vclusters are offered: it is never removed.
    pub base_image: ImageRef,
    /// Where the worker stream is, as `host:port`, if there is one.
    pub stream: Option<String>,
    /// The kernel's table of the host's IPv4 routes.
    pub routes: PathBuf,
    pub images: ImageKeeping,
    /// How often it is counted what nodes and homes take on the disk.
    pub disk_every: Duration,
    /// Where the kernel names its present boot: another one at each.
    pub boot_id: PathBuf,
}

/// When this worker removes unused images that it has pulled.
#[derive(Debug, Clone)]
pub struct ImageKeeping {
    /// How long they are kept after their last use.
    pub keep: Duration,
    /// Percent of the engine's disk: with less than that free, the longest unused are removed before their time.
    pub min_free: u32,
    /// Between two looks.
    pub look_every: Duration,
}

impl Default for ImageKeeping {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { keep: 14 * day, min_free: 10, look_every: Duration::from_secs(15 * 60) }
    }
}

/// What the firewall around the nodes is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallConfig {
    /// The network all subnets of vclusters are cut from.
    pub net: Ipv4Net,
    /// How many connections the nodes of one vcluster may have begun at a time; 0: as many as they like.
    pub connections: u32,
    /// The ports of the host that nodes may reach.
    pub open: Vec<Opening>,
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
            ceilings: Ceilings::default(),
            stop_grace: Duration::from_secs(10),
            ready_within: Duration::from_secs(20),
            parallel: 8,
            sweep_every: Duration::from_secs(30),
            announce_every: Duration::from_secs(3),
            firewall: None,
            base_image,
            stream: None,
            routes: "/proc/net/route".into(),
            images: ImageKeeping::default(),
            disk_every: Duration::from_secs(15 * 60),
            boot_id: "/proc/sys/kernel/random/boot_id".into(),
        }
    }
}
