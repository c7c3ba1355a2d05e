//! What a pass decides and says, case by case.

mod arrays;
mod hosts;
mod simulation;
mod what_if;

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::*;

pub(super) const HOUR: i64 = 3600;
const WIDE: Limits = Limits { vclusters: 0, nodes: 0, cpu_milli: 1 << 30, memory_mib: 1 << 40, pids: 1 << 30 };

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

pub(super) fn owner(number: i64) -> UserId {
    format!("00000000-0000-7000-8000-{number:012}").parse().expect("an id")
}

/// Of 64 MiB; submitted at the beginning.
pub(super) fn job(number: i64, of: i64, cpu_milli: u32, seconds: i64) -> Waiting {
    Waiting {
        job: JobId::try_from(number).expect("a number"),
        owner: owner(of),
        each: Resources { cpu_milli, memory_mib: 64, pids: 8 },
        runtime: None,
        time_limit_s: u32::try_from(seconds).expect("a time limit"),
        waits_since: at(0),
        nice: 0,
        count: 1,
        at_most: None,
        stays: None,
    }
}

/// All that a pass is asked, and three owners with wide limits who have used nothing.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) now: i64,
    pub(super) hosts: Vec<Host>,
    pub(super) waiting: Vec<Waiting>,
    pub(super) active: Vec<Active>,
    pub(super) shares: BTreeMap<UserId, Share>,
    pub(super) order: Order,
}

impl Case {
    /// Hosts of so many thousandths of a CPU; jobs in the order of their submission.
    pub(super) fn of(hosts: &[(&str, u64)]) -> Self {
        let host = |(name, cpu_milli): &(&str, u64)| Host {
            name: name.parse().expect("a name"),
            cpu_milli: *cpu_milli,
            memory_mib: 1 << 20,
            pids: Some(1 << 16),
            runtimes: BTreeSet::new(),
            used: Usage::default(),
            ready: true,
        };
        let share = Share { limits: WIDE, held: Usage::default(), used_cpu_seconds: 0.0 };
        Self {
            now: 0,
            hosts: hosts.iter().map(host).collect(),
            waiting: Vec::new(),
            active: Vec::new(),
            shares: (1..=3).map(|number| (owner(number), share)).collect(),
            order: Order::Fifo,
        }
    }

