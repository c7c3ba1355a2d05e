//! Rules 1–6 of the README. Knows hosts and sizes, not users and not vclusters.

use std::collections::BTreeSet;

use domain::{
    Violation,
    name::{RuntimeName, WorkerName},
    quota::Usage,
    resources::Resources,
};

use crate::room::{
    Room, Words, fullness, has_runtime, is_large_enough, larger_than_every_host, no_such_runtime, short,
};

/// A host as placement sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub name: WorkerName,
    pub cpu_milli: u64,
    pub memory_mib: u64,
    /// How many processes and threads its kernel can have; `None` where the host does not say, and then they are not counted.
    pub pids: Option<u64>,
    /// What its engine can run containers with.
    pub runtimes: BTreeSet<RuntimeName>,
    /// What tenants hold there already.
    pub used: Usage,
    pub ready: bool,
}

/// How many times a host's CPUs and memory may be given away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overcommit {
    pub cpu: f64,
    pub memory: f64,
}

#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    pub hosts: &'a [Host],
    pub count: u32,
    pub each: Resources,
    /// What the nodes are to run with; `None` for the engine's usual runtime, which every host has.
    pub runtime: Option<&'a RuntimeName>,
    pub overcommit: Overcommit,
}

/// What a host gives out of the processes that its kernel can have. It keeps a quarter: an engine, a database and an
/// administrator's shell must go on when nodes have all of theirs.
pub const fn offered_pids(of_kernel: u64) -> u64 {
    of_kernel - of_kernel.div_ceil(4)
}

/// Why the nodes cannot be placed: each field of the request that asks for too much, with what there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    #[error("no host is ready to take nodes; try again in a moment")]
    NoHost,
    #[error("no host has room for the nodes")]
    Full(Vec<Violation>),
}

/// A host for each node, in order.
pub fn place(problem: &Problem<'_>) -> Result<Vec<WorkerName>, NoRoom> {
    let mut hosts: Vec<Host> = problem.hosts.iter().filter(|host| host.ready).cloned().collect();
    if hosts.is_empty() {
        return Err(NoRoom::NoHost);
    }
    if let Some(runtime) = problem.runtime {
        hosts.retain(|host| has_runtime(host, Some(runtime)));
        if hosts.is_empty() {
            return Err(NoRoom::Full(vec![no_such_runtime(runtime, Words::NODES)]));
        }
    }
    if let Some(faults) = larger_than_every_host(problem.each, hosts.iter(), Words::NODES) {
        return Err(NoRoom::Full(faults));
    }
    let one = Usage::of_nodes(1, problem.each);
    let full = |host: &Host| fullness(host, host.used.plus(one));
    let mut placed = Vec::new();
    for number in 0..problem.count {
        let roomy = hosts.iter_mut().filter(|host| fits(host, problem));
        let best = roomy.min_by(|a, b| full(a).total_cmp(&full(b)).then_with(|| a.name.cmp(&b.name)));
        let Some(host) = best else { return Err(NoRoom::Full(shortage(problem, &hosts, number))) };
        host.used = host.used.plus(one);
        placed.push(host.name.clone());
    }
    Ok(placed)
}

fn left(host: &Host, problem: &Problem<'_>) -> Room {
    Room::of(host, problem.overcommit).left(host.used)
}

fn fits(host: &Host, problem: &Problem<'_>) -> bool {
    is_large_enough(host, problem.each) && left(host, problem).takes(problem.each)
}

