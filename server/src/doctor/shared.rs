//! What all nodes of a host share of its kernel, and how much of it one user could take: file watches, processes, connections.

use std::fs;

use super::finding::Finding;
use crate::config::Config;

/// What a node with a few editors and file watchers takes: a hundred inotify instances, which is all that Debian sets, and as
/// many watches as a source tree has directories. All nodes of a host share what the kernel has, because root of a node is
/// the host's root to it.
const INSTANCES_OF_NODE: u64 = 128;
const WATCHES_OF_NODE: u64 = 4096;

/// `None` when this host does not say.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    watches: Option<u64>,
    instances: Option<u64>,
    /// How many processes and threads there may be.
    pids: Option<u64>,
    /// How many connections the kernel keeps track of.
    tracked: Option<u64>,
}

pub(super) fn look() -> Facts {
    let number = |path: &str| fs::read_to_string(format!("/proc/sys/{path}")).ok()?.trim().parse().ok();
    Facts {
        watches: number("fs/inotify/max_user_watches"),
        instances: number("fs/inotify/max_user_instances"),
        pids: worker::most_pids(),
        tracked: number("net/netfilter/nf_conntrack_max"),
    }
}

/// What the configuration lets one user have on one host: of groups, that with the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Of one node.
    pids: u32,
    /// Of all nodes.
    pids_of_one: u64,
    nodes: u32,
    /// That run: each has a node at least.
    vclusters: u32,
    /// Of one vcluster; 0 is without a limit.
    connections: u32,
}

impl Wanted {
    pub(super) fn of(config: &Config) -> Self {
        let pids = config.worker.pids.0;
        let quota_policy = config.limits.quota_policy(pids);
        let limits = || quota_policy.groups().map(Some).chain([None]).map(|group| quota_policy.usual(group));
        let nodes = limits().map(|limits| limits.nodes).max().unwrap_or_default();
        Self {
            pids,
            pids_of_one: limits().map(|limits| limits.pids).max().unwrap_or_default(),
            nodes,
            vclusters: limits().map(|limits| limits.vclusters).max().unwrap_or_default().min(nodes),
            connections: config.firewall.connections,
        }
    }
}

pub(super) fn judge(facts: &Facts, wanted: Wanted) -> Vec<Finding> {
    vec![inotify(facts, wanted.nodes), processes(facts, wanted), connections(facts, wanted)]
}

/// One owner's nodes at work must leave half of them to others.
fn inotify(facts: &Facts, nodes: u32) -> Finding {
    const CHECK: &str = "file watches";
    let (watches, instances) = (facts.watches.unwrap_or(u64::MAX), facts.instances.unwrap_or(u64::MAX));
    let of_nodes = 2 * u64::from(nodes);
    let (least_watches, least_instances) = (of_nodes * WATCHES_OF_NODE, of_nodes * INSTANCES_OF_NODE);
    if watches < least_watches || instances < least_instances {
        return Finding::warning(
            CHECK,
            format!(
                "all nodes of this host share {instances} inotify instances and {watches} watches; one node can take all of them, and others' editors and notebooks then fail"
            ),
            format!(
                "As root: sysctl fs.inotify.max_user_instances={least_instances} fs.inotify.max_user_watches={least_watches}, and the same in /etc/sysctl.d: {INSTANCES_OF_NODE} and {WATCHES_OF_NODE} for each of the {nodes} nodes that one user may have, twice."
            ),
        );
    }
    Finding::ok(CHECK, format!("{instances} inotify instances, {watches} watches"))
}

/// Nodes are given three quarters of them, so a host is never without. One owner must leave at least half to others and to the
/// host, and there must be enough for one owner's nodes.
fn processes(facts: &Facts, wanted: Wanted) -> Finding {
    const CHECK: &str = "processes";
    let Wanted { pids, pids_of_one: one, .. } = wanted;
    let Some(most) = facts.pids else {
        return Finding::warning(
            CHECK,
            "this kernel does not say how many processes it can have, so what nodes may have of them is not counted",
            "Let dockletd read /proc/sys/kernel/pid_max and threads-max.",
        );
    };
    let offered = scheduler::offered_pids(most);
    let room =
        format!("of the kernel's {most} nodes are given {offered}: {} nodes of {pids}", offered / u64::from(pids));
    if one <= most / 2 {
        return Finding::ok(CHECK, room);
    }
    Finding::warning(
        CHECK,
        format!("{room}; one user may have {one}, which leaves others without room for nodes"),
        format!(
            "As root: sysctl kernel.pid_max=4194304 (and kernel.threads-max, which depends on memory), and the same in /etc/sysctl.d; or lower limits.nodes or worker.pids, or set limits.pids to {} or less.",
            most / 2
        ),
    )
}

