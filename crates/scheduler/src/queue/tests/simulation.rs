//! Whole lives of random queues: pass after pass until everything that can run has run.

use proptest::prelude::*;

use super::*;
use crate::room::{Room, is_large_enough};

/// A job, and how long its script really runs.
#[derive(Debug, Clone)]
struct Life {
    waiting: Waiting,
    runs_s: i64,
}

#[derive(Debug)]
struct Simulation {
    /// What waits, runs and is there now.
    case: Case,
    to_come: Vec<Life>,
    waiting: Vec<Life>,
    /// With its end, which may be before its time is over.
    running: Vec<(i64, WorkerName, Waiting)>,
    started: BTreeMap<JobId, i64>,
}

impl Simulation {
    fn new(case: Case, to_come: Vec<Life>) -> Self {
        Self { case, to_come, waiting: Vec::new(), running: Vec::new(), started: BTreeMap::new() }
    }

    fn run(mut self) -> Self {
        while let Some(next) = self.step() {
            self.case.now = next;
        }
        self
    }

    /// What has happened by now, and a pass; then the next time at which something happens.
    fn step(&mut self) -> Option<i64> {
        self.end();
        let now = self.case.now;
        let (come, to_come) = self.to_come.drain(..).partition(|life: &Life| life.waiting.waits_since <= at(now));
        self.to_come = to_come;
        self.waiting.extend(come);
        self.case.waiting = self.waiting.iter().map(|life| life.waiting.clone()).collect();
        let found = self.case.pass();
        assert_eq!(found.starts.len() + found.waits.len(), self.waiting.len(), "each job is in one of both");
        for start in found.starts {
            self.start(&start);
        }
        self.check();
        let submissions = self.to_come.iter().map(|life| life.waiting.waits_since.timestamp());
        submissions.chain(self.running.iter().map(|(end, ..)| *end)).min()
    }

    fn start(&mut self, start: &Start) {
        let now = self.case.now;
        let index = self.waiting.iter().position(|life| life.waiting.job == start.job).expect("it waits");
        let Life { waiting, runs_s } = self.waiting.remove(index);
        self.case.activate(&waiting, &start.worker, now + i64::from(waiting.time_limit_s));
        self.started.insert(waiting.job, now);
        self.running.push((now + runs_s, start.worker.clone(), waiting));
    }

    /// What is over gives back what it held, and counts as used by its owner.
    fn end(&mut self) {
        let now = self.case.now;
        let running = std::mem::take(&mut self.running);
        let (ended, run_on): (Vec<_>, Vec<_>) = running.into_iter().partition(|(end, ..)| *end <= now);
        self.case.active.clear();
        for host in &mut self.case.hosts {
            host.used = Usage::default();
        }
        for share in self.case.shares.values_mut() {
            share.held = Usage::default();
        }
        for (_, _, job) in ended {
            let seconds = now - self.started[&job.job];
            let share = self.case.shares.get_mut(&job.owner).expect("the owner");
            share.used_cpu_seconds += seconds as f64 * job.each.cpus();
        }
        for (_, worker, job) in &run_on {
            self.case.activate(job, worker, self.started[&job.job] + i64::from(job.time_limit_s));
        }
        self.running = run_on;
    }

    /// No host and no owner holds more than it may.
    fn check(&self) {
        for host in &self.case.hosts {
            let held = host.used;
            assert!(held.cpu_milli <= host.cpu_milli && held.memory_mib <= host.memory_mib, "{host:?}");
            assert!(host.pids.is_none_or(|pids| held.pids <= crate::offered_pids(pids)), "{host:?}");
        }
        for share in self.case.shares.values() {
            assert!(share.held.cpu_milli <= share.limits.cpu_milli && share.held.memory_mib <= share.limits.memory_mib);
        }
        for (_, worker, job) in &self.running {
            let host = self.case.hosts.iter().find(|host| host.name == *worker).expect("the host");
            assert!(job.runtime.as_ref().is_none_or(|runtime| host.runtimes.contains(runtime)) && host.ready);
        }
    }

    /// Whether it could run on an idle host, by an owner who holds nothing.
    fn is_possible(&self, job: &Waiting) -> bool {
        let runs = |host: &Host| {
            host.ready
                && job.runtime.as_ref().is_none_or(|runtime| host.runtimes.contains(runtime))
                && is_large_enough(host, job.each)
                && Room::of(host, Overcommit { cpu: 1.0, memory: 1.0 }).takes(job.each)
        };
        let limits = self.case.shares[&job.owner].limits;
        self.case.hosts.iter().any(runs) && limits.check(Usage::default(), Usage::of_jobs(1, job.each)).is_ok()
    }
}

prop_compose! {
    /// One to three hosts, of which some have another runtime, and one may be away.
    fn cases()(
        sizes in prop::collection::vec((1000u64..6000, 512u64..8192, any::<bool>(), 0u8..8), 1..4),
    ) -> Case {
        let mut case = Case::of(&["a", "b", "c"].map(|name| (name, 0)));
        case.hosts.truncate(sizes.len());
        for (host, (cpu, memory, runsc, away)) in case.hosts.iter_mut().zip(sizes) {
            (host.cpu_milli, host.memory_mib, host.pids) = (cpu, memory, Some(1 << 12));
            host.ready = away > 0;
            host.runtimes.extend(runsc.then(|| "runsc".parse::<RuntimeName>().expect("a runtime")));
        }
        case
    }
}

