//! The frames of `docklet.terminal.v1`: their layout, their limits, and nothing about who carries them.
//!
//! One WebSocket binary message is one frame; on the node's unix socket each frame follows its length as a big-endian
//! `u32`. All numbers are big-endian. Decoding borrows from the input: it never allocates and never panics.
//! `docs/TERMINAL.md` is the specification these types implement.

pub use domain::{
    TerminalId,
    job::Used,
    task::{Exit, Outcome},
};
use thiserror::Error;

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "docklet.terminal.v1";
/// Output bytes a node sends to one viewer beyond the last `Ack` it got from it.
pub const WINDOW: u64 = 256 * 1024;
/// Input bytes a viewer may send beyond the last `InputAck` it got.
pub const INPUT_WINDOW: u64 = 128 * 1024;
/// Most bytes in one `Input` frame.
pub const MAX_INPUT: usize = 64 * 1024;
/// Most bytes in one `Output` or `Snapshot` frame.
pub const MAX_OUTPUT: usize = 32 * 1024;
/// Most bytes of any frame a client sends.
pub const MAX_CLIENT_FRAME: usize = 9 + MAX_INPUT;
/// Most bytes of any frame a node sends.
pub const MAX_NODE_FRAME: usize = 14 + MAX_OUTPUT;
/// Most columns of a terminal.
pub const MAX_COLS: u16 = 1000;
/// Most rows of a terminal.
pub const MAX_ROWS: u16 = 500;
/// Most bytes of the message in an `Error` frame.
pub const MAX_ERROR_MESSAGE: usize = 512;
pub(crate) const MAX_ERROR_CODE: usize = 64;

const INPUT: u8 = 0x01;
const RESIZE: u8 = 0x02;
const ACK: u8 = 0x03;
const PING: u8 = 0x04;
const OUTPUT: u8 = 0x81;
const SNAPSHOT: u8 = 0x82;
const INPUT_ACK: u8 = 0x83;
const SIZE: u8 = 0x84;
const EXIT: u8 = 0x85;
const PONG: u8 = 0x86;
const ERROR: u8 = 0x87;
const FLAG_MORE: u8 = 0x01;

/// Why bytes are not a frame. The side that gets one closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("an empty message is not a terminal frame")]
    Empty,
    #[error("unknown terminal frame type 0x{0:02x}")]
    UnknownType(u8),
    #[error("terminal frame of type 0x{kind:02x} ends too early or too late: {len} bytes")]
    Length { kind: u8, len: usize },
    #[error("terminal frame of type 0x{kind:02x} has a field outside of its range")]
    Field { kind: u8 },
}

/// A terminal size within the limits: 1 to [`MAX_COLS`] columns, 1 to [`MAX_ROWS`] rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    cols: u16,
    rows: u16,
}

/// The size asked for is outside of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a terminal has 1 to {MAX_COLS} columns and 1 to {MAX_ROWS} rows, not {cols}x{rows}")]
pub struct BadSize {
    pub cols: u16,
    pub rows: u16,
}

impl Size {
    /// The usual 80 by 24, for a terminal that was given no size.
    pub const DEFAULT: Size = Size { cols: 80, rows: 24 };

    /// Checks the limits.
    pub fn new(cols: u16, rows: u16) -> Result<Self, BadSize> {
        if (1..=MAX_COLS).contains(&cols) && (1..=MAX_ROWS).contains(&rows) {
            Ok(Self { cols, rows })
        } else {
            Err(BadSize { cols, rows })
        }
    }

    /// Columns, 1 to [`MAX_COLS`].
    pub fn cols(self) -> u16 {
        self.cols
    }

    /// Rows, 1 to [`MAX_ROWS`].
    pub fn rows(self) -> u16 {
        self.rows
    }
}

/// From the viewer to the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientFrame<'a> {
    /// Keys. `seq` is the offset of the first byte in this client's input since it chose its client id.
    Input { seq: u64, bytes: &'a [u8] },
    /// The viewer's size. Not checked here, so that a bad one can be answered instead of closing the connection.
    Resize { cols: u16, rows: u16 },
    /// Everything before this output offset is on the viewer's screen.
    Ack { offset: u64 },
    /// Answered by `Pong` with the same nonce.
    Ping { nonce: u64 },
}

