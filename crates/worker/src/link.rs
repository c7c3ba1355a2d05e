//! Reaching into this host's nodes, for control. The node is hostile; docklet-init's client bounds and checks what it says.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::node::{
    Attach, AttachFrom, Duplex, FilePart, ListeningPort, NodeAddress, NodeError, NodeLink, OpenTerminal, ReadFile,
    ServiceState, ServiceStatus, TerminalId, TerminalInfo, TerminalSize,
};
use domain::SshPublicKey;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
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
        self.is_here(address)?;
        Ok(NodeClient::new(run_dir::path(&self.host.config.data_dir, address.node.into())))
    }

    pub(crate) fn is_here(&self, address: &NodeAddress) -> Result<(), NodeError> {
        let (there, here) = (&address.worker, &self.host.config.name);
        if there == here {
            Ok(())
        } else {
            Err(NodeError::Unreachable(format!("it is on the host {there}, and this is {here}")))
        }
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
        let id = open.id.clone();
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
        let id = terminal.clone();
        self.client(node)?.close_terminal(id).await.map_err(|error| fault(error, terminal.as_str()))
    }

    async fn attach(&self, node: &NodeAddress, attach: &Attach) -> Result<Box<dyn Duplex>, NodeError> {
        let request = protocol::Attach {
            id: attach.terminal.clone(),
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
        match self.client(node)?.dial(port).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(ClientError::Node { code: ErrorCode::PortClosed, .. }) => Err(NodeError::PortClosed(port)),
            Err(error) => Err(fault(error, "")),
        }
    }

    async fn dial_udp(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        let datagrams = self.client(node)?.dial_udp(port).await.map_err(|error| fault(error, ""))?;
        Ok(Box::new(datagrams))
    }

    async fn exec(&self, node: &NodeAddress, command: &[String]) -> Result<Box<dyn Duplex>, NodeError> {
        let stream = self.client(node)?.exec(command.to_vec()).await.map_err(|error| fault(error, ""))?;
        Ok(Box::new(stream))
    }

    async fn authorize_key(&self, node: &NodeAddress, key: &SshPublicKey) -> Result<Vec<SshPublicKey>, NodeError> {
        self.client(node)?.authorize_key(key.clone()).await.map_err(|error| fault(error, ""))
    }

    async fn watch_ports(
        &self,
        node: &NodeAddress,
    ) -> Result<BoxStream<'static, Result<Vec<ListeningPort>, NodeError>>, NodeError> {
        let mut watch = self.client(node)?.watch_ports().await.map_err(|error| fault(error, ""))?;
        // With the first list it is known whether the node understands the request at all.
        let first = watch.next().await.map(ports).map_err(|error| fault(error, ""))?;
        let changes = stream::unfold(Some(watch), |watch| async {
            let mut watch = watch?;
            match watch.next().await {
                Ok(changed) => Some((Ok(ports(changed)), Some(watch))),
                Err(error) => Some((Err(fault(error, "")), None)),
            }
        });
        Ok(stream::iter([Ok(first)]).chain(changes).boxed())
    }

    async fn services(&self, node: &NodeAddress) -> Result<Vec<ServiceStatus>, NodeError> {
        let status = self.client(node)?.status().await.map_err(|error| fault(error, ""))?;
        Ok(status.services.into_iter().map(service).collect())
    }

    async fn start_service(&self, node: &NodeAddress, name: &str) -> Result<ServiceStatus, NodeError> {
        self.client(node)?.start_service(name).await.map(service).map_err(|error| fault(error, name))
    }

    async fn service_log(&self, node: &NodeAddress, name: &str) -> Result<String, NodeError> {
        self.client(node)?.service_log(name).await.map_err(|error| fault(error, name))
    }

    async fn read_file(&self, node: &NodeAddress, read: &ReadFile) -> Result<FilePart, NodeError> {
        let ReadFile { path, from, most, wait_ms } = read.clone();
        let request = protocol::ReadFile { path, from, most, wait_ms };
        let (size, bytes) = self.client(node)?.read_file(request).await.map_err(|error| fault(error, ""))?;
        Ok(FilePart { size, bytes })
    }
}

fn ports(ports: Vec<protocol::ListeningPort>) -> Vec<ListeningPort> {
    let told = |port: protocol::ListeningPort| ListeningPort {
        port: port.port,
        process: port.process.filter(|process| !process.is_empty()),
        loopback_only: port.loopback_only,
    };
    ports.into_iter().map(told).collect()
}

fn service(status: protocol::ServiceStatus) -> ServiceStatus {
    let unknown = || Some("it is in a state this dockletd does not know; update dockletd".to_owned());
    let (state, reason) = match status.state {
        protocol::ServiceState::Stopped => (ServiceState::Stopped, status.reason),
        protocol::ServiceState::Starting => (ServiceState::Starting, status.reason),
        protocol::ServiceState::Running => (ServiceState::Running, status.reason),
        protocol::ServiceState::BackingOff => (ServiceState::BackingOff, status.reason),
        protocol::ServiceState::Failed => (ServiceState::Failed, status.reason),
        protocol::ServiceState::Unavailable => (ServiceState::Unavailable, status.reason),
        protocol::ServiceState::Unknown => (ServiceState::Unavailable, unknown()),
    };
    ServiceStatus { name: status.name, state, reason, restarts: status.restarts }
}

fn info(terminal: protocol::TerminalInfo) -> Result<TerminalInfo, NodeError> {
    let garbage = |what: &str| NodeError::Garbage(format!("a terminal has no valid {what}"));
    let created_at = i64::try_from(terminal.created_at_ms).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
    let title = if terminal.title.is_empty() { terminal.process } else { terminal.title };
    Ok(TerminalInfo {
        id: terminal.id,
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

/// `what`: the terminal or the service that was asked for.
fn fault(error: ClientError, what: &str) -> NodeError {
    match error {
        ClientError::Unreachable(_) | ClientError::Refused(_) | ClientError::Timeout => {
            NodeError::Unreachable(error.to_string())
        }
        ClientError::Garbage(said) => NodeError::Garbage(said.to_owned()),
        ClientError::Node { code, message } => match code {
            ErrorCode::UnknownTerminal => NodeError::NoSuchTerminal(what.to_owned()),
            ErrorCode::UnknownService => NodeError::NoSuchService(what.to_owned()),
            ErrorCode::UnknownRequest => NodeError::Outdated,
            ErrorCode::NoShell => NodeError::NoShell(message),
            ErrorCode::CommandNotFound => NodeError::NoProgram(message),
            ErrorCode::NoFile => NodeError::NoFile(message),
            ErrorCode::NoSsh => NodeError::NoSsh(message),
            ErrorCode::Busy | ErrorCode::TooManyExecs => NodeError::Busy(message),
            ErrorCode::TooManyTerminals | ErrorCode::TooManyViewers => NodeError::TooManyTerminals(message),
            ErrorCode::OffsetBeyondEnd => NodeError::OffsetBeyondEnd(message),
            _ => NodeError::Refused(message),
        },
    }
}
