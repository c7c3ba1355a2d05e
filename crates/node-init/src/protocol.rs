//! What a worker and docklet-init say to each other: one request per connection on the node's unix socket.
//!
//! A message is a big-endian `u32` length and that many bytes of JSON. The request names the protocol version; the reply
//! is `{"ok": …}` or `{"error": {"code", "message"}}`. After the reply to *attach* both sides speak the frames of
//! [`wire::terminal`], and after the reply to *exec* those of [`wire::exec`]; the reply to *dial* carries a connected socket (SCM_RIGHTS), and so
//! does that to *dial_udp*, whose connection stays: its end is the node's. After the first reply to *watch_ports* others follow,
//! one for each change. Behind the reply to *read_file* come the bytes, until the node closes. This module does no I/O.
//!
//! The version stays as long as old requests mean what they meant: a node that does not know a request says
//! `unknown_request`, and the worker says that the node is older than dockletd.

mod ids;
mod state;
mod task;

pub use ids::{BadId, ClientId};
pub use state::{
    Activity, AttachReply, ErrorBody, ErrorCode, FileSize, HostKeys, ListeningPort, ServiceLog, ServiceState,
    ServiceStatus, Status, TerminalActivity, TerminalInfo,
};
pub use task::{NotStarted, TaskResult};

pub use wire::ssh::SshPublicKey;
pub use wire::terminal::{Exit, Outcome, TerminalId, Used};

use serde::{Deserialize, Serialize};

/// The version of this protocol. Workers and nodes of different versions meet when dockletd is upgraded under running nodes.
pub const VERSION: u32 = 1;
/// Name of the socket requests come in on, in the node's directory on the host.
pub const SOCKET_NAME: &str = "init.sock";
/// Name of the socket docklet-init is handed that one through, in the directory mounted at [`RUN_DIR`].
pub const HANDOVER_NAME: &str = "host.sock";
/// Where the worker mounts, read-only, the directory with [`HANDOVER_NAME`]. Nodes made by a dockletd from before that have
/// the node's directory itself there, and docklet-init makes its socket in it.
pub const RUN_DIR: &str = "/.docklet/run";
/// Longest request the node reads: a command of 32 KiB may be six times as long as JSON.
pub const MAX_REQUEST: usize = 256 * 1024;
/// Longest reply the client reads.
pub const MAX_REPLY: usize = 256 * 1024;
/// Most terminals of one node, exited ones that are still listed not counted.
pub const MAX_TERMINALS: usize = 64;
/// Most commands without a terminal that run at once in one node, files that are being read among them.
pub const MAX_EXECS: usize = MAX_TERMINALS;
/// Most UDP sockets a node has given away and keeps a connection for.
pub const MAX_DATAGRAM_SOCKETS: usize = 512;
/// Exited terminals a node keeps until a viewer has seen how they ended.
pub const MAX_EXITED: usize = 8;
/// Most viewers of one terminal.
pub const MAX_VIEWERS: usize = 32;
/// Most listening ports of one answer.
pub const MAX_PORTS: usize = 256;
/// Most connections that watch ports.
pub const MAX_PORT_WATCHERS: usize = 16;
/// What is kept of a service's output.
pub const SERVICE_LOG: usize = 16 * 1024;
/// Most bytes of a file in one answer.
pub const MAX_FILE_PART: u32 = 1 << 20;
/// How long a node waits for a file to grow, at most.
pub const MAX_FILE_WAIT_MS: u32 = 60_000;
/// Most keys a node's SSH server shows itself with.
pub const MAX_HOST_KEYS: usize = 8;

/// A request with the version of the protocol it is written in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Envelope {
    pub version: u32,
    #[serde(flatten)]
    pub request: Request,
}

/// What a worker can ask. On the wire: `{"version": 1, "request": "dial", "port": 8888}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    Status,
    Terminals,
    OpenTerminal(OpenTerminal),
    CloseTerminal {
        id: TerminalId,
    },
    Attach(Attach),
    Dial {
        port: u16,
    },
    /// Answered with a UDP socket that is connected to the port of 127.0.0.1, whether anything listens or not. Neither side says
    /// more; the client closes the connection when it has closed the socket.
    DialUdp {
        port: u16,
    },
    Ports,
    /// Answered with the present ports, then with all of them again at each change, until one side closes.
    WatchPorts,
    /// Starts a service that is not running, whatever kept it from it. One that runs is left alone.
    StartService {
        name: String,
    },
    /// The end of what the service printed, over all its runs.
    ServiceLog {
        name: String,
    },
    Activity,
    /// Lets a key log in as root, in all nodes of this home. A key that is let in already changes nothing.
    AuthorizeKey {
        key: SshPublicKey,
    },
    /// Starts a program without a terminal; the connection becomes the stream of its frames. Before the reply the client says
    /// no more.
    Exec {
        /// Program and arguments; not empty.
        command: Vec<String>,
    },
    /// Answered with the file's size, and the bytes behind it.
    ReadFile(ReadFile),
}

impl Request {
    /// The names a node of this version understands.
    pub const NAMES: [&str; 15] = [
        "status",
        "terminals",
        "open_terminal",
        "close_terminal",
        "attach",
        "dial",
        "dial_udp",
        "ports",
        "watch_ports",
        "start_service",
        "service_log",
        "activity",
        "authorize_key",
        "exec",
        "read_file",
    ];
}

/// Opens a terminal. The same id again while it lives is a success that changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenTerminal {
    pub id: TerminalId,
    pub cols: u16,
    pub rows: u16,
    /// Program and arguments; empty: root's login shell.
    #[serde(default)]
    pub command: Vec<String>,
}

/// Attaches a viewer to a terminal; the connection becomes the stream of frames.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attach {
    pub id: TerminalId,
    /// Names this viewer's input across its reconnects.
    pub client: ClientId,
    pub from: Resume,
    pub cols: u16,
    pub rows: u16,
    /// Where this client's input continues if the node no longer remembers the client; else 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_from: Option<u64>,
}

/// Reads a piece of a regular file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadFile {
    /// Absolute.
    pub path: String,
    pub from: u64,
    /// Bytes; never more than [`MAX_FILE_PART`].
    pub most: u32,
    /// How long to wait until there is a byte behind `from`, the file's own appearance included; never longer than
    /// [`MAX_FILE_WAIT_MS`]. When the time is over, what is there then is the answer.
    pub wait_ms: u32,
}

/// Where the output of an attached viewer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resume {
    /// The first output byte the viewer has not seen.
    Offset(u64),
    /// A repaint of the screen and its scrollback, then what follows.
    Snapshot,
}

/// The reply to every request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply<T> {
    Ok(T),
    Error(ErrorBody),
}

/// The reply to requests that answer nothing but success.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Done {}
