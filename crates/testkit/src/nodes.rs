//! Nodes in memory: `NodeLink` and `Usages`, as far as apps are concerned. What listens, which services there are and what
//! is used is what the test says; whatever listens echoes, and so does every command. They keep the keys that may log in and the
//! files that the test writes, and have no terminals.

mod state;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::{
    node::{
        Attach, Duplex, FilePart, ListeningPort, NodeAddress, NodeError, NodeLink, OpenTerminal, ReadFile,
        ServiceState, ServiceStatus, TerminalId, TerminalInfo,
    },
    usage::{DiskSample, NodeSamples, Sample, Usages},
};
use domain::{NodeId, SshPublicKey, name::WorkerName};
use futures::{StreamExt, stream::BoxStream};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};
use tokio_stream::wrappers::UnboundedReceiverStream;

use state::State;

/// What the SSH server of each of these nodes shows itself with.
pub const HOST_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC";

/// Clones show the same nodes.
#[derive(Debug, Clone, Default)]
pub struct FakeNodes {
    state: Arc<Mutex<State>>,
    /// To a file.
    written: Arc<Notify>,
}

/// What tests do to them.
impl FakeNodes {
    /// Something begins to listen; watchers hear of it at once.
    pub fn listen(&self, node: NodeId, port: u16, process: &str) {
        let port = ListeningPort { port, process: Some(process.to_owned()), loopback_only: true };
        self.state.lock().node(node).listen(port);
    }

    /// What this worker has counted on its disk; `None` makes it unreachable.
    pub fn set_disk(&self, worker: &WorkerName, sample: Option<DiskSample>) {
        self.state.lock().disks.insert(worker.clone(), sample);
    }

    /// Nothing listens there any more.
    pub fn close(&self, node: NodeId, port: u16) {
        self.state.lock().node(node).close(port);
    }

    /// The node has this service, in this state. Starting one that is `Stopped` makes it `Starting`.
    pub fn service(&self, node: NodeId, name: &str, state: ServiceState, reason: Option<&str>) {
        let status = ServiceStatus { name: name.to_owned(), state, reason: reason.map(str::to_owned), restarts: 0 };
        self.state.lock().node(node).services.insert(name.to_owned(), status);
    }

    pub fn log(&self, node: NodeId, name: &str, text: &str) {
        self.state.lock().node(node).logs.insert(name.to_owned(), text.to_owned());
    }

    /// Appends to a file of the node, which may be new. Who waits for that hears of it at once.
    pub fn write(&self, node: NodeId, path: &str, bytes: &[u8]) {
        self.state.lock().node(node).files.entry(path.to_owned()).or_default().extend_from_slice(bytes);
        self.written.notify_waiters();
    }

    pub fn sample(&self, node: NodeId, sample: Sample) {
        self.state.lock().node(node).samples.push(sample);
    }

    /// The node does not answer, and watches of it end, until it listens to something again or [`Self::mend`].
    pub fn cut(&self, node: NodeId) {
        self.state.lock().node(node).cut();
    }

    pub fn mend(&self, node: NodeId) {
        self.state.lock().node(node).away = false;
    }

    /// How often any node was asked anything but what it uses.
    pub fn asked(&self) -> usize {
        self.state.lock().asked
    }

    /// The keys that may log in to this node, as lines of `authorized_keys`.
    pub fn let_in(&self, node: NodeId) -> Vec<String> {
        self.state.lock().node(node).keys.iter().map(ToString::to_string).collect()
    }

    /// The commands that were started on this node.
    pub fn ran(&self, node: NodeId) -> Vec<Vec<String>> {
        self.state.lock().node(node).ran.clone()
    }

    /// How many watches on this node's ports are open.
    pub fn watches(&self, node: NodeId) -> usize {
        self.state.lock().node(node).open_watches()
    }
}

fn no_terminals<T>() -> Result<T, NodeError> {
    Err(NodeError::Unreachable("nodes in memory have no terminals".into()))
}

fn echo() -> Box<dyn Duplex> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(theirs);
        // Ends when the test lets go of its half.
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    Box::new(ours)
}

#[async_trait]
impl NodeLink for FakeNodes {
    async fn terminals(&self, _: &NodeAddress) -> Result<Vec<TerminalInfo>, NodeError> {
        no_terminals()
    }

    async fn open_terminal(&self, _: &NodeAddress, _: &OpenTerminal) -> Result<TerminalInfo, NodeError> {
        no_terminals()
    }

