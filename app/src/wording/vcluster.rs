//! What a vcluster and its nodes are doing, in words, and the tone each state is shown in.

use catalogue::t;
use chrono::{DateTime, Utc};
use domain::{
    node::{NodeState, OutOfMemory},
    operation::{OperationKind, OperationState},
    vcluster::VclusterState,
};
use wire::vcluster::{Node, NodeResources, Vcluster};

use super::{
    amount::{count_nodes, cpus, memory, nodes_running},
    capital,
    time::{since, took},
};

/// How a state is coloured. Every colour stands beside a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Busy,
    Warning,
    Bad,
    Quiet,
}

impl Tone {
    /// The CSS class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Good => "tone-good",
            Self::Busy => "tone-busy",
            Self::Warning => "tone-warning",
            Self::Bad => "tone-bad",
            Self::Quiet => "tone-quiet",
        }
    }
}

pub(crate) const fn tone(state: VclusterState) -> Tone {
    match state {
        VclusterState::Running => Tone::Good,
        VclusterState::Creating | VclusterState::Starting | VclusterState::Stopping | VclusterState::Deleting => {
            Tone::Busy
        }
        VclusterState::Degraded => Tone::Warning,
        VclusterState::Failed => Tone::Bad,
        VclusterState::Stopped => Tone::Quiet,
    }
}

pub(crate) const fn node_tone(state: NodeState) -> Tone {
    match state {
        NodeState::Running => Tone::Good,
        NodeState::Pending | NodeState::Starting | NodeState::Stopping => Tone::Busy,
        NodeState::Lost => Tone::Warning,
        NodeState::Failed => Tone::Bad,
        NodeState::Stopped => Tone::Quiet,
    }
}

/// A vcluster's state as people say it.
pub(crate) fn state_word(state: VclusterState) -> String {
    match state {
        VclusterState::Creating => t!("state-creating"),
        VclusterState::Running => t!("state-running"),
        VclusterState::Degraded => t!("state-degraded"),
        VclusterState::Stopping => t!("state-stopping"),
        VclusterState::Stopped => t!("state-stopped"),
        VclusterState::Starting => t!("state-starting"),
        VclusterState::Deleting => t!("state-deleting"),
        VclusterState::Failed => t!("state-failed"),
    }
}

/// A node's state as people say it.
pub(crate) fn node_state_word(state: NodeState) -> String {
    match state {
        NodeState::Pending => t!("state-pending"),
        NodeState::Starting => t!("state-starting"),
        NodeState::Running => t!("state-running"),
        NodeState::Stopping => t!("state-stopping"),
        NodeState::Stopped => t!("state-stopped"),
        NodeState::Failed => t!("state-failed"),
        NodeState::Lost => t!("state-lost"),
    }
}

/// Nodes that run, and all.
pub(crate) fn ready(vcluster: &Vcluster) -> (usize, usize) {
    let running = vcluster.nodes.iter().filter(|node| node.state == NodeState::Running).count();
    (running, vcluster.nodes.len())
}

/// The state, with how many nodes run where that is not all or nothing: `degraded · 1 of 2`.
pub(crate) fn state(vcluster: &Vcluster) -> String {
    let word = state_word(vcluster.state);
    let (running, all) = ready(vcluster);
    let counted = match vcluster.state {
        VclusterState::Creating | VclusterState::Starting | VclusterState::Degraded | VclusterState::Failed => true,
        VclusterState::Running => running < all,
        VclusterState::Stopping | VclusterState::Stopped | VclusterState::Deleting => false,
    };
    if counted { t!("state-with-count", state = word, running = running, all = all) } else { word }
}

/// Something is going on: its own operation, or a node on its way.
pub(crate) fn is_busy(vcluster: &Vcluster) -> bool {
    vcluster.state.is_busy() || vcluster.operation.state == OperationState::Running
}

/// What it is doing, as a phrase: `up 3 h 12 min`, `starting, node-1: pulling the image, 62 %`.
pub(crate) fn doing(vcluster: &Vcluster, now: DateTime<Utc>) -> String {
    match (vcluster.state, vcluster.reason.as_deref()) {
        (VclusterState::Running, _) => running(vcluster, now),
        (state, Some(reason)) if state.is_busy() => {
            t!("state-with-reason", state = state_word(state), reason = reason)
        }
        (_, Some(reason)) => reason.to_owned(),
        (VclusterState::Stopped, None) => t!("state-files-kept"),
        (state, None) => state_word(state),
    }
}

