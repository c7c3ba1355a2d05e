//! A vcluster that gets another subnet, because a foreign network that was made on the host before ours has taken its
//! own. Which subnet is free is not known here.

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::Ipv4Net;

use super::Vcluster;
use crate::{
    NodeId,
    node::{NodeIntent, NodeState, Observation, Phase},
    subnet,
};

/// How long after its begin an operation may try other subnets. By then control knows what else the host has, so a host on
/// which nothing fits ends in a failure that says so.
const MOVES_WITHIN: TimeDelta = TimeDelta::seconds(10);

impl Vcluster {
    /// Whether this report is a reason to give the vcluster another subnet: an operation that has just begun cannot bring a
    /// node up on the present one, and no node stands there.
    pub fn is_displaced(&self, node: NodeId, observation: &Observation, now: DateTime<Utc>) -> bool {
        let stands = |state| matches!(state, NodeState::Running | NodeState::Stopping | NodeState::Lost);
        matches!(observation.phase, Phase::SubnetTaken { .. })
            && self.node_by_id(node).is_some_and(|node| node.generation == observation.generation)
            && self.operation.is_running()
            // An operation from the future began before the clock was set back: how long ago is unknown.
            && (now - self.operation.started_at).abs() < MOVES_WITHIN
            && !self.nodes.iter().any(|node| stands(node.state))
    }

    /// Gives every node its address in another subnet, and a new order to those that are to run.
    pub fn move_to(&mut self, subnet: Ipv4Net) {
        self.subnet = subnet;
        for node in &mut self.nodes {
            node.ip = subnet::address(subnet, node.name);
            if node.intent == NodeIntent::Running {
                let operation = node.operation;
                node.order(NodeIntent::Running, operation);
            }
        }
    }
}
