//! The container engine of one host, as a closed list of typed calls. Nothing a user sends is passed through.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    InstallationId, NodeId, UserId, VclusterId, image::ImageRef, name::NodeName, node::Generation, resources::Resources,
};
use futures::stream::BoxStream;
use ipnet::Ipv4Net;

/// Label keys. What lacks `INSTALLATION` with our value is never touched.
pub mod label {
    pub const INSTALLATION: &str = "docklet.installation";
    pub const OWNER: &str = "docklet.owner";
    pub const VCLUSTER: &str = "docklet.vcluster";
    pub const NODE: &str = "docklet.node";
    pub const GENERATION: &str = "docklet.generation";
}

/// A node's container, before it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSpec {
    /// The container's name on this engine.
    pub name: String,
    pub installation: InstallationId,
    pub owner: UserId,
    pub vcluster: VclusterId,
    pub node: NodeId,
    pub generation: Generation,
    /// Its host name and its name in the network's DNS.
    pub host_name: NodeName,
    pub image: ImageRef,
    pub resources: Resources,
    pub pids: u32,
    pub network: String,
    pub ip: Ipv4Addr,
    /// The owner's home volume, mounted at /root.
    pub home: String,
    /// docklet-init on the host, mounted read-only and run as PID 1.
    pub init: PathBuf,
    /// The node's directory on the host for docklet-init's socket.
    pub run_dir: PathBuf,
    pub env: BTreeMap<String, String>,
}

/// A container of ours, or one that stands where ours should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    pub name: String,
    /// `None` when the container is not ours.
    pub ours: Option<ContainerLabels>,
    pub run: RunState,
}

/// What our labels say about a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContainerLabels {
    pub owner: UserId,
    pub vcluster: VclusterId,
    pub node: NodeId,
    pub generation: Generation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Created, never started.
    Created,
    Running {
        since: DateTime<Utc>,
    },
    Paused,
    Exited {
        code: i64,
        out_of_memory: bool,
    },
    /// Half removed, or in a state the engine itself calls dead.
    Dead,
}

/// A vcluster's network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSpec {
    pub name: String,
    pub installation: InstallationId,
    pub owner: UserId,
    pub vcluster: VclusterId,
    pub subnet: Ipv4Net,
    pub gateway: Ipv4Addr,
}

/// A network of ours as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub vcluster: VclusterId,
    pub subnet: Option<Ipv4Net>,
}

/// A user's home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSpec {
    pub name: String,
    pub installation: InstallationId,
    pub owner: UserId,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    pub version: String,
    pub cpus: u32,
    pub memory_mib: u64,
}

/// Something happened to a container of ours, by whomever. A hint to look, not a fact to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    Container(NodeId),
    Network(VclusterId),
}

/// How far a pull is, in bytes; `total` grows while layers are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullProgress {
    pub done: u64,
    pub total: u64,
}

/// A short task in the host's own network namespace, run as a container of the given image with docklet-init's binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostTask {
    pub installation: InstallationId,
    pub image: ImageRef,
    pub init: PathBuf,
    pub arguments: Vec<String>,
    /// Capabilities such as `NET_ADMIN`.
    pub capabilities: Vec<String>,
}

/// Tells apart what the worker acts on; the texts are sentences for a vcluster's owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    #[error("the Docker Engine does not answer: {0}")]
    Unreachable(String),
    #[error("the name {0} is taken by a container that is not Docklet's; rename or remove it, then start again")]
    NameTaken(String),
    #[error("there is no image {0} on this host")]
    NoSuchImage(String),
    #[error("the image {image} cannot be pulled: {fault}")]
    PullFailed { image: String, fault: String },
    #[error("no such container, network or volume: {0}")]
    Gone(String),
    #[error("the subnet {0} overlaps another network of this host")]
    SubnetTaken(Ipv4Net),
    #[error("the disk of this host is full; free some space, then start again")]
    DiskFull,
    /// A network that still has containers in it, or a volume in use.
    #[error("{0} is still in use")]
    InUse(String),
    /// The engine refused, in its own words.
    #[error("the Docker Engine refused: {0}")]
    Refused(String),
}

#[async_trait]
pub trait Engine: Send + Sync + 'static {
    async fn info(&self) -> Result<EngineInfo, EngineError>;

    /// Every container with this installation's label.
    async fn containers(&self, installation: InstallationId) -> Result<Vec<Container>, EngineError>;

    /// The container of this name or id, ours or not. `ours` is set when it carries this installation's label.
    async fn container(&self, installation: InstallationId, name: &str) -> Result<Option<Container>, EngineError>;

    /// Creates without starting; returns the engine's id. [`EngineError::NameTaken`] when the name is taken, by whomever.
    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError>;

    /// Succeeds, too, when it runs already. `ip` is its address where it has to join its vcluster's network anew, because
    /// the one it was made in is gone.
    async fn start_container(&self, id: &str, ip: Ipv4Addr) -> Result<(), EngineError>;

    /// SIGTERM, then after `grace_seconds` SIGKILL. Succeeds, too, when it does not run or is gone.
    async fn stop_container(&self, id: &str, grace_seconds: u32) -> Result<(), EngineError>;

    /// Freezes its processes where they are; `start_container` lets them go on. Succeeds, too, when it does not run or is gone.
    async fn pause_container(&self, id: &str) -> Result<(), EngineError>;

    /// Kills and removes it with its writable layer. Succeeds, too, when it is gone.
    async fn remove_container(&self, id: &str) -> Result<(), EngineError>;

    /// The end of what its PID 1 wrote, at most `lines` lines and 4 KiB, control characters removed.
    async fn container_log(&self, id: &str, lines: u32) -> Result<String, EngineError>;

    async fn networks(&self, installation: InstallationId) -> Result<Vec<Network>, EngineError>;

    /// Subnets of the engine's networks that are not this installation's.
    async fn foreign_subnets(&self, installation: InstallationId) -> Result<Vec<Ipv4Net>, EngineError>;

    /// Creates it, or returns the id of the one that is there with the same vcluster label and subnet.
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<String, EngineError>;

    /// Succeeds, too, when it is gone. [`EngineError::InUse`] names the containers that are still in it.
    async fn remove_network(&self, id: &str) -> Result<(), EngineError>;

    /// Creates it when it is missing. [`EngineError::Refused`] when the name is another's volume.
    async fn ensure_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError>;

    async fn has_image(&self, image: &ImageRef) -> Result<bool, EngineError>;

    /// Pulls; the stream yields progress and ends when the image is there.
    async fn pull_image(
        &self,
        image: &ImageRef,
    ) -> Result<BoxStream<'static, Result<PullProgress, EngineError>>, EngineError>;

    /// What happens to containers and networks of this installation. Ends with an error when the connection is lost.
    async fn events(
        &self,
        installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError>;

    /// Runs the task to its end and removes its container; its output when it fails.
    async fn run_host_task(&self, task: &HostTask) -> Result<(), EngineError>;
}
