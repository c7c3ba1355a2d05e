//! A vcluster's lifecycle: actions of its owner change what is wanted, reports of workers change what is, and the state
//! follows from both. Pure: no clock, no ids made here, no I/O. Knows neither quota nor placement; control checks those.

mod action;
mod description;
mod moving;
mod recovery;
mod state;

use chrono::{DateTime, Utc};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

pub use action::{ActionRefused, NewNode};
pub use description::Description;
pub use state::VclusterState;

use crate::{
    NodeId, UserId, VclusterId,
    image::ImageRef,
    name::{NodeName, VclusterName, WorkerName},
    node::{Generation, Node, NodeIntent, NodeState, Observation, Phase},
    operation::{Operation, OperationKind, OperationState},
    resources::Resources,
};

/// The most nodes one vcluster may have.
pub const MOST_NODES: u8 = 16;

/// What the owner wants of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Intent {
    Running,
    Stopped,
    Deleted,
}

impl Intent {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// A vcluster with its nodes and the latest operation: what is loaded, changed and saved as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vcluster {
    pub id: VclusterId,
    pub owner: UserId,
    pub name: VclusterName,
    pub image: ImageRef,
    pub resources: Resources,
    pub subnet: Ipv4Net,
    pub intent: Intent,
    /// Ordered by name. Empty only when the vcluster is gone.
    pub nodes: Vec<Node>,
    /// The latest operation. A new one takes the place of one that still runs, which is then `superseded`: at most one
    /// operation of a vcluster runs at a time.
    pub operation: Operation,
    pub created_at: DateTime<Utc>,
    /// What ran when its host went down runs again by itself when the host is back.
    pub autostart: bool,
    pub description: Description,
}

/// What a report changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    None,
    /// The record changed; `orders` when a node has got a new order that must reach its worker.
    Changed {
        orders: bool,
    },
    /// The last node is gone: so is the vcluster.
    Gone,
}

impl Vcluster {
    pub fn state(&self) -> VclusterState {
        state::derive(self)
    }

    /// Why the state is what it is, in one sentence; `None` when there is nothing to explain.
    pub fn reason(&self) -> Option<String> {
        state::reason(self)
    }

    pub fn node(&self, name: NodeName) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    pub fn node_by_id(&self, id: NodeId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// Takes a worker's report about one node in.
    pub fn observe(&mut self, node: NodeId, observation: &Observation, now: DateTime<Utc>) -> Change {
        let Some(index) = self.nodes.iter().position(|n| n.id == node) else { return Change::None };
        let generation = self.nodes[index].generation;
        let leaves = self.nodes[index].intent == NodeIntent::Absent
            && observation.phase == Phase::Absent
            && observation.generation == generation;
        if leaves {
            self.nodes.remove(index);
            if self.nodes.is_empty() {
                return Change::Gone;
            }
        } else if !self.nodes[index].observe(observation, now) {
            return Change::None;
        }
        let orders = !leaves && self.nodes[index].generation != generation;
        self.settle(now);
        Change::Changed { orders }
    }

    /// The host is gone for good, and its nodes with it.
    pub fn forget_host(&mut self, host: &WorkerName, now: DateTime<Utc>) -> Change {
        let before = self.nodes.len();
        self.nodes.retain(|node| node.worker != *host);
        if self.nodes.len() == before {
            return Change::None;
        }
        if self.nodes.is_empty() {
            return Change::Gone;
        }
        self.settle(now);
        Change::Changed { orders: false }
    }

    /// The node's worker, or what is published, knows a later order than the record, which must then be an older copy of itself:
    /// the node's order gets a number above that one, and stays what it is. Says whether anything changed.
    pub fn catch_up(&mut self, node: NodeId, known: Generation) -> bool {
        let behind = self.nodes.iter_mut().find(|n| n.id == node && n.generation <= known);
        behind.map(|node| node.generation = known.next()).is_some()
    }

    /// Ends the running operation once none of its nodes is busy any more.
    fn settle(&mut self, now: DateTime<Utc>) {
        if !self.operation.is_running() || self.operation.kind == OperationKind::Delete {
            return;
        }
        let id = self.operation.id;
        let mut mine = self.nodes.iter().filter(|node| node.operation == id).peekable();
        if mine.peek().is_none() {
            // Only a removed node leaves no trace of its operation.
            self.operation.finish(OperationState::Succeeded, None, now);
            return;
        }
        if mine.clone().any(|node| node.state.is_busy() || node.intent == NodeIntent::Absent) {
            return;
        }
        let faults: Vec<&Node> =
            mine.filter(|node| node.intent == NodeIntent::Running && node.state != NodeState::Running).collect();
        if faults.is_empty() {
            self.operation.finish(OperationState::Succeeded, None, now);
        } else {
            let reason = state::reason_of(&faults);
            self.operation.finish(OperationState::Failed, reason, now);
        }
    }
}

#[cfg(test)]
mod tests;
