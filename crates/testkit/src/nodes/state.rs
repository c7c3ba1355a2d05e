//! What a test has said about each node.

use std::collections::{BTreeMap, HashMap};

use control::ports::{
    node::{FilePart, ListeningPort, NodeError, ReadFile, ServiceStatus},
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
    /// By their paths.
    pub(super) files: BTreeMap<String, Vec<u8>>,
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
    pub(super) fn part(&self, read: &ReadFile) -> Result<FilePart, NodeError> {
        let missing = || NodeError::NoFile(format!("{:?} cannot be read: there is no such file", read.path));
        let file = self.files.get(&read.path).ok_or_else(missing)?;
        let from = usize::try_from(read.from).unwrap_or(usize::MAX).min(file.len());
        let bytes = file[from..].iter().copied().take(read.most as usize).collect();
        Ok(FilePart { size: file.len() as u64, bytes })
    }

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
