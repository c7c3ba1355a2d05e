//! What a node answers: its state, its terminals, its services, its ports, its activity, its errors.

use std::fmt;

use serde::{Deserialize, Serialize};
use wire::terminal::Exit;

use super::{SshPublicKey, TerminalId};

/// The node as docklet-init sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Status {
    /// Terminals can be opened. Services may still be starting.
    pub ready: bool,
    /// Version of docklet-init.
    pub version: String,
    pub uptime_ms: u64,
    /// Processes in the node, docklet-init included.
    pub processes: u32,
    /// Terminals whose program runs.
    pub terminals: u32,
    pub services: Vec<ServiceStatus>,
}

/// One supervised service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServiceStatus {
    pub name: String,
    pub state: ServiceState,
    pub pid: Option<u32>,
    /// How often it was started again after it ended.
    pub restarts: u32,
    /// Why it is not running; a sentence for people.
    pub reason: Option<String>,
}

/// Where a service is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// No client has asked for it yet, or it ended in good order.
    Stopped,
    /// Its process runs; what its health check waits for is not there yet.
    Starting,
    Running,
    /// It ended and is started again after a pause.
    BackingOff,
    /// It ended too often in a row; it is started again when a client asks.
    Failed,
    /// It cannot run in this node; `reason` says why.
    Unavailable,
    /// A state this version does not know.
    #[serde(other)]
    Unknown,
}

/// The reply to *service_log*.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLog {
    pub text: String,
}

/// One terminal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TerminalInfo {
    pub id: TerminalId,
    /// What its program set as the title; may be empty.
    pub title: String,
    /// Name of the foreground process; empty after the exit.
    pub process: String,
    pub cols: u16,
    pub rows: u16,
    /// Milliseconds since 1970.
    pub created_at_ms: u64,
    pub viewers: u32,
    /// Output bytes since it was opened.
    pub end_offset: u64,
    pub exited: Option<Exit>,
}

/// The reply to *attach*.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct AttachReply {
    /// Offset of the first output byte that follows, or of the snapshot.
    pub start_offset: u64,
    /// Output bytes so far.
    pub end_offset: u64,
    pub cols: u16,
    pub rows: u16,
    /// Input bytes of this client the node has taken; its input continues here.
    pub input_offset: u64,
}

/// The reply to *read_file*: how long the file is now. At most as many bytes follow as it has behind the place that was asked
/// for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSize {
    pub size: u64,
}

/// A TCP port something in the node listens on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListeningPort {
    pub port: u16,
    /// It listens on loopback addresses only.
    pub loopback_only: bool,
    /// Unknown when the process belongs to a user docklet-init may not look at.
    pub pid: Option<u32>,
    pub process: Option<String>,
}

/// What idle-stop and billing need to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Activity {
    pub terminals: Vec<TerminalActivity>,
    /// CPU time of the node's cgroup since it was made; `None` where the kernel does not say.
    pub cpu_ms: Option<u64>,
    /// Memory of the node's cgroup without the page cache that can be dropped.
    pub memory_bytes: Option<u64>,
    /// Established TCP connections of the node; a connection within the node counts twice.
    pub connections: u32,
}

/// What a terminal is used for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TerminalActivity {
    pub id: TerminalId,
    /// Name of the foreground process.
    pub process: String,
    /// When a viewer last typed; milliseconds since 1970.
    pub last_input_ms: Option<u64>,
}

/// The reply to *authorize_key*: what the node's SSH server shows itself with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostKeys {
    pub host_keys: Vec<SshPublicKey>,
}

/// Why a node refused a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorBody {
    pub code: ErrorCode,
    pub message: String,
}

impl ErrorBody {
    /// An error with a sentence that says what to do.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The stable names of a node's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    BadRequest,
    BadSize,
    UnknownRequest,
    UnsupportedVersion,
    /// The caller is a process of the node that is not root.
    Forbidden,
    NoShell,
    CommandNotFound,
    TooManyTerminals,
    TooManyViewers,
    /// As many commands without a terminal run as may.
    TooManyExecs,
    UnknownTerminal,
    UnknownService,
    TerminalExited,
    OffsetBeyondEnd,
    /// Nothing listens on the port.
    PortClosed,
    /// There is no file at the path.
    NoFile,
    /// The node has no SSH server that runs; the message says why.
    NoSsh,
    /// The node does too much of this at once; try again.
    Busy,
    /// The node was told to stop.
    Stopping,
    /// The kernel refused; the message says what.
    Internal,
    /// A code this version does not know.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
