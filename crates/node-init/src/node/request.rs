//! One connection before it becomes a viewer: a request is read, a reply is written, each within bounds and a deadline.

use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::Serialize;

use crate::protocol::{Envelope, ErrorBody, ErrorCode, MAX_REQUEST, Reply, Request, VERSION};

/// Connections that are not viewers. When one more comes, the one that has been silent longest must go.
pub(super) const MAX_CONNECTIONS: usize = 64;
/// How long a request may take to arrive, and its reply to leave.
const DEADLINE: Duration = Duration::from_secs(5);

/// A connection that asks.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    deadline: Instant,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    /// Goes out with the first byte of the outbox.
    socket: Option<OwnedFd>,
    state: State,
    /// Whether the process behind it may ask.
    allowed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reading,
    Writing,
    Over,
}

/// What reading from a connection brought.
#[derive(Debug)]
pub(super) enum Heard {
    Nothing,
    Request(Request),
    /// Not a request this version can serve.
    Bad(ErrorBody),
}

impl Connection {
    /// A connection that was just accepted.
    pub(super) fn new(stream: UnixStream, allowed: bool, now: Instant) -> Self {
        let deadline = now + DEADLINE;
        Self { stream, deadline, inbox: Vec::new(), outbox: Vec::new(), socket: None, state: State::Reading, allowed }
    }

    /// Whether it can be forgotten.
    pub(super) fn over(&self, now: Instant) -> bool {
        self.state == State::Over || now >= self.deadline
    }

    /// When it must be over.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether it waits for the client's bytes.
    pub(super) fn reads(&self) -> bool {
        self.state == State::Reading
    }

    /// Whether it waits for room in its socket.
    pub(super) fn writes(&self) -> bool {
        self.state == State::Writing
    }

    /// Ends it without a reply.
    pub(super) fn end(&mut self) {
        self.state = State::Over;
    }

    /// Reads what is there; a request once it is complete.
    pub(super) fn hear(&mut self, scratch: &mut [u8]) -> Heard {
        match rustix::io::read(&self.stream, &mut *scratch) {
            Ok(0) => self.end(),
            Ok(count) => self.inbox.extend_from_slice(&scratch[..count]),
            Err(Errno::AGAIN | Errno::INTR) => return Heard::Nothing,
            Err(_) => self.end(),
        }
        let Some((length, rest)) = self.inbox.split_first_chunk::<4>() else {
            return Heard::Nothing;
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length > MAX_REQUEST {
            return Heard::Bad(bad_request("the request is longer than a request may be"));
        }
        let Some(json) = rest.get(..length) else {
            return Heard::Nothing;
        };
        let heard = match parse(json) {
            Ok(_) if !self.allowed => Heard::Bad(forbidden()),
            Ok(request) => Heard::Request(request),
            Err(error) => Heard::Bad(error),
        };
        self.inbox.drain(..4 + length);
        heard
    }

    /// Sends a reply and ends the connection.
    pub(super) fn reply<T: Serialize>(&mut self, reply: Result<T, ErrorBody>) {
        self.outbox = encode(reply);
        self.state = State::Writing;
        self.send();
    }

    /// Sends a reply from a thread that may block, within the deadline.
    pub(super) fn reply_blocking<T: Serialize>(self, reply: Result<T, ErrorBody>) {
        let left = self.deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let send = || -> io::Result<()> {
            self.stream.set_nonblocking(false)?;
            self.stream.set_write_timeout(Some(left))?;
            (&self.stream).write_all(&encode(reply))
        };
        // A client that left or does not read has lost its answer; no other client needs to know.
        let _ = send();
    }

    /// Sends a reply with a connected socket.
    pub(super) fn pass(&mut self, socket: OwnedFd) {
        self.socket = Some(socket);
        self.reply(Ok(crate::protocol::Done {}));
    }

    /// Writes what the socket takes.
    pub(super) fn send(&mut self) {
        while self.state == State::Writing {
            match self.send_some() {
                Ok(count) => {
                    self.outbox.drain(..count);
                    self.socket = None;
                    if self.outbox.is_empty() {
                        self.state = State::Over;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => self.state = State::Over,
            }
        }
    }

    fn send_some(&mut self) -> io::Result<usize> {
        let Some(socket) = &self.socket else {
            return self.stream.write(&self.outbox);
        };
        let passed = [socket.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&passed)) {
            return Err(io::Error::other("no room for one descriptor"));
        }
        Ok(sendmsg(&self.stream, &[IoSlice::new(&self.outbox)], &mut control, SendFlags::NOSIGNAL)?)
    }

    /// Whether its whole reply has left.
    pub(super) fn is_answered(&self) -> bool {
        self.state == State::Over && self.outbox.is_empty()
    }

    /// Whether the client has said more than its request.
    pub(super) fn said_more(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Gives the stream away, with what the client already sent behind its request.
    pub(super) fn into_stream(self) -> (UnixStream, Vec<u8>) {
        (self.stream, self.inbox)
    }
}

/// A reply as it goes over the wire, length included.
pub(super) fn encode<T: Serialize>(reply: Result<T, ErrorBody>) -> Vec<u8> {
    let reply = match reply {
        Ok(value) => Reply::Ok(value),
        Err(error) => Reply::Error(error),
    };
    let mut message = vec![0; 4];
    if let Err(error) = serde_json::to_writer(&mut message, &reply) {
        return encode::<()>(Err(ErrorBody::new(ErrorCode::Internal, format!("the reply cannot be written: {error}"))));
    }
    let length = u32::try_from(message.len() - 4).unwrap_or(u32::MAX);
    message[..4].copy_from_slice(&length.to_be_bytes());
    message
}

fn parse(json: &[u8]) -> Result<Request, ErrorBody> {
    #[derive(serde::Deserialize)]
    struct Head<'a> {
        version: u32,
        #[serde(borrow)]
        request: std::borrow::Cow<'a, str>,
    }
    let head: Head<'_> =
        serde_json::from_slice(json).map_err(|error| bad_request(&format!("this is not a request: {error}")))?;
    if head.version != VERSION {
        let message = format!("docklet-init speaks version {VERSION}, not {}", head.version);
        return Err(ErrorBody::new(ErrorCode::UnsupportedVersion, message));
    }
    if !Request::NAMES.contains(&&*head.request) {
        let message = format!("docklet-init does not know this request; it knows {}", Request::NAMES.join(", "));
        return Err(ErrorBody::new(ErrorCode::UnknownRequest, message));
    }
    serde_json::from_slice::<Envelope>(json)
        .map(|envelope| envelope.request)
        .map_err(|error| bad_request(&format!("the fields of this request are wrong: {error}")))
}

fn forbidden() -> ErrorBody {
    ErrorBody::new(ErrorCode::Forbidden, "only root and the node's host may speak to docklet-init")
}

pub(super) fn bad_request(message: &str) -> ErrorBody {
    ErrorBody::new(ErrorCode::BadRequest, message)
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
