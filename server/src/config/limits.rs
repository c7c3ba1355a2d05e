//! What one user may hold at a time: everybody, and the groups for which something else is set.

use std::collections::BTreeMap;

use domain::{
    name::{GroupName, RuntimeName},
    quota::{Limits, OwnLimits},
    quota_policy::{OwnShares, QuotaPolicy, Shares},
};

use super::setting::{Fault, section};

section! {
    pub struct LimitsConfig in "limits" {
        /// vclusters, running or stopped.
        pub vclusters: u32 = "20",
        /// Nodes that run.
        pub nodes: u32 = "32",
        /// CPUs of nodes that run.
        pub cpus: f64 = "32",
        /// MiB of memory of nodes that run.
        pub memory_mib: u64 = "65536",
        /// Processes and threads of nodes that run: each takes what it may have (`worker.pids`), whether it uses it or not. By
        /// default enough for `nodes`; a group's, or a person's own, number of nodes raises or lowers it as well.
        pub pids: Option<u64> = "",
        /// Connections of one user that last: terminals, open pages, what goes on with apps.
        pub streams: u32 = "500",
        /// Terminals that one user looks at at the same time.
        pub terminals: u32 = "200",
        /// Apps of one user that are pinned, of all their vclusters.
        pub apps: u32 = "200",
        /// Groups, and what one user of each may hold instead: `students: vclusters=2 nodes=4 cpus=4 memory_mib=8192 pids=2048
        /// streams=100 terminals=20`. What is not named stays as above; `any_image=on` lets them use images that are not on
        /// the administrators' list, `runtime=runsc` runs their new nodes with a runtime of the Docker Engine, unless their
        /// image's line on that list names one. People come into groups by their provider (`group_if`) or by an administrator.
        pub groups: Vec<Group> = "",
    }
}

/// A group and what is set for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub name: GroupName,
    pub limits: OwnLimits,
    pub shares: OwnShares,
    /// Whether the administrators' list of images does not bind them.
    pub any_image: bool,
    /// What their new nodes are run with, where the image does not say it.
    pub runtime: Option<RuntimeName>,
}

impl LimitsConfig {
    /// A group that is there twice would be one of the two.
    pub(super) fn fault(&self) -> Option<Fault> {
        let mut seen = std::collections::BTreeSet::new();
        let twice = self.groups.iter().find(|group| !seen.insert(&group.name))?;
        Some(Fault {
            setting: "limits.groups".into(),
            place: format!("group {}", twice.name),
            rule: "is there twice; keep one of the two".into(),
        })
    }

    pub fn has_group(&self, name: &GroupName) -> bool {
        self.groups.iter().any(|group| group.name == *name)
    }

    /// `pids_each`: how many processes each node may have.
    pub fn quota_policy(&self, pids_each: u32) -> QuotaPolicy {
        // Settings are finite and above 0, and a host with 2^50 CPUs is far.
        let cpu_milli = (self.cpus * 1000.0).round() as u64;
        // Of one node at least: people with limits of their own are measured by it.
        let pids = self.pids.unwrap_or(u64::from(self.nodes.max(1)) * u64::from(pids_each));
        let usual =
            Limits { vclusters: self.vclusters, nodes: self.nodes, cpu_milli, memory_mib: self.memory_mib, pids };
        let groups: BTreeMap<_, _> = self.groups.iter().map(|group| (group.name.clone(), group.limits)).collect();
        let shares = Shares { streams: self.streams, terminals: self.terminals, apps: self.apps };
        let of_groups = self.groups.iter().map(|group| (group.name.clone(), group.shares)).collect();
        let any_image = self.groups.iter().filter(|group| group.any_image).map(|group| group.name.clone()).collect();
        let runtimes =
            self.groups.iter().filter_map(|group| Some((group.name.clone(), group.runtime.clone()?))).collect();
        let quota_policy = QuotaPolicy::from(usual).with_groups(groups).with_shares(shares, of_groups);
        quota_policy.with_any_image(any_image).with_runtimes(runtimes)
    }
}
