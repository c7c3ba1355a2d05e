//! What a user may take, what they have taken, and whether more fits. Knows no user and no host.

use serde::{Deserialize, Serialize};

use crate::{Violation, resources::Resources};

/// The most one user may hold at a time. Stopped nodes hold no node, CPU, memory or process; a stopped vcluster still counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub vclusters: u32,
    pub nodes: u32,
    pub cpu_milli: u64,
    pub memory_mib: u64,
    /// Processes and threads: what all nodes together may have at most.
    pub pids: u64,
}

/// What is set for one user, or for a group, in place of the installation's limits; `None` leaves those.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnLimits {
    pub vclusters: Option<u32>,
    pub nodes: Option<u32>,
    pub cpu_milli: Option<u64>,
    pub memory_mib: Option<u64>,
    /// For groups only.
    pub pids: Option<u64>,
}

/// No installation gives one user more; it also keeps every sum of limits within its type.
const MOST_VCLUSTERS: i64 = 100_000;
const MOST_NODES: i64 = 100_000;
const MOST_CPUS: f64 = 1_000_000.0;
const MOST_MEMORY_MIB: i64 = 1 << 40;

impl OwnLimits {
    /// What an administrator wrote, checked; every fault is named. 0 is a limit like any other: nothing of it at all.
    pub fn parse(
        vclusters: Option<i64>,
        nodes: Option<i64>,
        cpus: Option<f64>,
        memory_mib: Option<i64>,
    ) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let mut whole = |field: &str, value: Option<i64>, most: i64| {
            let good = value.filter(|value| (0..=most).contains(value)).and_then(|value| u64::try_from(value).ok());
            if value.is_some() && good.is_none() {
                faults.push(Violation::new(field, format!("must be a whole number between 0 and {most}, or empty")));
            }
            good
        };
        let vclusters = whole("limits.vclusters", vclusters, MOST_VCLUSTERS);
        let nodes = whole("limits.nodes", nodes, MOST_NODES);
        let memory_mib = whole("limits.memory_mib", memory_mib, MOST_MEMORY_MIB);
        // Finite and at most 10^9 thousandths, so the cast loses nothing.
        let cpu_milli = cpus.filter(|cpus| (0.0..=MOST_CPUS).contains(cpus)).map(|cpus| (cpus * 1000.0).round() as u64);
        if cpus.is_some() && cpu_milli.is_none() {
            let rule = format!("must be a number between 0 and {MOST_CPUS}, such as 8 or 0.5, or empty");
            faults.push(Violation::new("limits.cpus", rule));
        }
        let narrow = |value: Option<u64>| value.and_then(|value| u32::try_from(value).ok());
        let own = Self { vclusters: narrow(vclusters), nodes: narrow(nodes), cpu_milli, memory_mib, pids: None };
        if faults.is_empty() { Ok(own) } else { Err(faults) }
    }

    /// What the user may hold.
    pub fn over(self, limits: Limits) -> Limits {
        Limits {
            vclusters: self.vclusters.unwrap_or(limits.vclusters),
            nodes: self.nodes.unwrap_or(limits.nodes),
            cpu_milli: self.cpu_milli.unwrap_or(limits.cpu_milli),
            memory_mib: self.memory_mib.unwrap_or(limits.memory_mib),
            pids: self.pids.unwrap_or_else(|| self.pids_of_nodes(limits)),
        }
    }

    /// More nodes, or fewer, have as many processes each.
    fn pids_of_nodes(self, limits: Limits) -> u64 {
        let Some(nodes) = self.nodes else { return limits.pids };
        limits.pids.saturating_mul(nodes.max(1).into()).div_ceil(limits.nodes.max(1).into())
    }
}

/// What a user (or a host's tenants together) holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub vclusters: u32,
    pub nodes: u32,
    pub cpu_milli: u64,
    pub memory_mib: u64,
    #[serde(default)]
    pub pids: u64,
}

impl Usage {
    /// What `count` nodes of this size take.
    pub fn of_nodes(count: u32, each: Resources) -> Self {
        Self {
            vclusters: 0,
            nodes: count,
            cpu_milli: u64::from(count) * u64::from(each.cpu_milli),
            memory_mib: u64::from(count) * u64::from(each.memory_mib),
            pids: u64::from(count) * u64::from(each.pids),
        }
    }

    /// What `count` jobs of this size take, which are no nodes.
    pub fn of_jobs(count: u32, each: Resources) -> Self {
        Self { nodes: 0, ..Self::of_nodes(count, each) }
    }

    pub fn with_vcluster(self) -> Self {
        Self { vclusters: self.vclusters + 1, ..self }
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            vclusters: self.vclusters + other.vclusters,
            nodes: self.nodes + other.nodes,
            cpu_milli: self.cpu_milli + other.cpu_milli,
            memory_mib: self.memory_mib + other.memory_mib,
            pids: self.pids + other.pids,
        }
    }
}