/// As with processes. When the kernel has no room, new connections fail for everything on the host.
fn connections(facts: &Facts, wanted: Wanted) -> Finding {
    const CHECK: &str = "connections";
    let Wanted { vclusters, connections, .. } = wanted;
    let Some(most) = facts.tracked else {
        return Finding::ok(CHECK, "the kernel does not keep track of any yet");
    };
    let one = u64::from(vclusters) * u64::from(connections);
    if connections > 0 && one <= most / 2 {
        return Finding::ok(
            CHECK,
            format!("one user's {vclusters} vclusters of {connections} leave more than half of the host's {most}"),
        );
    }
    let at_most = most / 2 / u64::from(vclusters.max(1));
    let (what, mend) = match connections {
        0 => (
            format!("one vcluster can take all {most} connections that the kernel keeps track of"),
            format!("Set firewall.connections to at most {at_most}."),
        ),
        _ => (
            format!(
                "one user's {vclusters} vclusters of {connections} connections can have {one} together, and the kernel keeps track of {most}"
            ),
            format!(
                "As root: sysctl net.netfilter.nf_conntrack_max={} (each takes 0.3 KiB of memory), and the same in /etc/sysctl.d; or set firewall.connections to at most {at_most}.",
                2 * one
            ),
        ),
    };
    Finding::warning(CHECK, format!("{what}; without room, new connections fail for the whole host"), mend)
}

#[cfg(test)]
mod tests {
    use super::{
        super::finding::Level::{self, Ok, Warning},
        *,
    };

    const WANTED: Wanted = Wanted { pids: 512, pids_of_one: 16_384, nodes: 32, vclusters: 20, connections: 4096 };

    fn good() -> Facts {
        Facts { watches: Some(262_144), instances: Some(8192), pids: Some(4_194_304), tracked: Some(262_144) }
    }

    fn levels(facts: &Facts) -> Vec<Level> {
        judge(facts, WANTED).iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_host_with_room_for_all_is_fine() {
        assert_eq!(levels(&good()), [Ok; 3]);
    }

    #[test]
    fn the_defaults_fit_the_smallest_usual_kernel() {
        let finding = processes(&Facts { pids: Some(32_768), ..good() }, WANTED);
        let said = "of the kernel's 32768 nodes are given 24576: 48 nodes of 512";
        assert_eq!((finding.level, &*finding.what), (Level::Ok, said));
    }

    #[test]
    fn what_is_asked_of_inotify_follows_from_how_many_nodes_one_user_may_have() {
        let finding = inotify(&good(), 64);
        assert_eq!(finding.level, Level::Warning, "enough for 32 nodes only");
        let wanted = "fs.inotify.max_user_instances=16384 fs.inotify.max_user_watches=524288";
        assert!(finding.mend.contains(wanted), "{}", finding.mend);
    }

    #[test]
    fn what_one_user_could_take_all_of_is_named() {
        assert_eq!(levels(&Facts { instances: Some(128), ..good() }), [Warning, Ok, Ok]);
        assert_eq!(levels(&Facts { pids: Some(32_767), ..good() }), [Ok, Warning, Ok]);
        assert_eq!(levels(&Facts { pids: None, ..good() }), [Ok, Warning, Ok]);
        let small = Facts { tracked: Some(65_536), ..good() };
        assert_eq!(levels(&small), [Ok, Ok, Warning]);
        let Finding { what, mend, .. } = connections(&small, WANTED);
        assert!(what.contains("can have 81920 together, and the kernel keeps track of 65536"), "{what}");
        assert!(mend.contains("nf_conntrack_max=163840") && mend.ends_with("to at most 1638."), "{mend}");
    }

    #[test]
    fn a_limit_that_was_switched_off_is_named() {
        let finding = connections(&good(), Wanted { connections: 0, ..WANTED });
        assert_eq!(finding.level, Warning);
        assert!(finding.what.starts_with("one vcluster can take all 262144 connections"), "{}", finding.what);
        assert!(finding.mend.ends_with("to at most 6553."), "{}", finding.mend);
    }
}
