//! `docklet.exec.v1`: a command in a node without a terminal. Its input, its output and its errors are apart, byte for byte,
//! and how it ended is told. Knows nothing of who carries the frames.
//!
//! Over a WebSocket the client's first message is a text, an [`ExecOrder`] as JSON: a command has no place in an address, which
//! is written into logs. From then on one binary message is one frame, in both directions. `Exit` or `Error` is the last one;
//! behind it the server closes with 1000. The other close codes are those of terminals (docs/TERMINAL.md). On the node's unix
//! socket each frame follows its length as a big-endian `u32`; a client that closes its side there has gone.
//!
//! Backpressure is the connection's own, in each direction by itself: who does not read is not sent more. A command that does
//! not read its input so holds up what is sent behind that, signals among it; who cannot wait hangs up, and the command's
//! processes get SIGHUP, and SIGKILL 2 s later. Clients send pings as with `docklet.port.v1`.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::terminal::{Exit, MAX_ERROR_CODE, MAX_ERROR_MESSAGE, prefix};

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "docklet.exec.v1";
/// Most bytes of the first message.
pub const MAX_ORDER: usize = 256 * 1024;
/// Most bytes of input or output in one frame.
pub const MAX_DATA: usize = 64 * 1024;
/// Most bytes of any frame a client sends.
pub const MAX_CLIENT_FRAME: usize = 1 + MAX_DATA;
/// Most bytes of any frame a node sends.
pub const MAX_NODE_FRAME: usize = 1 + MAX_DATA;
/// The highest signal of Linux.
const MAX_SIGNAL: u8 = 64;

const STDIN: u8 = 0x01;
const STDIN_END: u8 = 0x02;
const SIGNAL: u8 = 0x03;
const STDOUT: u8 = 0x81;
const STDERR: u8 = 0x82;
const EXIT: u8 = 0x83;
const ERROR: u8 = 0x84;
const ALIVE: u8 = 0x85;

/// The first message: what is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecOrder {
    /// A program and its arguments, 32 KiB in all.
    pub command: Vec<String>,
}

/// Why bytes are not a frame. The side that gets one closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("an empty message is not a frame of a command")]
    Empty,
    #[error("unknown type 0x{0:02x} of a command's frame")]
    UnknownType(u8),
    #[error("a command's frame of type 0x{kind:02x} cannot hold these {len} bytes")]
    Content { kind: u8, len: usize },
}

/// From the client to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFrame<'a> {
    /// What the command reads, 1 byte to [`MAX_DATA`].
    Stdin(&'a [u8]),
    /// There is no more of it.
    StdinEnd,
    /// For the command and all its processes that have not left it.
    Signal(u8),
}

/// From the node to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeFrame<'a> {
    /// What the command wrote, 1 byte to [`MAX_DATA`].
    Stdout(&'a [u8]),
    Stderr(&'a [u8]),
    /// It has ended. Comes after all that it wrote; nothing follows.
    Exit(Exit),
    /// The command takes no more of its input for now. Said every few seconds while that is so: a relay that does not read
    /// from the client meanwhile notices by it that the client has gone.
    Alive,
    /// It was not started, for programs (`code`) and people (`message`). Nothing follows.
    Error {
        code: &'a str,
        message: &'a str,
    },
}

impl<'a> ClientFrame<'a> {
    /// Reads one frame without its length prefix.
    pub fn decode(frame: &'a [u8]) -> Result<Self, FrameError> {
        let (&kind, rest) = frame.split_first().ok_or(FrameError::Empty)?;
        match (kind, rest) {
            (STDIN, bytes) if is_data(bytes) => Ok(Self::Stdin(bytes)),
            (STDIN_END, []) => Ok(Self::StdinEnd),
            (SIGNAL, &[signal @ 1..=MAX_SIGNAL]) => Ok(Self::Signal(signal)),
            (STDIN | STDIN_END | SIGNAL, _) => Err(FrameError::Content { kind, len: frame.len() }),
            _ => Err(FrameError::UnknownType(kind)),
        }
    }

    /// Appends the frame, without a length prefix.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Stdin(bytes) => put(out, STDIN, bytes),
            Self::StdinEnd => out.push(STDIN_END),
            Self::Signal(signal) => out.extend_from_slice(&[SIGNAL, signal]),
        }
    }
}

impl<'a> NodeFrame<'a> {
    /// Reads one frame without its length prefix.
    pub fn decode(frame: &'a [u8]) -> Result<Self, FrameError> {
        let (&kind, rest) = frame.split_first().ok_or(FrameError::Empty)?;
        let wrong = FrameError::Content { kind, len: frame.len() };
        match (kind, rest) {
            (STDOUT, bytes) if is_data(bytes) => Ok(Self::Stdout(bytes)),
            (STDERR, bytes) if is_data(bytes) => Ok(Self::Stderr(bytes)),
            (EXIT, &[0, code]) => Ok(Self::Exit(Exit::Code(code))),
            (EXIT, &[1, signal]) => Ok(Self::Exit(Exit::Signal(signal))),
            (ERROR, body) => error(body).ok_or(wrong),
            (ALIVE, []) => Ok(Self::Alive),
            (STDOUT | STDERR | EXIT | ALIVE, _) => Err(wrong),
            _ => Err(FrameError::UnknownType(kind)),
        }
    }

    /// Appends the frame, without a length prefix. An error's code and message are cut to their limits.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Stdout(bytes) => put(out, STDOUT, bytes),
            Self::Stderr(bytes) => put(out, STDERR, bytes),
            Self::Exit(Exit::Code(code)) => out.extend_from_slice(&[EXIT, 0, code]),
            Self::Exit(Exit::Signal(signal)) => out.extend_from_slice(&[EXIT, 1, signal]),
            Self::Alive => out.push(ALIVE),
            Self::Error { code, message } => {
                let (code, message) = (prefix(code, MAX_ERROR_CODE), prefix(message, MAX_ERROR_MESSAGE));
                out.extend_from_slice(&[ERROR, u8::try_from(code.len()).unwrap_or(0)]);
                out.extend_from_slice(code.as_bytes());
                out.extend_from_slice(message.as_bytes());
            }
        }
    }

    /// Nothing follows it.
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::Exit(_) | Self::Error { .. })
    }
}

fn put(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

fn is_data(bytes: &[u8]) -> bool {
    (1..=MAX_DATA).contains(&bytes.len())
}

fn error(body: &[u8]) -> Option<NodeFrame<'_>> {
    let (&length, rest) = body.split_first()?;
    let (code, message) = rest.split_at_checked(length.into())?;
    if code.len() > MAX_ERROR_CODE || message.len() > MAX_ERROR_MESSAGE {
        return None;
    }
    Some(NodeFrame::Error { code: str::from_utf8(code).ok()?, message: str::from_utf8(message).ok()? })
}
