//! What containers, networks and volumes are called on the engine: readable for an administrator who lists them, unique
//! by the end of their id.

use control::ports::coordination::{Assignment, Member, Workload};
use domain::{InstallationId, UserId, VclusterId, name::VclusterName};
use uuid::Uuid;

/// An instance's container. Two never share a name, not even a node and its successor of the same place in the vcluster.
pub fn container_name(assignment: &Assignment) -> String {
    let id = assignment.instance.to_string();
    match &assignment.workload {
        Workload::Node(Member { vcluster_name, name, .. }) => format!("docklet-{vcluster_name}-{name}-{}", tail(&id)),
        Workload::Task { .. } => format!("docklet-task-{}", tail(&id)),
    }
}

/// A vcluster's network.
pub fn network_name(name: &VclusterName, vcluster: VclusterId) -> String {
    format!("docklet-{name}-{}", tail(&vcluster.to_string()))
}

/// What the names of the bridges of all of an installation's networks begin with: by it the firewall knows them. Few enough
/// digits that those of the vcluster have room beside them, see [`bridge_name`].
pub fn bridge_prefix(installation: InstallationId) -> String {
    format!("dk{}", last_digits(installation.as_uuid(), 5))
}

/// A network's interface on the host, 15 characters, which is what an interface's name may have.
pub fn bridge_name(installation: InstallationId, vcluster: VclusterId) -> String {
    format!("{}{}", bridge_prefix(installation), last_digits(vcluster.as_uuid(), 8))
}

/// The last digits of an id are random; the first ones are the time, the same for vclusters that are created together.
fn last_digits(id: Uuid, how_many: usize) -> String {
    let digits = id.simple().to_string();
    digits[digits.len() - how_many..].to_owned()
}

/// A user's home volume.
pub fn home_name(owner: UserId) -> String {
    format!("docklet-home-{owner}")
}

/// The random part of an id: its beginning is the time it was made.
fn tail(id: &str) -> &str {
    id.rsplit('-').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vclusters_of_the_same_moment_have_different_bridges() {
        let installation: InstallationId = "0198c0de-0000-4000-8000-00000012cdef".parse().expect("an id");
        let name = |text: &str| bridge_name(installation, text.parse().expect("an id"));
        let one = name("0198c0de-0000-7000-8000-0000000000aa");
        assert_eq!(one, "dk2cdef000000aa");
        assert_ne!(one, name("0198c0de-0000-7000-8000-0000000000ab"));
        assert!(one.len() <= 15, "{one} is too long for an interface");
    }
}
