//! What a host gives and what is left of it, with sentences about what does not fit: what placement and the queue have in
//! common. Knows neither's problem.

use domain::{Violation, name::RuntimeName, quota::Usage, resources::Resources};

use crate::{Host, Overcommit, offered_pids};

/// How sentences call what asks for room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    one: &'static str,
    each: &'static str,
}

impl Words {
    pub(crate) const NODES: Self = Self { one: "node", each: "each" };
    pub(crate) const JOB: Self = Self { one: "job", each: "it" };
}

/// So much of each resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    cpu_milli: u64,
    memory_mib: u64,
    pids: u64,
}

impl Room {
    /// What the host's tenants may hold together: rules 2 and 3.
    pub(crate) fn of(host: &Host, overcommit: Overcommit) -> Self {
        Self {
            cpu_milli: times(host.cpu_milli, overcommit.cpu),
            memory_mib: times(host.memory_mib, overcommit.memory),
            pids: host.pids.map_or(u64::MAX, offered_pids),
        }
    }

    pub(crate) fn left(self, used: Usage) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_sub(used.cpu_milli),
            memory_mib: self.memory_mib.saturating_sub(used.memory_mib),
            pids: self.pids.saturating_sub(used.pids),
        }
    }

    /// Whether one of this size fits into it.
    pub(crate) fn takes(self, each: Resources) -> bool {
        u64::from(each.cpu_milli) <= self.cpu_milli
            && u64::from(each.memory_mib) <= self.memory_mib
            && u64::from(each.pids) <= self.pids
    }
}

/// `amount × factor`, rounded down. Amounts are far below 2^53, so nothing is lost on the way.
fn times(amount: u64, factor: f64) -> u64 {
    (amount as f64 * factor) as u64
}

/// Rule 1, whatever else is there.
pub(crate) fn is_large_enough(host: &Host, each: Resources) -> bool {
    u64::from(each.cpu_milli) <= host.cpu_milli && u64::from(each.memory_mib) <= host.memory_mib
}

/// Rule 5.
pub(crate) fn has_runtime(host: &Host, runtime: Option<&RuntimeName>) -> bool {
    runtime.is_none_or(|runtime| host.runtimes.contains(runtime))
}

/// The larger of the shares of CPU and memory that are taken where this much is used.
pub(crate) fn fullness(host: &Host, used: Usage) -> f64 {
    let share = |used: u64, all: u64| used as f64 / all.max(1) as f64;
    share(used.cpu_milli, host.cpu_milli).max(share(used.memory_mib, host.memory_mib))
}

fn cpus(milli: u64) -> f64 {
    milli as f64 / 1000.0
}

pub(crate) fn no_such_runtime(runtime: &RuntimeName, words: Words) -> Violation {
    let rule = format!(
        "is to run with the runtime {runtime}, and no host that takes {}s has it; ask an administrator to install {runtime} \
         and name it in the Docker Engine's configuration, or to set another runtime for this image or your group",
        words.one
    );
    Violation::new("image", rule)
}

pub(crate) fn larger_than_every_host<'a>(
    each: Resources,
    hosts: impl Iterator<Item = &'a Host>,
    words: Words,
) -> Option<Vec<Violation>> {
    let larger = |(cpu, memory): (u64, u64), host: &Host| (cpu.max(host.cpu_milli), memory.max(host.memory_mib));
    let (most_cpu, most_memory) = hosts.fold((0, 0), larger);
    let mut faults = Vec::new();
    let mut fault = |field: &str, what: &str, most: String| {
        let rule = format!("one {} cannot have more {what} than its host: the largest host has {most}", words.one);
        faults.push(Violation::new(field, rule));
    };
    if u64::from(each.cpu_milli) > most_cpu {
        fault("resources.cpus", "CPUs", cpus(most_cpu).to_string());
    }
    if u64::from(each.memory_mib) > most_memory {
        fault("resources.memory_mib", "memory", format!("{most_memory} MiB"));
    }
    (!faults.is_empty()).then_some(faults)
}

/// Of which resource not even the emptiest host has enough left, by its field. None where each is free, but not on one host.
pub(crate) fn short(each: Resources, left: impl Iterator<Item = Room>, words: Words) -> Vec<(&'static str, String)> {
    let most = left.fold(Room { cpu_milli: 0, memory_mib: 0, pids: 0 }, |a, b| Room {
        cpu_milli: a.cpu_milli.max(b.cpu_milli),
        memory_mib: a.memory_mib.max(b.memory_mib),
        pids: a.pids.max(b.pids),
    });
    let mut short = Vec::new();
    if u64::from(each.cpu_milli) > most.cpu_milli {
        short.push(("resources.cpus", format!("the emptiest host has {} CPUs left", cpus(most.cpu_milli))));
    }
    if u64::from(each.memory_mib) > most.memory_mib {
        short.push(("resources.memory_mib", format!("the emptiest host has {} MiB left", most.memory_mib)));
    }
    if u64::from(each.pids) > most.pids {
        let (may, pids) = (each.pids, most.pids);
        let rule =
            format!("{} may have {may} processes, and the emptiest host has {pids} left to give out", words.each);
        short.push(("nodes", rule));
    }
    short
}
