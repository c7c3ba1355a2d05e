//! Nodes that run again by themselves: what went down with its host, or with the host's engine. What ends by itself stays
//! down (ADR 3), and so does what does not stay up.

use chrono::{DateTime, Utc};

use super::Vcluster;
use crate::{
    NodeId,
    node::{MOST_TRIES, NodeIntent, Observation, Phase},
    operation::{Operation, OperationKind},
};

impl Vcluster {
    /// Whether this report is a reason to start the node again without being asked: it went down with its host, or it was
    /// started again and has fallen at once.
    pub fn comes_back(&self, node: NodeId, observation: &Observation, now: DateTime<Utc>) -> bool {
        let is_meant = |generation, intent| generation == observation.generation && intent == NodeIntent::Running;
        let Some(node) = self.node_by_id(node).filter(|node| is_meant(node.generation, node.intent)) else {
            return false;
        };
        let tries = node.tries_after(&observation.phase, now);
        match observation.phase {
            Phase::Interrupted { .. } => self.autostart && tries < MOST_TRIES,
            Phase::Failed { .. } => (1..MOST_TRIES).contains(&tries),
            _ => false,
        }
    }

    /// Gives the node a new order to run. An operation that is bringing nodes up takes it along, so that one restart of a host
    /// is one line in the history.
    pub fn bring_back(&mut self, node: NodeId, phase: &Phase, operation: Operation, now: DateTime<Utc>) {
        if !(self.operation.is_running() && brings_up(self.operation.kind)) {
            self.operation = operation;
        }
        let id = self.operation.id;
        if let Some(node) = self.nodes.iter_mut().find(|other| other.id == node) {
            let tries = node.tries_after(phase, now);
            node.order(NodeIntent::Running, id);
            node.tries = tries + 1;
        }
    }
}

const fn brings_up(kind: OperationKind) -> bool {
    match kind {
        OperationKind::Create
        | OperationKind::Start
        | OperationKind::Restart
        | OperationKind::AddNodes
        | OperationKind::Recover => true,
        OperationKind::Stop
        | OperationKind::Delete
        | OperationKind::RemoveNode
        | OperationKind::OutOfMemory
        | OperationKind::MadeBefore
        | OperationKind::Opened => false,
    }
}