impl Limits {
    /// Whether `asked` fits beside `used`; every limit it breaks is named with what is left of it.
    pub fn check(&self, used: Usage, asked: Usage) -> Result<(), Vec<Violation>> {
        let mut faults = Vec::new();
        let mut over = |field: &str, what: &str, limit: u64, used: u64, asked: u64, show: fn(u64) -> String| {
            if asked > 0 && used + asked > limit {
                let left = show(limit.saturating_sub(used));
                faults.push(Violation::new(
                    field,
                    format!("needs {} {what}, but your limit of {} leaves {left}", show(asked), show(limit)),
                ));
            }
        };
        let count = |n: u64| n.to_string();
        let cpus = |n: u64| (n as f64 / 1000.0).to_string();
        let mib = |n: u64| format!("{n} MiB");
        over("name", "vcluster", self.vclusters.into(), used.vclusters.into(), asked.vclusters.into(), count);
        over("nodes", "nodes", self.nodes.into(), used.nodes.into(), asked.nodes.into(), count);
        over("resources.cpus", "CPUs", self.cpu_milli, used.cpu_milli, asked.cpu_milli, cpus);
        over("resources.memory_mib", "of memory", self.memory_mib, used.memory_mib, asked.memory_mib, mib);
        // Processes are asked for only with nodes: where those are too many, that says it all.
        if asked.nodes == 0 || used.nodes + asked.nodes <= self.nodes {
            over("nodes", "processes", self.pids, used.pids, asked.pids, count);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { vclusters: 2, nodes: 4, cpu_milli: 4000, memory_mib: 8192, pids: 2048 };
    const NODE: Resources = Resources { cpu_milli: 1000, memory_mib: 1024, pids: 512 };

    #[test]
    fn up_to_the_limit_fits() {
        assert_eq!(LIMITS.check(Usage::default(), Usage::of_nodes(4, NODE).with_vcluster()), Ok(()));
    }

    #[test]
    fn every_limit_that_breaks_is_named_with_what_is_left() {
        let used = Usage::of_nodes(3, NODE).with_vcluster().with_vcluster();
        let faults = LIMITS.check(used, Usage::of_nodes(2, NODE).with_vcluster()).expect_err("must not fit");
        let rules = [
            Violation::new("name", "needs 1 vcluster, but your limit of 2 leaves 0"),
            Violation::new("nodes", "needs 2 nodes, but your limit of 4 leaves 1"),
            Violation::new("resources.cpus", "needs 2 CPUs, but your limit of 4 leaves 1"),
        ];
        assert_eq!(faults, rules);
        let large = Resources { memory_mib: 4096, ..NODE };
        let faults = LIMITS.check(Usage::of_nodes(1, large), Usage::of_nodes(2, large)).expect_err("must not fit");
        let rule = "needs 8192 MiB of memory, but your limit of 8192 MiB leaves 4096 MiB";
        assert_eq!(faults, [Violation::new("resources.memory_mib", rule)]);
    }

    #[test]
    fn what_is_held_adds_up() {
        let two = Usage::of_nodes(2, NODE).with_vcluster().with_vcluster();
        let sum = Usage::of_nodes(3, NODE).with_vcluster().plus(two);
        assert_eq!(sum, Usage { vclusters: 3, nodes: 5, cpu_milli: 5000, memory_mib: 5120, pids: 2560 });
    }

    #[test]
    fn of_nodes_that_are_too_many_the_processes_are_not_named() {
        let faults = LIMITS.check(Usage::default(), Usage::of_nodes(5, NODE)).expect_err("must not fit");
        assert_eq!(faults.iter().map(|f| f.field.as_str()).collect::<Vec<_>>(), ["nodes", "resources.cpus"]);
    }

    #[test]
    fn nodes_that_are_not_too_many_may_have_too_many_processes() {
        let large = Resources { pids: 1024, ..NODE };
        let faults = LIMITS.check(Usage::of_nodes(1, large), Usage::of_nodes(2, large)).expect_err("must not fit");
        assert_eq!(faults, [Violation::new("nodes", "needs 2048 processes, but your limit of 2048 leaves 1024")]);
    }

    #[test]
    fn what_is_not_asked_for_cannot_break_a_limit() {
        let over = Usage { vclusters: 9, ..Usage::default() };
        assert_eq!(LIMITS.check(over, Usage::of_nodes(1, NODE)), Ok(()));
    }

    #[test]
    fn own_limits_stand_over_the_installation_s_one_by_one() {
        let own = OwnLimits::parse(None, Some(0), Some(0.5), None).expect("good limits");
        assert_eq!(own.over(LIMITS), Limits { nodes: 0, cpu_milli: 500, pids: 512, ..LIMITS });
        let more = OwnLimits { nodes: Some(6), ..OwnLimits::default() };
        assert_eq!(more.over(LIMITS).pids, 6 * 512, "as many for each node");
        let none = Limits { nodes: 0, pids: 512, ..LIMITS };
        assert_eq!(more.over(none).pids, 6 * 512, "also where others have none");
        assert_eq!(OwnLimits { pids: Some(7), ..more }.over(LIMITS).pids, 7);
        assert_eq!(OwnLimits::default().over(LIMITS), LIMITS);
    }

    #[test]
    fn every_own_limit_at_fault_is_named() {
        let faults =
            OwnLimits::parse(Some(-1), Some(i64::MAX), Some(f64::NAN), Some(1 << 41)).expect_err("none is good");
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["limits.vclusters", "limits.nodes", "limits.memory_mib", "limits.cpus"]);
        assert_eq!(OwnLimits::parse(None, None, None, None), Ok(OwnLimits::default()));
        assert!(
            OwnLimits::parse(Some(100_000), Some(100_000), Some(1e6), Some(1 << 40)).is_ok(),
            "the most there may be"
        );
    }
}
