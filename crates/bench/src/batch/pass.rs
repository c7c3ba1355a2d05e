//! One look of the scheduler at a long queue: its time and its memory. Only the scheduler: no database is read for it, and nothing
//! is started.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    JobId, UserId,
    quota::{Limits, Usage},
    resources::Resources,
};
use scheduler::{Active, Host, Order, Overcommit, Pass, Queue, Share, Stay, Waiting, Weights, pass};
use uuid::Uuid;

use super::draws::Draws;
use crate::figure::{Figure, milliseconds, single};

/// What waits, for whom, and where it could run.
const LOAD: Sizes = Sizes { jobs: 100_000, owners: 1_000, hosts: 200 };
const LEAST_SHAPES: usize = 10_000;
const ROUNDS: usize = 5;
/// No round begins later.
const LONGEST: Duration = Duration::from_secs(120);
const PIDS: u32 = 512;
/// When it is looked at.
const NOW: i64 = 1_800_000_000;

pub(super) fn measure() -> Result<Vec<Figure>> {
    let before = memory("VmRSS:")?;
    let mut load = Load::new(LOAD)?;
    let shapes = load.shapes();
    ensure!(shapes >= LEAST_SHAPES, "the jobs have only {shapes} shapes");
    let input = memory("VmRSS:")?;
    // The most there was up to now is forgotten. A kernel that cannot do that tells more, never less.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let first = load.look()?;
    let peak = memory("VmHWM:")?;
    let told_when = first.waits.iter().filter(|wait| wait.expected_start.is_some()).count();
    let starts = first.starts.len();
    drop(first);
    let whole = timed(&load)?;
    load.submit()?;
    let again = timed(&load)?;
    let what = format!("a pass over {} jobs × {} hosts", LOAD.jobs, LOAD.hosts);
    Ok(vec![
        Figure::new(what, "ms", milliseconds(&whole), None, "≤ 1 s p50", |ours, _| ours.p50 <= 1000.0),
        Figure::new(
            "the whole pass again after one submission",
            "ms",
            milliseconds(&again),
            Some(("the pass before", milliseconds(&whole))),
            "≤ 20 ms p50 (no pass is incremental yet)",
            |ours, _| ours.p50 <= 20.0,
        ),
        Figure::new(
            "memory that such a pass takes, beside its input",
            "MB",
            single(peak.saturating_sub(input) as f64 / 1e6),
            Some(("its input", single(input.saturating_sub(before) as f64 / 1e6))),
            "≤ 500 MB",
            |ours, _| ours.p50 <= 500.0,
        ),
        Figure::new(
            "jobs that such a pass says the start of",
            "jobs",
            single(told_when as f64),
            None,
            &format!("≥ 1,000 ({starts} more start; {shapes} shapes)"),
            |ours, _| ours.p50 >= 1000.0,
        ),
    ])
}

fn timed(load: &Load) -> Result<Vec<Duration>> {
    let mut samples: Vec<Duration> = Vec::new();
    for _ in 0..ROUNDS {
        if samples.iter().sum::<Duration>() > LONGEST {
            break;
        }
        let begun = Instant::now();
        let found = load.look()?;
        samples.push(begun.elapsed());
        drop(found);
    }
    Ok(samples)
}

