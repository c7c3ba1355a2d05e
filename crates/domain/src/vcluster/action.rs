//! What an owner can ask of a vcluster, and when it is refused. Each action gives nodes new orders; none of them waits.

use std::net::Ipv4Addr;

use super::{Intent, MOST_NODES, Vcluster};
use crate::{
    NodeId, OperationId,
    name::{NodeName, RuntimeName, WorkerName},
    node::{Generation, Node, NodeIntent, NodeState, Notes},
    operation::Operation,
    subnet,
};

/// An action that does not fit the state the vcluster is in. The text is for its owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionRefused {
    #[error("vcluster {0} is being deleted; wait until it is gone")]
    BeingDeleted(String),
    #[error("vcluster {0} is stopped; start it first")]
    Stopped(String),
    #[error("vcluster {0} has no {1}")]
    NoSuchNode(String, NodeName),
    #[error("{1} is the last node of vcluster {0}; delete the vcluster instead")]
    LastNode(String, NodeName),
    #[error("vcluster {name} has {have} nodes, and {MOST_NODES} is the most one may have; at most {} can be added", MOST_NODES.saturating_sub(*.have))]
    TooManyNodes { name: String, have: u8 },
}

/// Where a new node goes; made by placement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNode {
    pub id: NodeId,
    pub worker: WorkerName,
    /// What it is to run with; `None` for the engine's usual runtime.
    pub runtime: Option<RuntimeName>,
}

impl Node {
    fn new(new: NewNode, name: NodeName, ip: Ipv4Addr, operation: OperationId) -> Self {
        Self {
            id: new.id,
            name,
            worker: new.worker,
            ip,
            generation: Generation::FIRST,
            intent: NodeIntent::Running,
            state: NodeState::Pending,
            reason: None,
            reserved: true,
            running_since: None,
            tries: 0,
            operation,
            notes: Notes::default(),
            runtime: new.runtime,
        }
    }
}

impl Vcluster {
    /// Adds nodes under the lowest free names. Also how a new vcluster gets its first ones.
    pub fn add_nodes(&mut self, new: Vec<NewNode>, operation: Operation) -> Result<(), ActionRefused> {
        self.refuse_unless_running()?;
        let have = u8::try_from(self.nodes.len()).unwrap_or(u8::MAX);
        if self.nodes.len() + new.len() > usize::from(MOST_NODES) {
            return Err(ActionRefused::TooManyNodes { name: self.name.to_string(), have });
        }
        let id = operation.id;
        self.operation = operation;
        let mut free = (0..MOST_NODES)
            .map(NodeName::new)
            .filter(|name| self.node(*name).is_none())
            .collect::<Vec<_>>()
            .into_iter();
        for new in new {
            let Some(name) = free.next() else { break };
            self.nodes.push(Node::new(new, name, subnet::address(self.subnet, name), id));
        }
        self.nodes.sort_by_key(|node| node.name);
        Ok(())
    }

    /// Starts what does not run: a stopped vcluster, or the failed and lost nodes of a running one (repair).
    /// Nodes that run are left alone. Says whether there was anything to do.
    pub fn start(&mut self, operation: Operation) -> Result<bool, ActionRefused> {
        self.refuse_if_deleted()?;
        self.intent = Intent::Running;
        let down = |node: &Node| match node.intent {
            NodeIntent::Absent | NodeIntent::Restarting => false,
            NodeIntent::Stopped => true,
            NodeIntent::Running => matches!(node.state, NodeState::Stopped | NodeState::Failed | NodeState::Lost),
        };
        if !self.nodes.iter().any(down) {
            return Ok(false);
        }
        let id = operation.id;
        self.operation = operation;
        self.nodes.iter_mut().filter(|node| down(node)).for_each(|node| node.order(NodeIntent::Running, id));
        Ok(true)
    }

    /// Nodes that `start` would start, as far as they hold nothing yet: what must fit into limits and hosts first.
    pub fn start_needs(&self) -> Vec<&Node> {
        let down = |node: &&Node| node.intent != NodeIntent::Absent && !node.reserved;
        self.nodes.iter().filter(down).collect()
    }

    pub fn stop(&mut self, operation: Operation) -> Result<bool, ActionRefused> {
        self.refuse_if_deleted()?;
        if self.intent == Intent::Stopped {
            return Ok(false);
        }
        self.intent = Intent::Stopped;
        self.order_all(NodeIntent::Stopped, operation);
        Ok(true)
    }

    /// Stops every node and starts it again; of a stopped vcluster, the same as `start`.
    pub fn restart(&mut self, operation: Operation) -> Result<bool, ActionRefused> {
        self.refuse_if_deleted()?;
        if self.intent == Intent::Stopped {
            return self.start(operation);
        }
        self.order_all(NodeIntent::Restarting, operation);
        self.nodes
            .iter_mut()
            .filter(|node| node.intent == NodeIntent::Restarting)
            .for_each(|node| node.reserved = true);
        Ok(true)
    }

    /// Asks for everything but the home to be removed. Asking again changes nothing.
    pub fn delete(&mut self, operation: Operation) -> bool {
        if self.intent == Intent::Deleted {
            return false;
        }
        self.intent = Intent::Deleted;
        self.order_all(NodeIntent::Absent, operation);
        true
    }

    pub fn remove_node(&mut self, name: NodeName, operation: Operation) -> Result<bool, ActionRefused> {
        self.refuse_if_deleted()?;
        let Some(node) = self.node(name) else {
            return Err(ActionRefused::NoSuchNode(self.name.to_string(), name));
        };
        if node.intent == NodeIntent::Absent {
            return Ok(false);
        }
        if self.nodes.iter().filter(|node| node.intent != NodeIntent::Absent).count() < 2 {
            return Err(ActionRefused::LastNode(self.name.to_string(), name));
        }
        let id = operation.id;
        self.operation = operation;
        self.nodes.iter_mut().filter(|node| node.name == name).for_each(|node| node.order(NodeIntent::Absent, id));
        Ok(true)
    }

    fn order_all(&mut self, intent: NodeIntent, operation: Operation) {
        let id = operation.id;
        self.operation = operation;
        self.nodes.iter_mut().filter(|node| node.intent != NodeIntent::Absent).for_each(|node| node.order(intent, id));
    }

    fn refuse_if_deleted(&self) -> Result<(), ActionRefused> {
        if self.intent == Intent::Deleted { Err(ActionRefused::BeingDeleted(self.name.to_string())) } else { Ok(()) }
    }

    fn refuse_unless_running(&self) -> Result<(), ActionRefused> {
        self.refuse_if_deleted()?;
        if self.intent == Intent::Stopped { Err(ActionRefused::Stopped(self.name.to_string())) } else { Ok(()) }
    }
}
