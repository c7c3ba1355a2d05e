//! What would let a job start earlier, and that a pass over the changed queue finds the same.

use super::*;

impl Case {
    fn what_ifs(&self, number: i64) -> Vec<(Change, i64)> {
        let id = JobId::try_from(number).expect("a number");
        let found = self.with(|queue| what_ifs(queue, id));
        assert!(found.iter().all(|found| found.now == (found.starts_at == at(self.now))), "{found:?}");
        found.into_iter().map(|found| (found.change, found.starts_at.timestamp())).collect()
    }

    /// When it starts with this change, as a pass says.
    fn start_with(&self, number: i64, change: Change) -> Option<i64> {
        let mut changed = self.clone();
        let one = changed.waiting.iter_mut().find(|one| one.job.as_i64() == number).expect("it waits");
        one.waits_since = at(self.now);
        match change {
            Change::CpuMilli { to, .. } => one.each.cpu_milli = to,
            Change::MemoryMib { to, .. } => one.each.memory_mib = to,
            Change::TimeLimitS { to, .. } => one.time_limit_s = to,
            Change::Release => one.stays = None,
        }
        if changed.numbers().contains(&number) { Some(self.now) } else { changed.expected(number) }
    }
}

/// Of 8 CPUs, 5 are used for two hours.
fn busy() -> Case {
    let mut case = Case::of(&[("hera", 8000)]);
    case.runs(3, "hera", 5000, 2 * HOUR);
    case
}

const fn cpu(from: u32, to: u32) -> Change {
    Change::CpuMilli { from, to }
}

#[test]
fn with_fewer_cpus_it_would_fit_beside_what_runs() {
    let mut case = busy();
    case.waiting = vec![job(1, 1, 8000, HOUR)];
    assert_eq!(case.what_ifs(1), [(cpu(8000, 2000), 0)]);
    case.waiting = vec![job(1, 1, 6000, HOUR)];
    assert_eq!(case.what_ifs(1), [(cpu(6000, 3000), 0)], "no fewer than it takes");
}

#[test]
fn with_less_time_it_would_be_over_before_others_need_the_room() {
    let mut case = busy();
    case.waiting = vec![job(1, 1, 8000, HOUR), job(2, 2, 2000, HOUR), job(3, 2, 1000, 3 * HOUR)];
    assert_eq!(case.expected(3), Some(3 * HOUR));
    assert_eq!(case.what_ifs(3), [(Change::TimeLimitS { from: 10_800, to: 5400 }, 0)]);
    assert!((case.wait(3).ahead_cpu_hours - 8.0).abs() < 1e-9 && case.wait(1).ahead_cpu_hours == 0.0);
}

#[test]
fn with_less_memory_it_would_fit_where_memory_is_short() {
    let mut case = busy();
    case.hosts[0].memory_mib = 1024;
    case.waiting =
        vec![Waiting { each: Resources { memory_mib: 1024, ..job(1, 1, 1000, HOUR).each }, ..job(1, 1, 1000, HOUR) }];
    assert_eq!(case.what_ifs(1), [(Change::MemoryMib { from: 1024, to: 512 }, 0)]);
}

#[test]
fn it_would_wait_behind_what_was_submitted_before_the_change() {
    let mut case = busy();
    case.now = 60;
    case.waiting = vec![job(1, 1, 8000, HOUR), Waiting { waits_since: at(30), ..job(2, 2, 2000, HOUR) }];
    assert_eq!(case.numbers(), [2]);
    assert_eq!(case.what_ifs(1), [(cpu(8000, 2000), 60 + HOUR)], "the other one takes the room it would have now");
}

#[test]
fn a_limit_that_holds_it_may_leave_enough_for_a_smaller_one() {
    let mut case = busy();
    case.limit(1, 4000);
    case.runs(1, "hera", 1000, HOUR);
    case.waiting = vec![job(1, 1, 4000, HOUR)];
    assert_eq!(case.expected(1), None);
    assert_eq!(case.what_ifs(1), [(cpu(4000, 2000), 0)]);
}

#[test]
fn what_no_host_could_run_could_be_run_smaller() {
    let mut case = Case::of(&[("hera", 8000)]);
    case.waiting = vec![job(1, 1, 9000, HOUR)];
    assert_eq!(case.what_ifs(1), [(cpu(9000, 4500), 0)]);
}

#[test]
fn a_held_job_would_start_after_its_release_and_no_size_helps_what_waits_for_others() {
    let mut case = busy();
    let held = Waiting { stays: Some(Stay::Held), ..job(1, 1, 1000, HOUR) };
    let depends = Waiting { stays: Some(Stay::Dependency("it waits for job 1".into())), ..job(2, 1, 1000, HOUR) };
    case.waiting = vec![held, depends, Waiting { stays: Some(Stay::NotBefore(at(HOUR))), ..job(3, 1, 1000, HOUR) }];
    assert_eq!(case.what_ifs(1), [(Change::Release, 0)]);
    assert_eq!([2, 3, 4].map(|number| case.what_ifs(number).len()), [0; 3]);
}

#[test]
fn each_change_is_a_sentence() {
    let said = |change, seconds| {
        let (starts_at, now) = (at(seconds), seconds == 0);
        WhatIf { change, starts_at, now }.to_string()
    };
    let later = "with a time limit of 1:30:00 instead of 3:00:00 it would start by 1970-01-01 01:00:00 UTC";
    assert_eq!(said(cpu(3000, 1500), 0), "with 1.5 instead of 3 CPUs it would start now");
    assert_eq!(said(Change::TimeLimitS { from: 10_800, to: 5400 }, HOUR), later);
    assert_eq!(said(Change::Release, 0), "once it is released it would start now");
}

#[test]
fn what_starts_now_needs_no_change() {
    let mut case = busy();
    case.waiting = vec![job(1, 1, 3000, HOUR)];
    assert!(case.what_ifs(1).is_empty());
}

#[test]
fn each_is_what_a_pass_over_the_changed_queue_finds() {
    for order in [Order::Fifo, Order::FairShare(Weights::default())] {
        let mut case = Case::of(&[("hera", 8000), ("io", 4000)]);
        case.order = order;
        case.now = 600;
        case.shares.get_mut(&owner(1)).expect("an owner").used_cpu_seconds = 10_000.0;
        case.runs(3, "hera", 5000, 2 * HOUR);
        case.runs(3, "io", 4000, HOUR);
        let waiting = |number: i64| {
            let cpu = u32::try_from(1 + number * 7 % 8).expect("a size") * 1000;
            let waits_since = at(number * 5);
            Waiting { waits_since, ..job(number, 1 + number % 3, cpu, HOUR * (1 + number * 5 % 7) / 2) }
        };
        case.waiting = (1..=30).map(waiting).collect();
        let mut asked = 0;
        for number in 1..=30 {
            for (change, start) in case.what_ifs(number) {
                assert_eq!(case.start_with(number, change), Some(start), "job {number}, {change:?}, {order:?}");
                asked += 1;
            }
        }
        assert!(asked > 0);
    }
}
