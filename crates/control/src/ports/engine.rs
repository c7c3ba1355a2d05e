//! The container engine of one host, as a closed list of typed calls. Nothing a user sends is passed through.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
    path::PathBuf,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    InstallationId, InstanceId, UserId, VclusterId, image::ImageRef, name::RuntimeName, node::Generation,
    resources::Resources,
};
use futures::stream::BoxStream;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// Label keys. What lacks `INSTALLATION` with our value is never touched.
pub mod label {
    pub const INSTALLATION: &str = "docklet.installation";
    pub const OWNER: &str = "docklet.owner";
    pub const VCLUSTER: &str = "docklet.vcluster";
    /// The instance, where it is a node.
    pub const NODE: &str = "docklet.node";
    /// The instance, where it is a task.
    pub const TASK: &str = "docklet.task";
    pub const GENERATION: &str = "docklet.generation";
    /// Only on the helper: what it was told.
    pub const HELPER: &str = "docklet.helper";
}

/// An instance's container, before it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSpec {
    /// The container's name on this engine.
    pub name: String,
    pub installation: InstallationId,
    pub owner: UserId,
    /// `None` for a task's.
    pub vcluster: Option<VclusterId>,
    pub instance: InstanceId,
    pub generation: Generation,
    /// Also its name in its network's DNS.
    pub host_name: String,
    pub image: ImageRef,
    /// `None` for the engine's usual one.
    pub runtime: Option<RuntimeName>,
    pub resources: Resources,
    pub ceilings: Ceilings,
    /// `None`: it has no network but its own loopback.
    pub network: Option<Attachment>,
    /// The owner's home volume, mounted at /root.
    pub home: String,
    /// docklet-init on the host. Its directory is mounted read-only, so that a later one at the same place is what a node
    /// runs when it is started again.
    pub init: PathBuf,
    /// The instance's directory on the host through which docklet-init is handed its socket; mounted read-only.
    pub run_dir: PathBuf,
    pub env: BTreeMap<String, String>,
}

impl ContainerSpec {
    /// Its address, where it has a network.
    pub fn ip(&self) -> Option<Ipv4Addr> {
        self.network.as_ref().map(|place| place.ip)
    }
}

/// A container's place in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The network's name.
    pub network: String,
    pub ip: Ipv4Addr,
}

/// What each node of a host may take of what all of the host's processes share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceilings {
    /// Open files of one process.
    pub open_files: u32,
    /// Of the host's disks, when others want them, too: 10 to 1000, as the engine counts.
    pub io_weight: u16,
    /// How much sooner than the host's own processes a node's are ended when the host's memory is used up: 0 to 1000.
    pub oom_score_adj: u16,
}

impl Default for Ceilings {
    fn default() -> Self {
        Self { open_files: 16_384, io_weight: 20, oom_score_adj: 500 }
    }
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
    /// `None` for a task's.
    pub vcluster: Option<VclusterId>,
    pub instance: InstanceId,
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
        /// The kernel ended a process of it for its memory, at whatever time since its start.
        out_of_memory: bool,
        at: DateTime<Utc>,
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
    /// The name of its interface on the host, at most 15 characters.
    pub bridge: String,
}

/// A network of ours as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub vcluster: VclusterId,
    pub subnet: Option<Ipv4Net>,
    /// Its interface on the host, where it was given a name.
    pub bridge: Option<String>,
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
    /// Where it keeps images and containers, on its host.
    pub root_dir: PathBuf,
    /// What it can run containers with.
    pub runtimes: BTreeSet<RuntimeName>,
    /// When it was started, if it says so. One that is restarted and has let everything run on may say the same as before.
    pub started: Option<DateTime<Utc>>,
}

/// Something happened to a container or network of ours, through us or not. A hint to look, not a fact to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    Container(InstanceId),
    /// A process of the container was ended because its memory was used up.
    OutOfMemory {
        instance: InstanceId,
        container: String,
    },
    Network(VclusterId),
}

/// What one owner's containers and home take on this engine, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskUse {
    pub owner: UserId,
    /// What was written in nodes, running or stopped, beside their images.
    pub nodes: u64,
    pub home: u64,
}

/// How far a pull is, in bytes; `total` grows while layers are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullProgress {
    pub done: u64,
    pub total: u64,
}

/// The installation's helper on this host: docklet-init in the host's own network namespace, with the power to change it and
/// no other, in an image that holds nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperSpec {
    pub installation: InstallationId,
    pub init: PathBuf,
    /// Names what is in `init`; another version is another image.
    pub version: String,
    pub arguments: Vec<String>,
}

/// A line that the helper has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelperLine {
    pub at: DateTime<Utc>,
    pub text: String,
}

