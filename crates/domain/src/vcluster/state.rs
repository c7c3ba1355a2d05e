//! The state and reason of a whole vcluster, derived from its intent, its nodes and its latest operation.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::{Intent, Vcluster};
use crate::{
    node::{Node, NodeState},
    operation::OperationKind,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumString, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum VclusterState {
    Creating,
    Running,
    /// Some nodes run, others should and do not.
    Degraded,
    Stopping,
    Stopped,
    Starting,
    Deleting,
    /// Nodes should run and none does.
    Failed,
}

impl VclusterState {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// Something is still happening.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Creating | Self::Starting | Self::Stopping | Self::Deleting)
    }
}

pub(super) fn derive(vcluster: &Vcluster) -> VclusterState {
    match vcluster.intent {
        Intent::Deleted => VclusterState::Deleting,
        Intent::Stopped if vcluster.nodes.iter().any(|node| node.state.is_busy()) => VclusterState::Stopping,
        Intent::Stopped => VclusterState::Stopped,
        Intent::Running => of_running(vcluster),
    }
}

fn of_running(vcluster: &Vcluster) -> VclusterState {
    let operation = &vcluster.operation;
    if operation.is_running() {
        match operation.kind {
            OperationKind::Create => return VclusterState::Creating,
            OperationKind::Start | OperationKind::Restart | OperationKind::Recover => return VclusterState::Starting,
            OperationKind::Stop
            | OperationKind::Delete
            | OperationKind::AddNodes
            | OperationKind::RemoveNode
            | OperationKind::OutOfMemory
            | OperationKind::MadeBefore
            | OperationKind::Opened => {}
        }
    }
    // Nodes on their way in or out do not make a cluster that works look broken.
    let settled = || vcluster.nodes.iter().filter(|node| !node.state.is_busy());
    let running = settled().filter(|node| node.state == NodeState::Running).count();
    match (running, settled().count()) {
        (0, 0) => VclusterState::Starting,
        (0, _) => VclusterState::Failed,
        (running, all) if running == all => VclusterState::Running,
        _ => VclusterState::Degraded,
    }
}

pub(super) fn reason(vcluster: &Vcluster) -> Option<String> {
    let explained = match derive(vcluster) {
        VclusterState::Running => Vec::new(),
        VclusterState::Degraded | VclusterState::Failed => {
            vcluster.nodes.iter().filter(|node| matches!(node.state, NodeState::Failed | NodeState::Lost)).collect()
        }
        VclusterState::Creating
        | VclusterState::Starting
        | VclusterState::Stopping
        | VclusterState::Stopped
        | VclusterState::Deleting => vcluster.nodes.iter().collect(),
    };
    reason_of(&explained)
}

/// One sentence for several nodes: the first reason, with the names of all nodes that share it.
pub(super) fn reason_of(nodes: &[&Node]) -> Option<String> {
    let (first, reason) = nodes.iter().find_map(|node| node.reason.as_deref().map(|reason| (node, reason)))?;
    let sharing: Vec<String> =
        nodes.iter().filter(|node| node.reason == first.reason).map(|node| node.name.to_string()).collect();
    Some(format!("{}: {reason}", sharing.join(", ")))
}