/// From the node to the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeFrame<'a> {
    /// Output of the terminal; `offset` counts bytes since the terminal was opened.
    Output { offset: u64, bytes: &'a [u8] },
    /// Bytes that repaint the terminal as it was at `offset`. `more`: the next frame continues it.
    Snapshot { offset: u64, size: Size, more: bool, bytes: &'a [u8] },
    /// All input of this client before `seq` was given to the terminal.
    InputAck { seq: u64 },
    /// The terminal has this size now.
    Size(Size),
    /// The program ended. Comes after its last output; nothing follows.
    Exit(Exit),
    /// Answer to `Ping`.
    Pong { nonce: u64 },
    /// What went wrong, for programs (`code`) and people (`message`).
    Error { code: &'a str, message: &'a str },
}

impl<'a> ClientFrame<'a> {
    /// Reads one frame without its length prefix.
    pub fn decode(frame: &'a [u8]) -> Result<Self, FrameError> {
        let mut fields = Fields::new(frame)?;
        let decoded = match fields.kind {
            INPUT => {
                let seq = fields.u64()?;
                ClientFrame::Input { seq, bytes: fields.bytes(1, MAX_INPUT)? }
            }
            RESIZE => ClientFrame::Resize { cols: fields.u16()?, rows: fields.u16()? },
            ACK => ClientFrame::Ack { offset: fields.u64()? },
            PING => ClientFrame::Ping { nonce: fields.u64()? },
            kind => return Err(FrameError::UnknownType(kind)),
        };
        fields.end()?;
        Ok(decoded)
    }

    /// Appends the frame, without a length prefix.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            ClientFrame::Input { seq, bytes } => {
                out.push(INPUT);
                out.extend_from_slice(&seq.to_be_bytes());
                out.extend_from_slice(bytes);
            }
            ClientFrame::Resize { cols, rows } => {
                out.push(RESIZE);
                out.extend_from_slice(&cols.to_be_bytes());
                out.extend_from_slice(&rows.to_be_bytes());
            }
            ClientFrame::Ack { offset } => put_u64(out, ACK, offset),
            ClientFrame::Ping { nonce } => put_u64(out, PING, nonce),
        }
    }
}

impl<'a> NodeFrame<'a> {
    /// Reads one frame without its length prefix.
    pub fn decode(frame: &'a [u8]) -> Result<Self, FrameError> {
        let mut fields = Fields::new(frame)?;
        let decoded = match fields.kind {
            OUTPUT => {
                let offset = fields.u64()?;
                NodeFrame::Output { offset, bytes: fields.bytes(1, MAX_OUTPUT)? }
            }
            SNAPSHOT => fields.snapshot()?,
            INPUT_ACK => NodeFrame::InputAck { seq: fields.u64()? },
            SIZE => NodeFrame::Size(fields.size()?),
            EXIT => NodeFrame::Exit(fields.exit()?),
            PONG => NodeFrame::Pong { nonce: fields.u64()? },
            ERROR => fields.error()?,
            kind => return Err(FrameError::UnknownType(kind)),
        };
        fields.end()?;
        Ok(decoded)
    }

    /// Appends the frame, without a length prefix. An error's code and message are cut to their limits.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            NodeFrame::Output { offset, bytes } => {
                out.extend_from_slice(&Self::output_head(offset));
                out.extend_from_slice(bytes);
            }
            NodeFrame::Snapshot { offset, size, more, bytes } => {
                out.extend_from_slice(&[SNAPSHOT, if more { FLAG_MORE } else { 0 }]);
                out.extend_from_slice(&offset.to_be_bytes());
                put_size(out, size);
                out.extend_from_slice(bytes);
            }
            NodeFrame::InputAck { seq } => put_u64(out, INPUT_ACK, seq),
            NodeFrame::Size(size) => {
                out.push(SIZE);
                put_size(out, size);
            }
            NodeFrame::Exit(Exit::Code(code)) => out.extend_from_slice(&[EXIT, 0, code]),
            NodeFrame::Exit(Exit::Signal(signal)) => out.extend_from_slice(&[EXIT, 1, signal]),
            NodeFrame::Pong { nonce } => put_u64(out, PONG, nonce),
            NodeFrame::Error { code, message } => {
                let (code, message) = (prefix(code, MAX_ERROR_CODE), prefix(message, MAX_ERROR_MESSAGE));
                out.extend_from_slice(&[ERROR, u8::try_from(code.len()).unwrap_or(0)]);
                out.extend_from_slice(code.as_bytes());
                out.extend_from_slice(message.as_bytes());
            }
        }
    }

    /// The bytes of an `Output` frame before its data, for senders that do not want to copy the data.
    pub fn output_head(offset: u64) -> [u8; 9] {
        let mut head = [OUTPUT; 9];
        head[1..].copy_from_slice(&offset.to_be_bytes());
        head
    }
}