    pub(super) fn with<T>(&self, ask: impl FnOnce(&Queue<'_>) -> T) -> T {
        ask(&Queue {
            now: at(self.now),
            hosts: &self.hosts,
            waiting: &self.waiting,
            active: &self.active,
            shares: &self.shares,
            overcommit: Overcommit { cpu: 1.0, memory: 1.0 },
            order: self.order,
        })
    }

    fn pass(&self) -> Pass {
        self.with(pass)
    }

    /// This one runs there, and ends then at the latest.
    fn activate(&mut self, job: &Waiting, worker: &WorkerName, ends: i64) {
        let (owner, each, worker) = (job.owner, job.each, worker.clone());
        let host = self.hosts.iter_mut().find(|host| host.name == worker).expect("the host");
        host.used = host.used.plus(Usage::of_jobs(1, each));
        let share = self.shares.get_mut(&owner).expect("the owner");
        share.held = share.held.plus(Usage::of_jobs(1, each));
        self.active.push(Active { owner, worker, each, ends_at: at(ends) });
    }

    fn runs(&mut self, of: i64, worker: &str, cpu_milli: u32, ends: i64) {
        self.activate(&job(1, of, cpu_milli, HOUR), &worker.parse().expect("a name"), ends);
    }

    fn limit(&mut self, of: i64, cpu_milli: u64) {
        self.shares.get_mut(&owner(of)).expect("the owner").limits.cpu_milli = cpu_milli;
    }

    /// What starts, and where.
    fn starts(&self) -> Vec<(i64, String)> {
        self.pass().starts.iter().map(|start| (start.job.as_i64(), start.worker.to_string())).collect()
    }

    /// What starts.
    fn numbers(&self) -> Vec<i64> {
        self.starts().into_iter().map(|(number, _)| number).collect()
    }

    fn wait(&self, number: i64) -> Wait {
        self.pass().waits.into_iter().find(|wait| wait.job.as_i64() == number).expect("it waits")
    }

    fn expected(&self, number: i64) -> Option<i64> {
        self.wait(number).expected_start.map(|at| at.timestamp())
    }
}

#[test]
fn a_large_job_keeps_its_turn_and_what_is_short_enough_goes_before_it() {
    let mut case = Case::of(&[("hera", 8000)]);
    case.runs(3, "hera", 5000, 2 * HOUR);
    case.waiting = vec![job(1, 1, 8000, HOUR), job(2, 2, 2000, HOUR), job(3, 2, 1000, 3 * HOUR)];
    assert_eq!(case.numbers(), [2]);
    let (first, third) = (case.wait(1), case.wait(3));
    assert_eq!((first.ahead, first.expected_start), (0, Some(at(2 * HOUR))));
    assert_eq!(first.reason.to_string(), "it waits for a host with room: the emptiest host has 1 CPUs left");
    assert_eq!((third.ahead, third.expected_start), (1, Some(at(3 * HOUR))));
    assert_eq!(third.reason, Reason::Priority, "a CPU is free, and kept");
    assert_eq!(third.reason.to_string(), "other jobs come first, and what is free is kept for them");
}

#[test]
fn limits_hold_what_is_too_much_and_let_others_go_ahead() {
    let mut case = Case::of(&[("hera", 16_000)]);
    case.limit(1, 4000);
    case.runs(1, "hera", 1000, HOUR);
    case.waiting = vec![job(1, 1, 2000, HOUR), job(2, 1, 2000, HOUR), job(3, 2, 2000, HOUR), job(4, 1, 1000, HOUR)];
    assert_eq!(case.numbers(), [1, 3, 4]);
    let second = case.wait(2);
    assert_eq!(second.reason.to_string(), "it needs 2 CPUs, but your limit of 4 leaves 1");
    assert_eq!((second.ahead, second.expected_start), (0, None));
    case.limit(1, 2000);
    case.shares.get_mut(&owner(1)).expect("an owner").limits.memory_mib = 100;
    let both = "it needs 2 CPUs, but your limit of 2 leaves 1, and needs 64 MiB of memory, but your limit of 100 MiB \
                leaves 36 MiB";
    assert_eq!(case.wait(1).reason.to_string(), both);
}

#[test]
fn a_later_job_of_the_same_owner_does_not_take_what_is_kept_for_an_earlier_one() {
    let mut case = Case::of(&[("hera", 4000)]);
    case.limit(1, 4000);
    case.runs(3, "hera", 2000, HOUR);
    case.waiting = vec![job(1, 1, 4000, HOUR), job(2, 1, 1000, HOUR), job(3, 2, 1000, HOUR)];
    assert_eq!(case.numbers(), [3]);
    assert_eq!(case.expected(1), Some(HOUR));
    let second = case.wait(2);
    assert_eq!((second.reason, second.ahead, second.expected_start), (Reason::Priority, 1, None));
}

#[test]
fn of_several_reasons_the_one_that_must_go_first_is_told() {
    let mut case = Case::of(&[("hera", 4000)]);
    case.waiting = vec![Waiting { stays: Some(Stay::Held), ..job(1, 1, 5000, HOUR) }];
    case.limit(1, 1000);
    let impossible = "no host here can ever run it; one job cannot have more CPUs than its host: the largest host has 4; \
                      cancel it, and submit one that asks for less";
    assert_eq!(case.wait(1).reason.to_string(), impossible);
    case.hosts[0].cpu_milli = 5000;
    case.runs(2, "hera", 4000, HOUR);
    assert_eq!(case.wait(1).reason, Reason::Held);
    assert_eq!(case.wait(1).reason.to_string(), "it is held, and starts only after it is released");
    for (stay, sentence) in [
        (Stay::Dependency("it waits until job 7 (running) is over".into()), "it waits until job 7 (running) is over"),
        (Stay::NotBefore(at(HOUR)), "it does not start before 1970-01-01 01:00:00 UTC"),
    ] {
        case.waiting[0].stays = Some(stay.clone());
        assert_eq!((case.wait(1).reason, case.wait(1).expected_start), (Reason::from(stay), None));
        assert_eq!(case.wait(1).reason.to_string(), sentence);
    }
    case.waiting[0].stays = None;
    assert!(matches!(case.wait(1).reason, Reason::Limit(_)));
    case.limit(1, 5000);
    case.waiting.push(job(2, 2, 1000, 3 * HOUR));
    assert_eq!(case.wait(2).reason, Reason::Priority, "one CPU is free, and kept for the first");
    assert!(matches!(case.wait(1).reason, Reason::Capacity(_)));
}

#[test]
fn what_stays_keeps_no_room_and_holds_up_nobody() {
    let mut case = Case::of(&[("hera", 4000)]);
    let stays = [Stay::Held, Stay::Dependency("it waits".into()), Stay::NotBefore(at(1))].into_iter().zip(1..);
    case.waiting = stays.map(|(stay, n)| Waiting { stays: Some(stay), ..job(n, 1, 4000, HOUR) }).collect();
    case.waiting.push(job(4, 2, 4000, HOUR));
    assert_eq!(case.numbers(), [4]);
    assert_eq!(case.wait(3).ahead, 0);
}

#[test]
fn a_job_of_an_owner_whose_limits_are_not_known_does_not_start() {
    let mut case = Case::of(&[("hera", 4000)]);
    case.waiting = vec![job(1, 9, 1000, HOUR)];
    assert!(case.numbers().is_empty());
    assert_eq!(case.wait(1).reason.to_string(), "it has an owner whose limits are not known");
}

#[test]
fn a_job_whose_time_is_over_is_about_to_end() {
    let mut case = Case::of(&[("hera", 1000)]);
    case.now = 2 * HOUR;
    case.runs(2, "hera", 1000, HOUR);
    case.waiting = vec![job(1, 1, 1000, HOUR)];
    assert_eq!(case.expected(1), Some(2 * HOUR + 60));
    case.active[0].ends_at = at(2 * HOUR + 5) + TimeDelta::milliseconds(1);
    assert_eq!(case.expected(1), Some(2 * HOUR + 6), "not a moment before it has ended");
}

#[test]
fn behind_the_first_thousand_what_no_reservation_uses_is_taken_and_nothing_is_planned() {
    let mut case = Case::of(&[("hera", 3000)]);
    case.runs(3, "hera", 1000, HOUR);
    case.waiting = (1..=1000).map(|number| job(number, 1, 3000, 1)).collect();
    case.waiting.extend([job(1001, 2, 1000, HOUR), job(1002, 2, 1000, HOUR + 1)]);
    assert_eq!(case.numbers(), [1001]);
    assert_eq!(case.expected(1000), Some(HOUR + 999));
    let last = case.wait(1002);
    assert_eq!((last.reason, last.ahead, last.expected_start), (Reason::Priority, 1000, None));
}