    async fn close_terminal(&self, _: &NodeAddress, _: &TerminalId) -> Result<(), NodeError> {
        no_terminals()
    }

    async fn attach(&self, _: &NodeAddress, _: &Attach) -> Result<Box<dyn Duplex>, NodeError> {
        no_terminals()
    }

    async fn dial(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        if !self.state.lock().ask(node.node)?.ports.contains_key(&port) {
            return Err(NodeError::PortClosed(port));
        }
        Ok(echo())
    }

    /// The same of datagrams, whatever listens.
    async fn dial_udp(&self, node: &NodeAddress, _: u16) -> Result<Box<dyn Duplex>, NodeError> {
        self.state.lock().ask(node.node)?;
        Ok(echo())
    }

    /// Of the frames nothing is known here: what is sent comes back.
    async fn exec(&self, node: &NodeAddress, command: &[String]) -> Result<Box<dyn Duplex>, NodeError> {
        self.state.lock().ask(node.node)?.ran.push(command.to_vec());
        Ok(echo())
    }

    /// Until the test says otherwise of their service `sshd`, these nodes can be logged in to.
    async fn authorize_key(&self, node: &NodeAddress, key: &SshPublicKey) -> Result<Vec<SshPublicKey>, NodeError> {
        let mut state = self.state.lock();
        let node = state.ask(node.node)?;
        if let Some(sshd) = node.services.get("sshd").filter(|sshd| sshd.state.has_failed()) {
            return Err(NodeError::NoSsh(sshd.reason.clone().unwrap_or_default()));
        }
        if !node.keys.iter().any(|known| known.key() == key.key()) {
            node.keys.push(key.clone());
        }
        Ok(vec![HOST_KEY.parse().expect("it is a key")])
    }

    async fn watch_ports(
        &self,
        node: &NodeAddress,
    ) -> Result<BoxStream<'static, Result<Vec<ListeningPort>, NodeError>>, NodeError> {
        let receiver = self.state.lock().ask(node.node)?.watch();
        Ok(UnboundedReceiverStream::new(receiver).boxed())
    }

    async fn services(&self, node: &NodeAddress) -> Result<Vec<ServiceStatus>, NodeError> {
        Ok(self.state.lock().ask(node.node)?.services.values().cloned().collect())
    }

    async fn start_service(&self, node: &NodeAddress, name: &str) -> Result<ServiceStatus, NodeError> {
        let mut state = self.state.lock();
        let service = state.ask(node.node)?.services.get_mut(name);
        let service = service.ok_or_else(|| NodeError::NoSuchService(name.to_owned()))?;
        if matches!(service.state, ServiceState::Stopped | ServiceState::Failed) {
            service.state = ServiceState::Starting;
        }
        Ok(service.clone())
    }

    async fn service_log(&self, node: &NodeAddress, name: &str) -> Result<String, NodeError> {
        Ok(self.state.lock().ask(node.node)?.logs.get(name).cloned().unwrap_or_default())
    }

    async fn read_file(&self, node: &NodeAddress, read: &ReadFile) -> Result<FilePart, NodeError> {
        self.state.lock().ask(node.node)?;
        let more = async {
            loop {
                let written = self.written.notified();
                let part = self.state.lock().node(node.node).part(read);
                if part.is_ok_and(|part| part.size > read.from) {
                    return;
                }
                written.await;
            }
        };
        // In time or not: what is there then is the answer.
        let _ = timeout(Duration::from_millis(read.wait_ms.into()), more).await;
        self.state.lock().node(node.node).part(read)
    }
}

#[async_trait]
impl Usages for FakeNodes {
    async fn samples(
        &self,
        nodes: &[NodeAddress],
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<NodeSamples>, NodeError> {
        let mut state = self.state.lock();
        let newer = |sample: &Sample| since.is_none_or(|since| sample.at > since);
        let of = |node: &NodeAddress| NodeSamples {
            node: node.node,
            samples: state.node(node.node).samples.iter().copied().filter(newer).collect(),
        };
        Ok(nodes.iter().map(of).collect())
    }

    async fn disk(&self, worker: &WorkerName) -> Result<Option<DiskSample>, NodeError> {
        match self.state.lock().disks.get(worker) {
            Some(Some(sample)) => Ok(Some(sample.clone())),
            Some(None) => Err(NodeError::Unreachable("the test has made it so".into())),
            None => Ok(None),
        }
    }
}
