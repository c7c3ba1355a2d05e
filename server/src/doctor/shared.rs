//! What all nodes of a host share of its kernel, and how much of it one user could take: file watches, processes, connections.

use std::fs;

use super::finding::Finding;
use crate::config::Config;

/// All nodes of a host share these, because root of a node is the host's root to the kernel. One node with a few editors and
/// file watchers takes a hundred instances, which is all that Debian sets.
const LEAST_WATCHES: u64 = 262_144;
const LEAST_INSTANCES: u64 = 8192;

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
        // The lower of the two holds.
        pids: ["pid_max", "threads-max"].iter().filter_map(|name| number(&format!("kernel/{name}"))).min(),
        tracked: number("net/netfilter/nf_conntrack_max"),
    }
}

/// What the configuration lets one user have on one host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Of one node.
    pids: u32,
    nodes: u32,
    /// That run: each has a node at least.
    vclusters: u32,
    /// Of one vcluster; 0 is without a limit.
    connections: u32,
}

impl Wanted {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            pids: config.worker.pids,
            nodes: config.limits.nodes,
            vclusters: config.limits.vclusters.min(config.limits.nodes),
            connections: config.firewall.connections,
        }
    }
}

pub(super) fn judge(facts: &Facts, wanted: Wanted) -> Vec<Finding> {
    vec![inotify(facts), processes(facts, wanted), connections(facts, wanted)]
}

fn inotify(facts: &Facts) -> Finding {
    const CHECK: &str = "file watches";
    let (watches, instances) = (facts.watches.unwrap_or(u64::MAX), facts.instances.unwrap_or(u64::MAX));
    if watches < LEAST_WATCHES || instances < LEAST_INSTANCES {
        return Finding::warning(
            CHECK,
            format!(
                "all nodes of this host share {instances} inotify instances and {watches} watches; one node can take all of them, and others' editors and notebooks then fail"
            ),
            format!(
                "As root: sysctl fs.inotify.max_user_instances={LEAST_INSTANCES} fs.inotify.max_user_watches={LEAST_WATCHES}, and the same in /etc/sysctl.d."
            ),
        );
    }
    Finding::ok(CHECK, format!("{instances} inotify instances, {watches} watches"))
}

/// One owner alone must leave at least half of them to others and to the host.
fn processes(facts: &Facts, wanted: Wanted) -> Finding {
    const CHECK: &str = "processes";
    let Wanted { pids, nodes, .. } = wanted;
    let (most, one) = (facts.pids.unwrap_or(u64::MAX), u64::from(pids) * u64::from(nodes));
    if one <= most / 2 {
        return Finding::ok(CHECK, format!("one user's {nodes} nodes of {pids} leave more than half of the host's"));
    }
    Finding::warning(
        CHECK,
        format!(
            "one user's {nodes} nodes of {pids} processes can have {one} together, and this host has room for {most}; without room nobody can start anything"
        ),
        format!(
            "As root: sysctl kernel.pid_max=4194304 (and kernel.threads-max, which depends on memory), and the same in /etc/sysctl.d; or lower worker.pids or limits.nodes below {} together.",
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

    const WANTED: Wanted = Wanted { pids: 1024, nodes: 32, vclusters: 20, connections: 4096 };

    fn good() -> Facts {
        Facts { watches: Some(262_144), instances: Some(8192), pids: Some(4_194_304), tracked: Some(262_144) }
    }

    fn levels(facts: &Facts) -> Vec<Level> {
        judge(facts, WANTED).iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_host_with_room_for_all_is_fine() {
        assert_eq!(levels(&good()), [Ok; 3]);
        assert_eq!(levels(&Facts::default()), [Ok; 3]);
    }

    #[test]
    fn what_one_user_could_take_all_of_is_named() {
        assert_eq!(levels(&Facts { instances: Some(128), ..good() }), [Warning, Ok, Ok]);
        assert_eq!(levels(&Facts { pids: Some(32_768), ..good() }), [Ok, Warning, Ok]);
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
