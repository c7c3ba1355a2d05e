//! Reaching into a running node: its terminals, its ports, commands in it, and which keys may log in. The node is in a tenant's hands; the
//! adapter bounds and checks every byte of it before it comes through here.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
pub use domain::TerminalId;
use domain::{InstanceId, NodeId, SshPublicKey, name::WorkerName, node::Node, task::Task};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Where a node is, or a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAddress {
    pub node: NodeId,
    pub worker: WorkerName,
}

impl NodeAddress {
    pub fn of(node: &Node) -> Self {
        Self { node: node.id, worker: node.worker.clone() }
    }

    pub fn of_task(task: &Task) -> Self {
        Self { node: InstanceId::from(task.id).as_node(), worker: task.worker.clone() }
    }
}

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    pub cols: u16,
    pub rows: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTerminal {
    pub id: TerminalId,
    pub size: TerminalSize,
    /// A program and its arguments; the login shell when empty.
    pub command: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalInfo {
    pub id: TerminalId,
    /// Cleaned of control characters, at most 256 characters.
    pub title: String,
    pub size: TerminalSize,
    pub created_at: DateTime<Utc>,
    pub viewers: u32,
    /// Bytes of output so far.
    pub end: u64,
    pub exited: Option<String>,
}

/// Where a viewer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachFrom {
    /// With the first byte it has not seen.
    Offset(u64),
    /// With a repaint of the screen.
    Snapshot,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attach {
    pub terminal: TerminalId,
    /// 16 bytes the viewer chose, which name it over reconnects.
    pub viewer: [u8; 16],
    pub from: AttachFrom,
    pub size: TerminalSize,
}

/// A TCP port of a node that something listens on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningPort {
    pub port: u16,
    /// What listens, as far as the node knows.
    pub process: Option<String>,
    /// It listens on loopback addresses only.
    pub loopback_only: bool,
}

/// Where a service of a node is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceState {
    /// It was not asked for yet, or has ended by itself and in order.
    Stopped,
    /// Its process runs; what it is there for does not answer yet.
    Starting,
    Running,
    /// It ended and is started again after a pause.
    BackingOff,
    /// It ended again and again and rests; the reason says how. Asking for it tries once more.
    Failed,
    /// It cannot run in this node; the reason says why.
    Unavailable,
}

impl ServiceState {
    /// It does not do what it is there for, and something must be done about it.
    pub const fn has_failed(self) -> bool {
        matches!(self, Self::BackingOff | Self::Failed | Self::Unavailable)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus {
    pub name: String,
    pub state: ServiceState,
    /// Why it does not run, in one cleaned sentence.
    pub reason: Option<String>,
    /// How often it was started again after it ended.
    pub restarts: u32,
}

/// Which piece of a file is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFile {
    /// Absolute, in the node.
    pub path: String,
    pub from: u64,
    /// Bytes; a node answers with 1 MiB at most.
    pub most: u32,
    /// How long to wait until there is a byte behind `from`, the file's own appearance included; a node waits for a minute at
    /// most.
    pub wait_ms: u32,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePart {
    /// How long the file is, which may be less than where the piece was to begin.
    pub size: u64,
    /// Empty where there is nothing yet.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum NodeError {
    /// docklet-init cannot be reached.
    #[error("the node does not answer: {0}")]
    Unreachable(String),
    /// It answered something that is not the protocol.
    #[error("the node answered nonsense: {0}")]
    Garbage(String),
    #[error("there is no terminal {0}; it has ended, or the node was restarted")]
    NoSuchTerminal(String),
    /// The text says what the image lacks.
    #[error("{0}")]
    NoShell(String),
    /// The text says which program is not there.
    #[error("{0}")]
    NoProgram(String),
    #[error("{0}")]
    TooManyTerminals(String),
    #[error("{0}")]
    OffsetBeyondEnd(String),
    #[error("nothing listens on port {0} of the node")]
    PortClosed(u16),
    #[error("this node has no service {0}")]
    NoSuchService(String),
    /// The text names the file that is not there.
    #[error("{0}")]
    NoFile(String),
    /// The text says why ssh cannot be used, and what works instead.
    #[error("{0}")]
    NoSsh(String),
    /// The same request is no fault in a moment; the text says what is waited for.
    #[error("{0}")]
    Busy(String),
    /// Its docklet-init does not understand the request.
    #[error(
        "this node was created by an older version of Docklet and cannot do this; add a new node and remove this one"
    )]
    Outdated,
    /// Any other refusal, in the node's words, cleaned and bounded.
    #[error("the node refused: {0}")]
    Refused(String),
}

#[async_trait]
pub trait NodeLink: Send + Sync + 'static {
    async fn terminals(&self, node: &NodeAddress) -> Result<Vec<TerminalInfo>, NodeError>;

    /// Opening an id again while its terminal lives changes nothing.
    async fn open_terminal(&self, node: &NodeAddress, open: &OpenTerminal) -> Result<TerminalInfo, NodeError>;

    /// Hangs up: its program gets SIGHUP.
    async fn close_terminal(&self, node: &NodeAddress, terminal: &TerminalId) -> Result<(), NodeError>;

    /// A stream of `docklet.terminal.v1` frames, each behind its length (u32, big endian).
    async fn attach(&self, node: &NodeAddress, attach: &Attach) -> Result<Box<dyn Duplex>, NodeError>;

    /// A connection to a port of the node's loopback; [`NodeError::PortClosed`] when nothing listens there.
    async fn dial(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError>;

    /// Datagrams to and from a UDP port of the node's loopback, each behind its length (u32, big endian), until the node stops.
    /// Whether anything listens does not show.
    async fn dial_udp(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError>;

    /// Starts a program without a terminal: a stream of `docklet.exec.v1` frames, each behind its length (u32, big endian). When
    /// it is dropped, so is the program. [`NodeError::NoProgram`] when there is none of that name.
    async fn exec(&self, node: &NodeAddress, command: &[String]) -> Result<Box<dyn Duplex>, NodeError>;

    /// Lets this key log in as root, in every node of the same home. Answers with the keys the node's SSH server shows itself
    /// with. Again is no fault; [`NodeError::NoSsh`] when there is no such server.
    async fn authorize_key(&self, node: &NodeAddress, key: &SshPublicKey) -> Result<Vec<SshPublicKey>, NodeError>;

    /// All listening ports: first as they are now, then after each change, at most 150 ms later. Ends with an error when the
    /// node is gone. Asking is not activity of the node's owner.
    async fn watch_ports(
        &self,
        node: &NodeAddress,
    ) -> Result<BoxStream<'static, Result<Vec<ListeningPort>, NodeError>>, NodeError>;

    async fn services(&self, node: &NodeAddress) -> Result<Vec<ServiceStatus>, NodeError>;

    /// Starting what runs changes nothing. [`NodeError::NoSuchService`] when the node was made without it.
    async fn start_service(&self, node: &NodeAddress, name: &str) -> Result<ServiceStatus, NodeError>;

    /// What the service wrote last, at most 16 KiB, lines of text without control characters.
    async fn service_log(&self, node: &NodeAddress, name: &str) -> Result<String, NodeError>;

    /// A piece of a regular file. [`NodeError::NoFile`] when it is not there by the end of the wait.
    async fn read_file(&self, node: &NodeAddress, read: &ReadFile) -> Result<FilePart, NodeError>;
}