fn put_u64(out: &mut Vec<u8>, kind: u8, value: u64) {
    out.push(kind);
    out.extend_from_slice(&value.to_be_bytes());
}

fn put_size(out: &mut Vec<u8>, size: Size) {
    out.extend_from_slice(&size.cols.to_be_bytes());
    out.extend_from_slice(&size.rows.to_be_bytes());
}

/// The longest prefix of `text` within `max` bytes that does not cut a character.
pub(crate) fn prefix(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// A cursor over a frame's fields; every read is checked.
struct Fields<'a> {
    kind: u8,
    rest: &'a [u8],
    len: usize,
}

impl<'a> Fields<'a> {
    fn new(frame: &'a [u8]) -> Result<Self, FrameError> {
        let (&kind, rest) = frame.split_first().ok_or(FrameError::Empty)?;
        Ok(Self { kind, rest, len: frame.len() })
    }

    fn length_error(&self) -> FrameError {
        FrameError::Length { kind: self.kind, len: self.len }
    }

    fn field_error(&self) -> FrameError {
        FrameError::Field { kind: self.kind }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(self.length_error())?;
        self.rest = rest;
        Ok(*head)
    }

    fn u8(&mut self) -> Result<u8, FrameError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u16(&mut self) -> Result<u16, FrameError> {
        self.array().map(u16::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, FrameError> {
        self.array().map(u64::from_be_bytes)
    }

    /// All that is left, if its length is within the bounds.
    fn bytes(&mut self, min: usize, max: usize) -> Result<&'a [u8], FrameError> {
        if (min..=max).contains(&self.rest.len()) {
            Ok(std::mem::take(&mut self.rest))
        } else {
            Err(self.length_error())
        }
    }

    fn text(&mut self, len: usize) -> Result<&'a str, FrameError> {
        let (text, rest) = self.rest.split_at_checked(len).ok_or(self.length_error())?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| self.field_error())
    }

    fn size(&mut self) -> Result<Size, FrameError> {
        let (cols, rows) = (self.u16()?, self.u16()?);
        Size::new(cols, rows).map_err(|_| self.field_error())
    }

    fn snapshot(&mut self) -> Result<NodeFrame<'a>, FrameError> {
        let more = match self.u8()? {
            0 => false,
            FLAG_MORE => true,
            _ => return Err(self.field_error()),
        };
        let (offset, size) = (self.u64()?, self.size()?);
        Ok(NodeFrame::Snapshot { offset, size, more, bytes: self.bytes(0, MAX_OUTPUT)? })
    }

    fn exit(&mut self) -> Result<Exit, FrameError> {
        match (self.u8()?, self.u8()?) {
            (0, code) => Ok(Exit::Code(code)),
            (1, signal) => Ok(Exit::Signal(signal)),
            _ => Err(self.field_error()),
        }
    }

    fn error(&mut self) -> Result<NodeFrame<'a>, FrameError> {
        let code_len = usize::from(self.u8()?);
        if code_len > MAX_ERROR_CODE || self.rest.len() > code_len + MAX_ERROR_MESSAGE {
            return Err(self.length_error());
        }
        let code = self.text(code_len)?;
        let message = self.text(self.rest.len())?;
        Ok(NodeFrame::Error { code, message })
    }

    fn end(&self) -> Result<(), FrameError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.length_error()) }
    }
}