/// Of this process, in bytes.
fn memory(line: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let found = status.lines().find_map(|this| this.strip_prefix(line)).with_context(|| format!("no {line}"))?;
    Ok(found.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

#[derive(Debug, Clone, Copy)]
struct Sizes {
    jobs: u32,
    owners: u32,
    hosts: u32,
}

/// The same every time.
struct Load {
    draws: Draws,
    hosts: Vec<Host>,
    active: Vec<Active>,
    shares: BTreeMap<UserId, Share>,
    waiting: Vec<Waiting>,
    owners: u32,
}

impl Load {
    fn new(sizes: Sizes) -> Result<Self> {
        let mut load = Self {
            draws: Draws::new(12),
            hosts: Vec::new(),
            active: Vec::new(),
            shares: BTreeMap::new(),
            waiting: Vec::new(),
            owners: sizes.owners,
        };
        for number in 0..sizes.hosts {
            load.add_host(number)?;
        }
        load.set_limits();
        for _ in 0..sizes.jobs {
            load.submit()?;
        }
        Ok(load)
    }

    fn look(&self) -> Result<Pass> {
        let found = pass(&Queue {
            now: now(),
            hosts: &self.hosts,
            waiting: &self.waiting,
            active: &self.active,
            shares: &self.shares,
            overcommit: Overcommit { cpu: 1.0, memory: 1.0 },
            order: Order::FairShare(Weights::default()),
        });
        let told = found.starts.len() + found.waits.len();
        ensure!(told == self.waiting.len(), "of {} jobs {told} were told of", self.waiting.len());
        Ok(found)
    }

    fn shapes(&self) -> usize {
        let shape = |job: &Waiting| (job.each.cpu_milli, job.each.memory_mib, job.each.pids);
        self.waiting.iter().map(shape).collect::<BTreeSet<_>>().len()
    }

    /// 16 to 128 CPUs, of which jobs of all owners take nine tenths for up to a day. One of fifty is away.
    fn add_host(&mut self, number: u32) -> Result<()> {
        let cpus = 16_u64 << (number % 4);
        let mut host = Host {
            name: format!("host-{number}").parse()?,
            cpu_milli: cpus * 1000,
            memory_mib: cpus * 4096,
            pids: Some(1 << 22),
            runtimes: BTreeSet::new(),
            used: Usage::default(),
            ready: number % 50 != 49,
        };
        while host.used.cpu_milli * 10 < host.cpu_milli * 9 {
            let memory_mib = 1024 * self.draws.between(1, 4);
            let each = Resources { cpu_milli: 1000 * self.draws.between(1, 4), memory_mib, pids: PIDS };
            let ends_at = now() + TimeDelta::seconds(self.draws.between(1, 86_400).into());
            let owner = self.owner();
            host.used = host.used.plus(Usage::of_jobs(1, each));
            self.active.push(Active { owner, worker: host.name.clone(), each, ends_at });
        }
        self.hosts.push(host);
        Ok(())
    }

    /// Of three owners one may have much, one little, and one nothing beside what they hold.
    fn set_limits(&mut self) {
        let mut held: BTreeMap<UserId, Usage> = BTreeMap::new();
        for active in &self.active {
            let sum = held.entry(active.owner).or_default();
            *sum = sum.plus(Usage::of_jobs(1, active.each));
        }
        for number in 0..self.owners {
            let id = owner(number);
            let held = held.remove(&id).unwrap_or_default();
            let cpu_milli = match number % 3 {
                0 => 1_000_000,
                1 => 8_000,
                _ => held.cpu_milli,
            };
            let limits = Limits { vclusters: 10, nodes: 100, cpu_milli, memory_mib: 1 << 22, pids: 1 << 22 };
            let used_cpu_seconds = f64::from(self.draws.between(0, 10_000_000));
            self.shares.insert(id, Share { limits, held, used_cpu_seconds });
        }
    }

    /// One more job waits.
    fn submit(&mut self) -> Result<()> {
        let number = i64::try_from(self.waiting.len())? + 1;
        // Small ones are the most frequent.
        let most = 16_u32 << self.draws.between(0, 4);
        let (cpus, memory) = (self.draws.between(1, most), self.draws.between(1, most));
        let waits_s = self.draws.between(0, 10 * 86_400);
        let longest = 60_u32 << self.draws.between(0, 6);
        let time_limit_s = 60 * self.draws.between(1, longest);
        let nice = if self.draws.between(1, 10) == 1 { self.draws.between(1, 100) } else { 0 };
        let (owner, stays) = (self.owner(), self.stays());
        self.waiting.push(Waiting {
            job: JobId::try_from(number)?,
            owner,
            each: Resources { cpu_milli: 50 * cpus, memory_mib: 128 * memory, pids: PIDS },
            runtime: None,
            time_limit_s,
            waits_since: now() - TimeDelta::seconds(waits_s.into()),
            nice,
            count: 1,
            at_most: None,
            stays,
        });
        Ok(())
    }

    /// A tenth waits for others, and a few for a time or for a person.
    fn stays(&mut self) -> Option<Stay> {
        match self.draws.between(0, 99) {
            0..10 => Some(Stay::Dependency("it waits until job 1 is over".to_owned())),
            10..13 => Some(Stay::Held),
            13..16 => Some(Stay::NotBefore(now() + TimeDelta::hours(1))),
            _ => None,
        }
    }

    fn owner(&mut self) -> UserId {
        owner(self.draws.between(0, self.owners - 1))
    }
}

fn owner(number: u32) -> UserId {
    UserId::new(Uuid::from_u128(u128::from(number) + 1))
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use scheduler::Reason;

    use super::*;

    const SMALL: Sizes = Sizes { jobs: 2_000, owners: 30, hosts: 4 };

    #[test]
    fn the_load_is_the_same_every_time_and_its_jobs_differ() {
        let (load, again) = (Load::new(SMALL).expect("a load"), Load::new(SMALL).expect("a load"));
        assert!(load.waiting == again.waiting && load.active == again.active && load.hosts == again.hosts);
        assert!(load.shapes() > 500, "{} shapes", load.shapes());
        let limits: BTreeSet<u64> = load.shares.values().map(|share| share.limits.cpu_milli).collect();
        assert!(limits.len() > 3, "{limits:?}");
    }

    #[test]
    fn a_small_load_is_decided_whole_and_for_many_reasons() {
        let mut load = Load::new(SMALL).expect("a load");
        let found = load.look().expect("each job is told of once");
        assert!(!found.starts.is_empty());
        let has = |of: fn(&Reason) -> bool| found.waits.iter().any(|wait| of(&wait.reason));
        assert!(has(|reason| matches!(reason, Reason::Held)) && has(|reason| matches!(reason, Reason::NotBefore(_))));
        assert!(
            has(|reason| matches!(reason, Reason::Dependency(_))) && has(|reason| matches!(reason, Reason::Limit(_)))
        );
        assert!(has(|reason| matches!(reason, Reason::Capacity(_) | Reason::Priority)));
        load.submit().expect("one more");
        load.look().expect("each job is told of once");
    }
}
