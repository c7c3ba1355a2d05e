//! What containers, networks and volumes are called on the engine: readable for whoever lists them, unique by the end of
//! their id.

use control::ports::coordination::Assignment;
use domain::{UserId, VclusterId, name::VclusterName};

/// A node's container. Two nodes never share a name, not even one and its successor of the same place in the vcluster.
pub fn container_name(assignment: &Assignment) -> String {
    let Assignment { vcluster_name, name, node, .. } = assignment;
    format!("docklet-{vcluster_name}-{name}-{}", tail(&node.to_string()))
}

/// A vcluster's network.
pub fn network_name(name: &VclusterName, vcluster: VclusterId) -> String {
    format!("docklet-{name}-{}", tail(&vcluster.to_string()))
}

/// A user's home volume.
pub fn home_name(owner: UserId) -> String {
    format!("docklet-home-{owner}")
}

/// The random part of an id: its beginning is the time it was made.
fn tail(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}