fn running(vcluster: &Vcluster, now: DateTime<Utc>) -> String {
    if let Some(node) = vcluster.nodes.iter().find(|node| node.state.is_busy()) {
        let step = node.reason.clone().unwrap_or_else(|| node_state_word(node.state));
        return t!("state-node-step", node = node.name.as_str(), step = step);
    }
    let first = vcluster.nodes.iter().filter_map(|node| node.running_since).min();
    first.map_or_else(|| state_word(vcluster.state), |first| t!("state-up", length = since(first, now)))
}

/// What it is doing, for its own page: the running operation with its time, else the phrase above.
pub(crate) fn headline(vcluster: &Vcluster, now: DateTime<Utc>) -> String {
    if vcluster.operation.state == OperationState::Running {
        let length = since(vcluster.operation.started_at, now);
        return t!("state-doing-for", doing = operating(vcluster), length = length);
    }
    match vcluster.state {
        VclusterState::Degraded | VclusterState::Failed => nodes_running(ready(vcluster)),
        _ => capital(&doing(vcluster, now)),
    }
}

/// `2 nodes, each 1 CPU and 1 GiB`.
pub(crate) fn size(vcluster: &Vcluster) -> String {
    nodes_each(vcluster.nodes.len(), vcluster.resources)
}

/// So many nodes, each with these resources: `2 nodes, each 1 CPU and 1 GiB`.
pub(crate) fn nodes_each(nodes: usize, resources: NodeResources) -> String {
    let NodeResources { cpus: each, memory_mib } = resources;
    let mib = u64::try_from(memory_mib).unwrap_or(0);
    t!("amount-each", nodes = count_nodes(nodes), cpus = cpus(each), memory = memory(mib))
}

/// What one node gets: `1 CPU · 1 GiB each`.
pub(crate) fn each(vcluster: &Vcluster) -> String {
    let mib = u64::try_from(vcluster.resources.memory_mib).unwrap_or(0);
    t!("amount-each-short", cpus = cpus(vcluster.resources.cpus), memory = memory(mib))
}

/// What one node is doing, on the vcluster's page: the state with its reason, and within a running operation the times.
pub(crate) fn node_doing(node: &Node, vcluster: &Vcluster, now: DateTime<Utc>) -> String {
    if vcluster.operation.state == OperationState::Running {
        return node_progress(node, vcluster.operation.started_at, now);
    }
    match node.reason.as_deref() {
        Some(reason) if reason != node.state.as_str() => {
            t!("state-node-with-reason", state = node_state_word(node.state), reason = reason)
        }
        _ => node_state_word(node.state),
    }
}

/// What one node is doing within the running operation, with times: `ready after 0.8 s`, `pulling the image, 62 % · 3 s`.
pub(crate) fn node_progress(node: &Node, began: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let reason = node.reason.as_deref();
    match (node.state, node.running_since) {
        (NodeState::Running, Some(at)) if at >= began => t!("state-ready-after", length = took(at - began)),
        (state @ NodeState::Running, _) => node_state_word(state),
        (state, _) if state.is_busy() => {
            let step = reason.map_or_else(|| step_word(state), str::to_owned);
            t!("state-step-for", step = step, length = since(began, now))
        }
        (state, _) => reason.map_or_else(|| node_state_word(state), str::to_owned),
    }
}

/// What a node does that has not said so itself.
fn step_word(state: NodeState) -> String {
    if state == NodeState::Pending { t!("state-waiting") } else { node_state_word(state) }
}

/// What the operation does, for headings: `Creating lab`.
pub(crate) fn operating(vcluster: &Vcluster) -> String {
    let name = vcluster.name.as_str();
    match vcluster.operation.kind {
        OperationKind::Create => t!("state-doing-create", name = name),
        OperationKind::Start => t!("state-doing-start", name = name),
        OperationKind::Stop => t!("state-doing-stop", name = name),
        OperationKind::Restart => t!("state-doing-restart", name = name),
        OperationKind::Delete => t!("state-doing-delete", name = name),
        OperationKind::AddNodes => t!("state-doing-add-nodes", name = name),
        OperationKind::RemoveNode => t!("state-doing-remove-node", name = name),
        OperationKind::Recover => t!("state-doing-recover", name = name),
        OperationKind::OutOfMemory => t!("activity-out-of-memory"),
        OperationKind::MadeBefore => t!("activity-made-before"),
        OperationKind::Opened => t!("activity-opened"),
    }
}

/// What ran out of memory, and whose limit it was.
pub(crate) fn out_of_memory(told: &OutOfMemory) -> String {
    let memory = told.memory_mib.to_string();
    match &told.process {
        Some(process) => t!("vcluster-out-of-memory", process = process.as_str(), memory = memory),
        None => t!("vcluster-out-of-memory-unnamed", memory = memory),
    }
}

/// The host that was restarted, by its name where it is known.
pub(crate) fn host_of(host: Option<&str>) -> String {
    host.map_or_else(|| t!("state-its-host"), str::to_owned)
}

