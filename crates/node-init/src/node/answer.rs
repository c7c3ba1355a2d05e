//! What each request does.

use std::time::Instant;

use wire::terminal::Size;

use super::dial::{self, Dial};
use super::request::{Connection, bad_request, encode};
use super::serve::Node;
use super::terminal::Hello;
use super::{cgroup, ports, procfs, sshd, tcp_table};
use crate::protocol::{
    Activity, Attach, AttachReply, Done, ErrorBody, ErrorCode, MAX_DATAGRAM_SOCKETS, MAX_VIEWERS, Request, Resume,
    SshPublicKey, Status, TerminalActivity,
};

/// Where a connection goes after its request was understood.
#[derive(Debug)]
pub(super) enum Next {
    /// It stays: its reply is being written.
    Stay(Connection),
    /// It waits for a connection being made.
    Dialing(Dial),
    /// It is answered, and stays until the client closes it.
    Kept(Connection),
    /// It became a viewer, or its work or itself was handed over.
    Gone,
}

/// Serves one request.
pub(super) fn answer(node: &mut Node, mut connection: Connection, request: Request, now: Instant) -> Next {
    match request {
        Request::Status => connection.reply(Ok(status(node, now))),
        Request::Terminals => connection.reply(Ok(node.terminals.infos())),
        Request::OpenTerminal(_) if node.stopping() => connection.reply::<Done>(Err(stopping())),
        Request::OpenTerminal(open) => connection.reply(node.terminals.open(open).map(|()| Done {})),
        Request::CloseTerminal { id } => connection.reply(node.terminals.close(&id, now).map(|()| Done {})),
        Request::Attach(attach) => return self::attach(node, connection, attach, now),
        Request::Dial { port } => match Dial::start(connection, port) {
            Ok(dial) => return Next::Dialing(dial),
            Err(answered) => return Next::Stay(answered),
        },
        Request::DialUdp { .. } if node.kept.len() >= MAX_DATAGRAM_SOCKETS => {
            let message = format!("a node has at most {MAX_DATAGRAM_SOCKETS} UDP streams at once; end one first");
            connection.reply::<Done>(Err(ErrorBody::new(ErrorCode::Busy, message)));
        }
        Request::DialUdp { port } => match dial::datagrams(port) {
            Ok(socket) => {
                connection.pass(socket);
                // What has not left at once goes out as any reply does, and with its end the client dials again.
                return if connection.is_answered() { Next::Kept(connection) } else { Next::Stay(connection) };
            }
            Err(error) => connection.reply::<Done>(Err(error)),
        },
        Request::WatchPorts => return node.port_watch.begin(connection).map_or(Next::Gone, Next::Stay),
        Request::StartService { .. } if node.stopping() => connection.reply::<Done>(Err(stopping())),
        Request::StartService { name } => connection.reply(node.services.start(&name, now)),
        Request::ServiceLog { name } => connection.reply(node.services.log(&name)),
        Request::AuthorizeKey { .. } if node.stopping() => connection.reply::<Done>(Err(stopping())),
        Request::AuthorizeKey { key } => return authorize_key(node, connection, key),
        Request::Exec { .. } if node.stopping() => connection.reply::<Done>(Err(stopping())),
        Request::Exec { command } => return node.execs.begin(connection, &command).map_or(Next::Gone, Next::Stay),
        Request::ReadFile(read) if !read.path.starts_with('/') || read.path.contains('\0') => {
            connection.reply::<Done>(Err(bad_request("the path of a file begins with / and has no NUL")));
        }
        Request::ReadFile(mut read) => {
            // An end does not wait for what might yet be written.
            read.wait_ms = if node.stopping() { 0 } else { read.wait_ms };
            return node.execs.read_file(connection, &read).map_or(Next::Gone, Next::Stay);
        }
        Request::Ports => return node.offload.answer(connection, ports::listening).map_or(Next::Gone, Next::Stay),
        Request::Activity => {
            let terminals = node.terminals.activity();
            return node.offload.answer(connection, || activity(terminals)).map_or(Next::Gone, Next::Stay);
        }
    }
    Next::Stay(connection)
}

fn status(node: &Node, now: Instant) -> Status {
    Status {
        ready: !node.stopping(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_ms: u64::try_from(now.duration_since(node.started).as_millis()).unwrap_or(u64::MAX),
        processes: u32::try_from(procfs::processes().count()).unwrap_or(u32::MAX),
        terminals: u32::try_from(node.terminals.living()).unwrap_or(u32::MAX),
        services: node.services.statuses(),
    }
}

fn activity(terminals: Vec<TerminalActivity>) -> Activity {
    let usage = cgroup::usage();
    let connections = tcp_table::read().iter().filter(|socket| socket.established).count();
    Activity {
        terminals,
        cpu_ms: usage.cpu_ms,
        memory_bytes: usage.memory_bytes,
        connections: u32::try_from(connections).unwrap_or(u32::MAX),
    }
}

fn authorize_key(node: &Node, mut connection: Connection, key: SshPublicKey) -> Next {
    match node.services.admit_ssh() {
        Ok(()) => {
            let work = move || sshd::authorize_in_home(&key);
            node.home_offload.try_answer(connection, work).map_or(Next::Gone, Next::Stay)
        }
        Err(error) => {
            connection.reply::<Done>(Err(error));
            Next::Stay(connection)
        }
    }
}

fn stopping() -> ErrorBody {
    ErrorBody::new(ErrorCode::Stopping, "the node is stopping; start it again first")
}

fn attach(node: &mut Node, mut connection: Connection, attach: Attach, now: Instant) -> Next {
    let (start, size) = match check_attach(node, &attach) {
        Ok(checked) => checked,
        Err(error) => {
            connection.reply::<AttachReply>(Err(error));
            return Next::Stay(connection);
        }
    };
    let (stream, inbox) = connection.into_stream();
    let hello = Hello { client: attach.client, size, start, input_from: attach.input_from.unwrap_or(0), inbox };
    if let Ok(terminal) = node.terminals.find(&attach.id) {
        let end_offset = terminal.end_offset();
        let reply = |size: Size, start_offset, input_offset| {
            encode(Ok(AttachReply { start_offset, end_offset, cols: size.cols(), rows: size.rows(), input_offset }))
        };
        terminal.attach(stream, hello, reply, now);
    }
    Next::Gone
}

/// The offset the viewer continues from (`None`: from a snapshot) and its size, if it may join.
fn check_attach(node: &mut Node, attach: &Attach) -> Result<(Option<u64>, Size), ErrorBody> {
    let size =
        Size::new(attach.cols, attach.rows).map_err(|error| ErrorBody::new(ErrorCode::BadSize, error.to_string()))?;
    let terminal = node.terminals.find(&attach.id)?;
    if terminal.viewers.len() >= MAX_VIEWERS {
        let message = format!("a terminal has at most {MAX_VIEWERS} viewers; close one first");
        return Err(ErrorBody::new(ErrorCode::TooManyViewers, message));
    }
    match attach.from {
        Resume::Snapshot => Ok((None, size)),
        Resume::Offset(offset) if offset <= terminal.end_offset() => Ok((Some(offset), size)),
        Resume::Offset(offset) => {
            let end = terminal.end_offset();
            let message = format!("the terminal's output ends at {end}, before {offset}; attach with a snapshot");
            Err(ErrorBody::new(ErrorCode::OffsetBeyondEnd, message))
        }
    }
}