/// Why an image did not come. A closed set: what a registry, or another service that an image's name led to, answered is in the
/// log and never in these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PullFault {
    /// Registries do not tell the two apart.
    #[error("its registry has no such image, or requires a sign-in to show it; check the name and the tag")]
    NotFound,
    #[error("its registry requires a sign-in; ask an administrator to sign the Docker Engine in there")]
    NeedsSignIn,
    #[error("its registry denies access to it; ask an administrator")]
    Denied,
    #[error("its registry limits how many images are pulled; try again later")]
    TooManyPulls,
    #[error("its registry cannot be reached, or does not answer as a registry does; try again later")]
    Unreachable,
    #[error("its registry has stopped sending data; try again later")]
    TimedOut,
    #[error("it is not built for this host's processor or operating system; choose another image")]
    OtherPlatform,
    #[error("the Docker Engine refused it; an administrator can find the reason in the log")]
    Refused,
}

/// Tells apart what the worker acts on; the texts are sentences for a vcluster's owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    #[error("the Docker Engine does not answer: {0}")]
    Unreachable(String),
    #[error("the name {0} is taken by a container that is not Docklet's; rename that container, then start again")]
    NameTaken(String),
    /// Nothing says whose files are in it, so the sentence must not lead to its removal.
    #[error(
        "the volume {0}, where the home should be, does not have Docklet's labels; nothing was started and nothing was \
         changed. It may hold files, so it must not be removed: ask an administrator to look at it"
    )]
    ForeignVolume(String),
    /// The record has a home that the engine does not have.
    #[error(
        "the home is not on this host any more (there is no volume {0}); nothing was started, so that nobody works in an \
         empty one. An administrator can bring it back, or give it up: see Homes in the administrator's guide"
    )]
    HomeMissing(String),
    #[error("there is no image {0} on this host")]
    NoSuchImage(String),
    #[error("the image {image} cannot be pulled: {fault}")]
    PullFailed { image: String, fault: PullFault },
    #[error(
        "the image {0} is no longer allowed here; create a vcluster with another image, or ask an administrator to \
         allow it"
    )]
    ImageNotAllowed(String),
    /// Installed once, or on another host.
    #[error(
        "this host's Docker Engine does not have the runtime {0}; ask an administrator to install it and to name it in the \
         engine's configuration, then start again"
    )]
    NoSuchRuntime(String),
    #[error("no such container, network or volume: {0}")]
    Gone(String),
    #[error("the subnet {0} overlaps another network of this host")]
    SubnetTaken(Ipv4Net),
    #[error("the disk of this host is full; free some space, then start again")]
    DiskFull,
    /// A network that still has containers in it, a volume in use, an image that a container was made of.
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

    /// Creates without starting; returns the engine's id. [`EngineError::NameTaken`] when any container has the name.
    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError>;

    /// Succeeds, too, when it runs already. `ip` is its address where it has to join its vcluster's network anew, because
    /// the one it was made in is gone; `None` where it has no network.
    async fn start_container(&self, id: &str, ip: Option<Ipv4Addr>) -> Result<(), EngineError>;

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

    /// Whether it is there. [`EngineError::ForeignVolume`] when a volume of this name is not this owner's.
    async fn has_volume(&self, spec: &VolumeSpec) -> Result<bool, EngineError>;

    /// Succeeds, too, when it is there. [`EngineError::ForeignVolume`] when a volume of this name is not this owner's.
    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError>;

    /// The engine's id of what it has under this name, or under an id of its own.
    async fn image_id(&self, name: &str) -> Result<Option<String>, EngineError>;

    async fn has_image(&self, image: &ImageRef) -> Result<bool, EngineError> {
        Ok(self.image_id(&image.with_tag()).await?.is_some())
    }

    /// Ids of the images that containers were made of, whosever they are, running or not.
    async fn images_in_use(&self) -> Result<BTreeSet<String>, EngineError>;

    /// Takes the name (or an id without a name) off the engine, and the image with its last name. Succeeds, too, when it is
    /// gone; [`EngineError::InUse`] when a container was made of it, or it has names that are not ours.
    async fn remove_image(&self, name: &str) -> Result<(), EngineError>;

    /// Pulls; the stream yields progress and ends when the image is there.
    async fn pull_image(
        &self,
        image: &ImageRef,
    ) -> Result<BoxStream<'static, Result<PullProgress, EngineError>>, EngineError>;

    /// What this installation's containers and homes take, by owner. The engine walks through all files for it: it may take
    /// minutes.
    async fn disk_use(&self, installation: InstallationId) -> Result<Vec<DiskUse>, EngineError>;

    /// What happens to containers and networks of this installation. Ends with an error when the connection is lost.
    async fn events(
        &self,
        installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError>;

    /// Makes it run as the spec says: leaves the one that does in peace, and replaces any other of ours.
    async fn ensure_helper(&self, spec: &HelperSpec) -> Result<(), EngineError>;

    /// The helper's last line and all that follow. Ends when the helper does.
    async fn helper_lines(
        &self,
        installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<HelperLine, EngineError>>, EngineError>;

    /// Ends it and removes it with its image. Succeeds, too, when it is gone.
    async fn remove_helper(&self, installation: InstallationId) -> Result<(), EngineError>;
}