/// The latest action as a sentence's beginning: `created`, `started`; what it was when it failed: `start failed`.
pub(crate) fn last_action(vcluster: &Vcluster) -> String {
    let failed = vcluster.operation.state == OperationState::Failed;
    match (vcluster.operation.kind, failed) {
        (OperationKind::Create, false) => t!("state-done-create"),
        (OperationKind::Create, true) => t!("state-failed-create"),
        (OperationKind::Start, false) => t!("state-done-start"),
        (OperationKind::Start, true) => t!("state-failed-start"),
        (OperationKind::Stop, false) => t!("state-done-stop"),
        (OperationKind::Stop, true) => t!("state-failed-stop"),
        (OperationKind::Restart, false) => t!("state-done-restart"),
        (OperationKind::Restart, true) => t!("state-failed-restart"),
        (OperationKind::Delete, _) => t!("state-done-delete"),
        (OperationKind::AddNodes, false) => t!("state-done-add-nodes"),
        (OperationKind::AddNodes, true) => t!("state-failed-add-nodes"),
        (OperationKind::RemoveNode, false) => t!("state-done-remove-node"),
        (OperationKind::RemoveNode, true) => t!("state-failed-remove-node"),
        (OperationKind::OutOfMemory, _) => t!("activity-out-of-memory"),
        (OperationKind::MadeBefore, _) => t!("activity-made-before"),
        (OperationKind::Opened, _) => t!("activity-opened"),
        (OperationKind::Recover, false) => t!("state-done-recover", host = host_of(vcluster.operation.host.as_deref())),
        (OperationKind::Recover, true) => {
            t!("state-failed-recover", host = host_of(vcluster.operation.host.as_deref()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::{at, node, vcluster};

    #[test]
    fn a_running_one_says_how_long() {
        assert_eq!(doing(&vcluster("1", VclusterState::Running), at(11_522)), "up 3 h 12 min");
        assert_eq!(state(&vcluster("1", VclusterState::Running)), "running");
    }

    #[test]
    fn a_running_one_with_a_node_on_its_way_says_what_that_node_does() {
        let mut growing = vcluster("1", VclusterState::Running);
        growing.nodes.push(node(2, NodeState::Starting));
        growing.nodes[2].reason = Some("pulling the image, 62 %".into());
        assert_eq!(doing(&growing, at(9)), "node-2: pulling the image, 62 %");
        assert_eq!(state(&growing), "running · 2 of 3");
    }

    #[test]
    fn a_busy_one_says_the_step_and_a_broken_one_the_reason() {
        let mut one = vcluster("1", VclusterState::Starting);
        one.reason = Some("node-0, node-1: creating the container".into());
        assert_eq!(doing(&one, at(1)), "starting, node-0, node-1: creating the container");
        one.state = VclusterState::Failed;
        assert_eq!(doing(&one, at(1)), "node-0, node-1: creating the container");
        assert_eq!(state(&one), "failed · 0 of 2");
    }

    #[test]
    fn nodes_tell_their_times() {
        let mut one = node(0, NodeState::Running);
        assert_eq!(node_progress(&one, at(0), at(9)), "ready after 2.0 s");
        assert_eq!(node_progress(&one, at(5), at(9)), "running", "it ran before this operation began");
        one = node(1, NodeState::Pending);
        assert_eq!(node_progress(&one, at(0), at(3)), "waiting for its host · 3 s");
        one = node(1, NodeState::Failed);
        one.reason = Some("the image is missing".into());
        assert_eq!(node_progress(&one, at(0), at(3)), "the image is missing");
    }

    #[test]
    fn a_page_is_headed_by_what_goes_on() {
        assert_eq!(headline(&vcluster("1", VclusterState::Creating), at(3)), "Creating lab-1 · 3 s");
        assert_eq!(headline(&vcluster("1", VclusterState::Degraded), at(3)), "0 of 2 nodes running");
        assert_eq!(headline(&vcluster("1", VclusterState::Running), at(8)), "Up 6 s");
    }

    #[test]
    fn outside_of_operations_a_node_says_state_and_reason() {
        let running = vcluster("1", VclusterState::Running);
        let mut one = node(0, NodeState::Failed);
        one.reason = Some("it ended by itself".into());
        assert_eq!(node_doing(&one, &running, at(9)), "failed: it ended by itself");
        assert_eq!(node_doing(&running.nodes[0], &running, at(9)), "running");
    }

    #[test]
    fn sizes_are_said_with_units() {
        assert_eq!(size(&vcluster("1", VclusterState::Running)), "2 nodes, each 1 CPU and 1 GiB");
    }
}