fn shortage(problem: &Problem<'_>, hosts: &[Host], placed: u32) -> Vec<Violation> {
    let fit = match placed {
        0 => "none of the nodes fits now".to_owned(),
        placed => format!("only {placed} of the nodes fit now"),
    };
    let short = short(problem.each, hosts.iter().map(|host| left(host, problem)), Words::NODES);
    if short.is_empty() {
        return vec![Violation::new("nodes", fit)];
    }
    short.into_iter().map(|(field, what)| Violation::new(field, format!("{fit}: {what}"))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Overcommit = Overcommit { cpu: 1.0, memory: 1.0 };

    fn host(name: &str, cpu_milli: u64, memory_mib: u64) -> Host {
        let name = name.parse().expect("a name");
        Host { name, cpu_milli, memory_mib, pids: None, runtimes: BTreeSet::new(), used: Usage::default(), ready: true }
    }

    fn node(cpu_milli: u32, memory_mib: u32) -> Resources {
        Resources { cpu_milli, memory_mib, pids: 512 }
    }

    fn names(problem: &Problem<'_>) -> Result<Vec<String>, NoRoom> {
        place(problem).map(|placed| placed.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nodes_are_spread_over_the_emptiest_hosts() {
        let hosts = [host("a", 4000, 4096), host("b", 4000, 4096)];
        let problem = Problem { hosts: &hosts, count: 3, each: node(1000, 512), runtime: None, overcommit: PLAIN };
        assert_eq!(names(&problem), Ok(vec!["a".into(), "b".into(), "a".into()]));
    }

    #[test]
    fn the_emptiest_host_is_the_one_with_the_smallest_share_taken() {
        let large = Host { used: Usage { cpu_milli: 2000, ..Usage::default() }, ..host("b", 8000, 8192) };
        let hosts = [host("a", 2000, 8192), large];
        let problem = Problem { hosts: &hosts, count: 1, each: node(1000, 64), runtime: None, overcommit: PLAIN };
        assert_eq!(names(&problem), Ok(vec!["b".into()]), "three eighths of it, and half of the other");
    }

    #[test]
    fn a_node_may_have_a_whole_host() {
        let hosts = [host("a", 2000, 1024)];
        let problem = Problem { hosts: &hosts, count: 1, each: node(2000, 1024), runtime: None, overcommit: PLAIN };
        assert_eq!(names(&problem), Ok(vec!["a".into()]));
    }

    #[test]
    fn a_node_larger_than_every_host_is_refused_whatever_the_overcommit() {
        let hosts = [host("a", 2000, 4096)];
        let overcommit = Overcommit { cpu: 10.0, memory: 10.0 };
        let problem = Problem { hosts: &hosts, count: 1, each: node(3000, 8192), runtime: None, overcommit };
        let Err(NoRoom::Full(faults)) = place(&problem) else { panic!("must not fit") };
        assert!(faults[0].message.ends_with("the largest host has 2"), "{faults:?}");
        assert_eq!(faults[1].field, "resources.memory_mib");
    }

    #[test]
    fn either_all_nodes_are_placed_or_none_and_the_short_resource_is_named() {
        let hosts = [host("a", 4000, 1024)];
        let problem = Problem { hosts: &hosts, count: 3, each: node(1000, 512), runtime: None, overcommit: PLAIN };
        let Err(NoRoom::Full(faults)) = place(&problem) else { panic!("must not fit") };
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].message, "only 2 of the nodes fit now: the emptiest host has 0 MiB left");
    }

    #[test]
    fn what_is_left_for_exactly_one_more_is_not_named() {
        for (cpu, memory, field, left) in
            [(2000, 1536, "resources.cpus", "0 CPUs"), (3000, 1024, "resources.memory_mib", "0 MiB")]
        {
            // Of these processes it gives out 1536.
            let hosts = [Host { pids: Some(2048), ..host("a", cpu, memory) }];
            let problem = Problem { hosts: &hosts, count: 3, each: node(1000, 512), runtime: None, overcommit: PLAIN };
            let rule = format!("only 2 of the nodes fit now: the emptiest host has {left} left");
            assert_eq!(place(&problem), Err(NoRoom::Full(vec![Violation::new(field, rule)])));
        }
    }

    #[test]
    fn overcommit_gives_a_host_away_several_times() {
        let hosts = [host("a", 2000, 4096)];
        let problem = Problem {
            hosts: &hosts,
            count: 4,
            each: node(1000, 1024),
            runtime: None,
            overcommit: Overcommit { cpu: 2.0, memory: 1.0 },
        };
        assert_eq!(names(&problem).map(|placed| placed.len()), Ok(4));
    }

    #[test]
    fn hosts_that_are_not_ready_get_nothing() {
        let hosts = [Host { ready: false, ..host("a", 4000, 4096) }];
        let problem = Problem { hosts: &hosts, count: 1, each: node(1000, 512), runtime: None, overcommit: PLAIN };
        assert_eq!(place(&problem), Err(NoRoom::NoHost));
    }

    #[test]
    fn a_host_keeps_a_quarter_of_its_kernel_s_processes_whatever_the_overcommit() {
        let small = Host { pids: Some(32_768), ..host("a", 1 << 20, 1 << 20) };
        let overcommit = Overcommit { cpu: 100.0, memory: 100.0 };
        let of = |count, host: &Host| {
            let hosts = [host.clone()];
            let each = node(100, 64);
            names(&Problem { hosts: &hosts, count, each, runtime: None, overcommit }).map(|placed| placed.len())
        };
        assert_eq!(of(48, &small), Ok(48), "48 × 512 is three quarters of it");
        let Err(NoRoom::Full(faults)) = of(49, &small) else { panic!("must not fit") };
        assert_eq!(faults[0].field, "nodes");
        let rule =
            "only 48 of the nodes fit now: each may have 512 processes, and the emptiest host has 0 left to give out";
        assert_eq!(faults[0].message, rule);
        let held = Host { used: Usage { pids: 24_000, ..Usage::default() }, ..small };
        assert_eq!(of(1, &held).map_err(|_| ()), Ok(1));
        assert!(of(2, &held).is_err(), "what others hold is counted");
    }

    #[test]
    fn nodes_go_where_their_runtime_is_and_a_runtime_that_no_host_has_is_named() {
        let runsc: RuntimeName = "runsc".parse().expect("a runtime");
        let with = Host { runtimes: [runsc.clone()].into(), ..host("b", 2000, 4096) };
        let hosts = [host("a", 4000, 4096), with];
        let problem =
            Problem { hosts: &hosts, count: 2, each: node(1000, 512), runtime: Some(&runsc), overcommit: PLAIN };
        assert_eq!(names(&problem), Ok(vec!["b".into(), "b".into()]), "the emptier one has no such runtime");
        let kata: RuntimeName = "kata".parse().expect("a runtime");
        let Err(NoRoom::Full(faults)) = place(&Problem { runtime: Some(&kata), ..problem }) else {
            panic!("must not fit")
        };
        assert_eq!(faults[0].field, "image");
        assert!(faults[0].message.starts_with("is to run with the runtime kata, and no host that takes nodes has it"));
        assert!(faults[0].message.contains("ask an administrator to install kata"), "{faults:?}");
    }

    proptest! {
        #[test]
        fn no_host_ever_holds_more_than_it_may(
            sizes in prop::collection::vec((1000u64..16000, 512u64..32768), 1..5),
            count in 1u32..16, cpu in 50u32..4000, memory in 64u32..8192,
        ) {
            let hosts: Vec<Host> =
                sizes.iter().enumerate().map(|(i, (cpu, memory))| host(&format!("h{i}"), *cpu, *memory)).collect();
            let each = node(cpu, memory);
            if let Ok(placed) = place(&Problem { hosts: &hosts, count, each, runtime: None, overcommit: PLAIN }) {
                prop_assert_eq!(placed.len(), count as usize);
                for host in &hosts {
                    let here = placed.iter().filter(|name| **name == host.name).count() as u64;
                    prop_assert!(here * u64::from(cpu) <= host.cpu_milli && here * u64::from(memory) <= host.memory_mib);
                }
            }
        }
    }
}
