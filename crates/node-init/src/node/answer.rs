//! What each request does.

use std::time::Instant;

use wire::terminal::Size;

use super::dial::Dial;
use super::request::{Connection, encode};
use super::serve::Node;
use super::terminal::Hello;
use super::{cgroup, ports, procfs, tcp_table};
use crate::protocol::{
    Activity, Attach, AttachReply, Done, ErrorBody, ErrorCode, MAX_VIEWERS, Request, Resume, Status, TerminalActivity,
};

/// Where a connection goes after its request was understood.
#[derive(Debug)]
pub(super) enum Next {
    /// It stays: its reply is being written.
    Stay(Connection),
    /// It waits for a connection being made.
    Dialing(Dial),
    /// It became a viewer or its work was handed over.
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
        Request::WatchPorts => return node.port_watch.begin(connection).map_or(Next::Gone, Next::Stay),
        Request::StartService { .. } if node.stopping() => connection.reply::<Done>(Err(stopping())),
        Request::StartService { name } => connection.reply(node.services.start(&name, now)),
        Request::ServiceLog { name } => connection.reply(node.services.log(&name)),
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
