//! What a test has said about each node.

use std::collections::{BTreeMap, HashMap};

use control::ports::{
    node::{ListeningPort, NodeError, ServiceStatus},
    usage::{DiskSample, Sample},
};
use domain::{NodeId, SshPublicKey, name::WorkerName};
use tokio::sync::mpsc;

type Told = Result<Vec<ListeningPort>, NodeError>;

#[derive(Debug, Default)]
pub(super) struct State {
    nodes: HashMap<NodeId, Node>,
    pub(super) asked: usize,
    /// What each worker has counted; `None` for one that is away.
    pub(super) disks: BTreeMap<WorkerName, Option<DiskSample>>,
}

#[derive(Debug, Default)]
pub(super) struct Node {
    pub(super) ports: BTreeMap<u16, ListeningPort>,
    pub(super) services: BTreeMap<String, ServiceStatus>,
    pub(super) logs: BTreeMap<String, String>,
    pub(super) samples: Vec<Sample>,
    pub(super) keys: Vec<SshPublicKey>,
    pub(super) ran: Vec<Vec<String>>,
    pub(super) away: bool,
    watchers: Vec<mpsc::UnboundedSender<Told>>,
}

impl State {
    pub(super) fn node(&mut self, id: NodeId) -> &mut Node {
        self.nodes.entry(id).or_default()
    }

    /// The node, for a caller that asks it something.
    pub(super) fn ask(&mut self, id: NodeId) -> Result<&mut Node, NodeError> {
        self.asked += 1;
        let node = self.node(id);
        if node.away { Err(NodeError::Unreachable("the test has cut it off".into())) } else { Ok(node) }
    }
}

impl Node {
    pub(super) fn listen(&mut self, port: ListeningPort) {
        self.away = false;
        self.ports.insert(port.port, port);
        self.tell();
    }

    pub(super) fn close(&mut self, port: u16) {
        self.ports.remove(&port);
        self.tell();
    }

    pub(super) fn watch(&mut self) -> mpsc::UnboundedReceiver<Told> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.watchers.push(sender);
        self.tell();
        receiver
    }

    pub(super) fn cut(&mut self) {
        self.away = true;
        self.watchers.clear();
    }

    pub(super) fn open_watches(&mut self) -> usize {
        self.watchers.retain(|watcher| !watcher.is_closed());
        self.watchers.len()
    }

    fn tell(&mut self) {
        let ports: Vec<ListeningPort> = self.ports.values().cloned().collect();
        self.watchers.retain(|watcher| watcher.send(Ok(ports.clone())).is_ok());
    }
}
