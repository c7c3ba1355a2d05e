//! Reaching into this host's nodes, for control. The node is hostile; docklet-init's client bounds and checks what it says.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::node::{
    Attach, AttachFrom, Duplex, NodeAddress, NodeError, NodeLink, OpenTerminal, TerminalId, TerminalInfo, TerminalSize,
};
use node_init::{
    client::{ClientError, NodeClient},
    protocol::{self, ClientId, ErrorCode, Exit, Resume},
};

use crate::{run_dir, worker::Worker};

/// Longest title that is passed on, in characters.
const LONGEST_TITLE: usize = 256;

impl Worker {
    fn client(&self, address: &NodeAddress) -> Result<NodeClient, NodeError> {
        let config = &self.host.config;
        if address.worker != config.name {
            let (there, here) = (&address.worker, &config.name);
            return Err(NodeError::Unreachable(format!("it is on the host {there}, and this is {here}")));
        }
        Ok(NodeClient::new(run_dir::path(&config.data_dir, address.node)))
    }
}

#[async_trait]
impl NodeLink for Worker {
    async fn terminals(&self, node: &NodeAddress) -> Result<Vec<TerminalInfo>, NodeError> {
        let terminals = self.client(node)?.terminals().await.map_err(|error| fault(error, ""))?;
        terminals.into_iter().map(info).collect()
    }

    async fn open_terminal(&self, node: &NodeAddress, open: &OpenTerminal) -> Result<TerminalInfo, NodeError> {
        let TerminalSize { cols, rows } = open.size;
        let id = terminal_id(&open.id)?;
        let request = protocol::OpenTerminal { id, cols, rows, command: open.command.clone() };
        self.client(node)?.open_terminal(request).await.map_err(|error| fault(error, open.id.as_str()))?;
        let terminals = self.terminals(node).await?;
        terminals
            .into_iter()
            .find(|terminal| terminal.id == open.id)
            // It ended, and was seen to end, within the moment between the two questions.
            .ok_or_else(|| NodeError::NoSuchTerminal(open.id.to_string()))
    }

    async fn close_terminal(&self, node: &NodeAddress, terminal: &TerminalId) -> Result<(), NodeError> {
        let id = terminal_id(terminal)?;
        self.client(node)?.close_terminal(id).await.map_err(|error| fault(error, terminal.as_str()))
    }

    async fn attach(&self, node: &NodeAddress, attach: &Attach) -> Result<Box<dyn Duplex>, NodeError> {
        let request = protocol::Attach {
            id: terminal_id(&attach.terminal)?,
            client: ClientId::new(attach.viewer),
            from: match attach.from {
                AttachFrom::Offset(offset) => Resume::Offset(offset),
                AttachFrom::Snapshot => Resume::Snapshot,
            },
            cols: attach.size.cols,
            rows: attach.size.rows,
            input_from: None,
        };
        let attached = self.client(node)?.attach(request).await;
        let (_, stream) = attached.map_err(|error| fault(error, attach.terminal.as_str()))?;
        Ok(Box::new(stream))
    }

    async fn dial(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        let stream = self.client(node)?.dial(port).await.map_err(|error| fault(error, ""))?;
        Ok(Box::new(stream))
    }
}

fn terminal_id(id: &TerminalId) -> Result<protocol::TerminalId, NodeError> {
    id.as_str().parse().map_err(|fault: protocol::BadId| NodeError::Refused(fault.to_string()))
}

fn info(terminal: protocol::TerminalInfo) -> Result<TerminalInfo, NodeError> {
    let garbage = |what: &str| NodeError::Garbage(format!("a terminal has no valid {what}"));
    let created_at = i64::try_from(terminal.created_at_ms).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
    let title = if terminal.title.is_empty() { terminal.process } else { terminal.title };
    Ok(TerminalInfo {
        id: TerminalId::parse(terminal.id.as_str()).ok_or_else(|| garbage("id"))?,
        title: title.chars().take(LONGEST_TITLE).collect(),
        size: TerminalSize { cols: terminal.cols, rows: terminal.rows },
        created_at: created_at.ok_or_else(|| garbage("time"))?,
        viewers: terminal.viewers,
        end: terminal.end_offset,
        exited: terminal.exited.map(ended),
    })
}

fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("exit status {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}

fn fault(error: ClientError, terminal: &str) -> NodeError {
    match error {
        ClientError::Unreachable(_) | ClientError::Refused(_) | ClientError::Timeout => {
            NodeError::Unreachable(error.to_string())
        }
        ClientError::Garbage(what) => NodeError::Garbage(what.to_owned()),
        ClientError::Node { code, message } => match code {
            ErrorCode::UnknownTerminal => NodeError::NoSuchTerminal(terminal.to_owned()),
            ErrorCode::NoShell => NodeError::NoShell(message),
            ErrorCode::TooManyTerminals | ErrorCode::TooManyViewers => NodeError::TooManyTerminals(message),
            ErrorCode::OffsetBeyondEnd => NodeError::OffsetBeyondEnd(message),
            _ => NodeError::Refused(message),
        },
    }
}
