//! Whole lives of random queues: pass after pass until everything that can run has run.

use proptest::prelude::*;

use super::*;
use crate::room::{Room, is_large_enough};

/// A job, and how long its script really runs; each element's of an array does so long.
#[derive(Debug, Clone)]
struct Life {
    waiting: Waiting,
    runs_s: i64,
}

#[derive(Debug)]
struct Running {
    from: i64,
    /// It may be before its time is over.
    end: i64,
    worker: WorkerName,
    job: Waiting,
}

#[derive(Debug)]
struct Simulation {
    /// What waits, runs and is there now.
    case: Case,
    to_come: Vec<Life>,
    waiting: Vec<Life>,
    running: Vec<Running>,
    /// When each has started, of an array the last element so far, and how many of it have.
    started: BTreeMap<JobId, (i64, u32)>,
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
        self.case.waiting = self.waiting.iter().map(|life| self.now_of(&life.waiting)).collect();
        let found = self.case.pass();
        for life in &self.waiting {
            let is_of = |job: JobId| job == life.waiting.job;
            let starts = found.starts.iter().filter(|start| is_of(start.job)).count();
            let waits = found.waits.iter().filter(|wait| is_of(wait.job)).count();
            let some_wait = starts < life.waiting.count as usize;
            assert_eq!(waits, usize::from(some_wait), "what does not start is told of once: {life:?}");
        }
        for start in found.starts {
            self.start(&start);
        }
        self.check();
        let submissions = self.to_come.iter().map(|life| life.waiting.waits_since.timestamp());
        submissions.chain(self.running.iter().map(|running| running.end)).min()
    }

    /// With how many of it may start beside those that run.
    fn now_of(&self, job: &Waiting) -> Waiting {
        let run = self.running.iter().filter(|running| running.job.job == job.job).count();
        let at_most = job.at_most.map(|most| most.saturating_sub(u32::try_from(run).expect("few")));
        Waiting { at_most, ..job.clone() }
    }

    fn start(&mut self, start: &Start) {
        let now = self.case.now;
        let index = self.waiting.iter().position(|life| life.waiting.job == start.job).expect("it waits");
        let Life { waiting: job, runs_s } = self.waiting[index].clone();
        self.waiting[index].waiting.count -= 1;
        if job.count == 1 {
            self.waiting.remove(index);
        }
        self.case.activate(&job, &start.worker, now + i64::from(job.time_limit_s));
        let (last, count) = self.started.entry(job.job).or_default();
        (*last, *count) = (now, *count + 1);
        self.running.push(Running { from: now, end: now + runs_s, worker: start.worker.clone(), job });
    }

    /// What is over gives back what it held, and counts as used by its owner.
    fn end(&mut self) {
        let now = self.case.now;
        let running = std::mem::take(&mut self.running);
        let (ended, run_on): (Vec<_>, Vec<_>) = running.into_iter().partition(|running| running.end <= now);
        self.case.active.clear();
        for host in &mut self.case.hosts {
            host.used = Usage::default();
        }
        for share in self.case.shares.values_mut() {
            share.held = Usage::default();
        }
        for Running { from, job, .. } in ended {
            let seconds = now - from;
            let share = self.case.shares.get_mut(&job.owner).expect("the owner");
            share.used_cpu_seconds += seconds as f64 * job.each.cpus();
        }
        for Running { from, worker, job, .. } in &run_on {
            self.case.activate(job, worker, from + i64::from(job.time_limit_s));
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
        for Running { worker, job, .. } in &self.running {
            let host = self.case.hosts.iter().find(|host| host.name == *worker).expect("the host");
            assert!(job.runtime.as_ref().is_none_or(|runtime| host.runtimes.contains(runtime)) && host.ready);
            let run = self.running.iter().filter(|other| other.job.job == job.job).count();
            assert!(job.at_most.is_none_or(|most| run <= most as usize), "{job:?}");
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
        count in 1u32..4, at_most in prop::option::of(1u32..4),
    ) -> Life {
        let mut waiting = job(1, owner, cpu, limit);
        (waiting.each.memory_mib, waiting.each.pids) = (memory, pids);
        waiting.waits_since = at(submitted);
        (waiting.count, waiting.at_most) = (count, at_most.filter(|_| count > 1));
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
            let ran = done.started.get(&waiting.job).map_or(0, |(_, count)| *count);
            let possible = if done.is_possible(waiting) { waiting.count } else { 0 };
            prop_assert_eq!(ran, possible, "{:?}", waiting);
        }
    }

    #[test]
    fn in_the_order_of_submission_a_job_waits_no_longer_than_the_readme_says(case in cases(), lives in some(24)) {
        let mut lives = lives;
        for life in &mut lives {
            // The time at an array's own limit does not count.
            life.waiting.at_most = None;
        }
        let jobs = lives.clone();
        let longest = jobs.iter().map(|life| i64::from(life.waiting.time_limit_s)).max().unwrap_or(0);
        let done = Simulation::new(case, lives).run();
        let possible = jobs.iter().map(|life| &life.waiting).filter(|job| done.is_possible(job));
        let mut elements = 0;
        for job in possible {
            elements += i64::from(job.count);
            let waited = done.started[&job.job].0 - job.waits_since.timestamp();
            prop_assert!(waited <= elements * longest, "{job:?} waited for {waited} s");
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
            let job = case.waiting.iter_mut().find(|job| job.job == start.job).expect("it waits");
            job.count -= 1;
            job.at_most = job.at_most.map(|most| most - 1);
            let job = job.clone();
            case.activate(&job, &start.worker, case.now + i64::from(job.time_limit_s));
        }
        case.waiting.retain(|job| job.count > 0);
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
fn a_large_job_of_who_used_most_starts_as_soon_as_its_full_age_gives_it_room() {
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
    let (started, _) = done.started[&JobId::try_from(1_i64).expect("a number")];
    assert!((WEEK..=WEEK + 2 * HOUR).contains(&started), "after {started} s");
}