prop_compose! {
    fn life()(
        owner in 1i64..=3, cpu in 100u32..6500, memory in 64u32..8192, pids in 1u32..1024,
        limit in 1i64..5000, runs in 1i64..=100, submitted in 0i64..3000, runsc in prop::bool::weighted(0.2),
    ) -> Life {
        let mut waiting = job(1, owner, cpu, limit);
        (waiting.each.memory_mib, waiting.each.pids) = (memory, pids);
        waiting.waits_since = at(submitted);
        waiting.runtime = runsc.then(|| "runsc".parse().expect("a runtime"));
        Life { waiting, runs_s: (limit * runs / 100).max(1) }
    }
}

prop_compose! {
    /// Jobs, numbered in the order of their submission; fewer than `most`.
    fn some(most: usize)(lives in prop::collection::vec(life(), 1..most)) -> Vec<Life> {
        let mut lives = lives;
        lives.sort_by_key(|life| life.waiting.waits_since);
        for (number, life) in (1_i64..).zip(&mut lives) {
            life.waiting.job = JobId::try_from(number).expect("a number");
        }
        lives
    }
}

fn fair() -> Order {
    Order::FairShare(Weights::default())
}

proptest! {
    #[test]
    fn whatever_is_submitted_all_that_is_possible_runs_and_nothing_ever_holds_too_much(
        case in cases(), lives in some(24), limits in prop::array::uniform3(1000u64..9000), fifo in any::<bool>(),
    ) {
        let mut case = case;
        case.order = if fifo { Order::Fifo } else { fair() };
        for (owner, limit) in (1..).zip(limits) {
            case.limit(owner, limit);
        }
        let jobs = lives.clone();
        let done = Simulation::new(case, lives).run();
        for Life { waiting, .. } in &jobs {
            prop_assert_eq!(done.started.contains_key(&waiting.job), done.is_possible(waiting), "{:?}", waiting);
        }
    }

    #[test]
    fn in_the_order_of_submission_a_job_waits_no_longer_than_the_readme_says(case in cases(), lives in some(24)) {
        let jobs = lives.clone();
        let longest = jobs.iter().map(|life| i64::from(life.waiting.time_limit_s)).max().unwrap_or(0);
        let done = Simulation::new(case, lives).run();
        let possible = jobs.iter().map(|life| &life.waiting).filter(|job| done.is_possible(job));
        for (before, job) in (0_i64..).zip(possible) {
            let waited = done.started[&job.job] - job.waits_since.timestamp();
            prop_assert!(waited <= (before + 1) * longest, "{job:?} waited for {waited} s");
        }
    }

    #[test]
    fn what_is_behind_a_job_changes_nothing_for_it(
        case in cases(), running in some(8), lives in some(24), keep in 0usize..24,
    ) {
        let case = busy(case, running, lives);
        let all = case.pass();
        let mut fewer = case.clone();
        fewer.waiting.truncate(keep);
        let first = fewer.pass();
        prop_assert_eq!(&all.starts[..first.starts.len()], &first.starts[..]);
        for (with, without) in all.waits.iter().zip(&first.waits) {
            prop_assert_eq!((with.job, with.ahead), (without.job, without.ahead));
            prop_assert_eq!(with.expected_start, without.expected_start);
        }
    }

    #[test]
    fn what_starts_before_its_turn_does_not_delay_the_first_that_waits(
        case in cases(), running in some(8), lives in some(24),
    ) {
        let mut case = busy(case, running, lives);
        let found = case.pass();
        for start in &found.starts {
            let job = case.waiting.iter().find(|job| job.job == start.job).expect("it waits").clone();
            case.activate(&job, &start.worker, case.now + i64::from(job.time_limit_s));
            case.waiting.retain(|job| job.job != start.job);
        }
        let first = |found: &Pass| found.waits.iter().find(|wait| wait.expected_start.is_some()).cloned();
        let (before, after) = (first(&found), first(&case.pass()));
        let told = |wait: Option<Wait>| wait.map(|wait| (wait.job, wait.expected_start));
        prop_assert_eq!(told(before), told(after));
    }
}

/// These run already, and those wait, all submitted in the order of their numbers.
fn busy(case: Case, running: Vec<Life>, lives: Vec<Life>) -> Case {
    let mut case = case;
    for owner in 1..=3 {
        case.limit(owner, 8000);
    }
    case.now = 3000;
    let mut simulation = Simulation::new(case, running);
    simulation.step();
    let mut case = simulation.case;
    case.waiting = lives.into_iter().map(|life| life.waiting).collect();
    case
}

#[test]
fn a_big_job_does_not_starve() {
    const WEEK: i64 = 7 * 24 * HOUR;
    let mut case = Case::of(&[("hera", 4000)]);
    case.order = fair();
    case.shares.get_mut(&owner(1)).expect("an owner").used_cpu_seconds = 1e12;
    let large = Life { waiting: job(1, 1, 4000, HOUR), runs_s: HOUR };
    let small = |number: i64| {
        let waits_since = at((number - 2) / 3 * HOUR);
        Life { waiting: Waiting { waits_since, ..job(number, 2, 1000, 2 * HOUR) }, runs_s: 2 * HOUR }
    };
    let lives = [large].into_iter().chain((2..=3 * 24 * 8 + 1).map(small)).collect();
    let done = Simulation::new(case, lives).run();
    let started = done.started[&JobId::try_from(1_i64).expect("a number")];
    assert!((WEEK..=WEEK + 2 * HOUR).contains(&started), "after {started} s");
}
