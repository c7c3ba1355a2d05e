//! Who comes first. Knows sizes and what owners have used, not where there is room.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::UserId;

use super::{Order, Queue, Waiting};

/// A job that has waited for so long comes before all that have not.
const FULL_AGE_S: i64 = 7 * 24 * 60 * 60;
/// Less is as good as none, and would count its owner among those who share for ever.
const LEAST_CPU_SECONDS: f64 = 1.0;

/// How much each factor counts; the factors are between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// How long the job has waited.
    pub age: f64,
    /// How little its owner has used.
    pub fair_share: f64,
    /// How much of the largest host it takes.
    pub size: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { age: 1.0, fair_share: 2.0, size: 0.25 }
    }
}

/// Half of it is forgotten in each `half_life`.
pub fn decayed(cpu_seconds: f64, over: TimeDelta, half_life: TimeDelta) -> f64 {
    if over <= TimeDelta::zero() {
        return cpu_seconds;
    }
    let half_lives = over.num_milliseconds() as f64 / half_life.num_milliseconds().max(0) as f64;
    cpu_seconds * (-half_lives).exp2()
}

/// The waiting jobs, the first first. Equal ones by submission, then by number.
pub(super) fn ordered<'a>(queue: &Queue<'a>) -> Vec<&'a Waiting> {
    let mut ranked: Vec<(f64, &Waiting)> = match queue.order {
        Order::Fifo => queue.waiting.iter().map(|job| (0.0, job)).collect(),
        Order::FairShare(weights) => {
            let priorities = Priorities::new(queue, weights);
            queue.waiting.iter().map(|job| (priorities.of(job), job)).collect()
        }
    };
    ranked.sort_unstable_by(|(a, x), (b, y)| {
        b.total_cmp(a).then_with(|| (x.waits_since, x.job).cmp(&(y.waits_since, y.job)))
    });
    ranked.into_iter().map(|(_, job)| job).collect()
}

struct Priorities {
    now: i64,
    weights: Weights,
    /// 2^(-used/share) of each owner.
    fair_shares: BTreeMap<UserId, f64>,
    most_cpu: u64,
    most_memory: u64,
}

impl Priorities {
    fn new(queue: &Queue<'_>, weights: Weights) -> Self {
        Self {
            now: queue.now.timestamp(),
            weights,
            fair_shares: fair_shares(queue),
            most_cpu: queue.hosts.iter().map(|host| host.cpu_milli).max().unwrap_or(0),
            most_memory: queue.hosts.iter().map(|host| host.memory_mib).max().unwrap_or(0),
        }
    }

    fn of(&self, job: &Waiting) -> f64 {
        let age = self.now.saturating_sub(job.waits_since.timestamp()).max(0);
        if age >= FULL_AGE_S {
            // Nothing comes before it but what was submitted before it: see the README on starvation.
            return f64::INFINITY;
        }
        let share = |asked: u32, most: u64| f64::from(asked) / most.max(1) as f64;
        let size = share(job.each.cpu_milli, self.most_cpu).max(share(job.each.memory_mib, self.most_memory)).min(1.0);
        let fair_share = self.fair_shares.get(&job.owner).copied().unwrap_or(1.0);
        let age = age as f64 / FULL_AGE_S as f64;
        self.weights.age * age + self.weights.fair_share * fair_share + self.weights.size * size
    }
}

fn fair_shares(queue: &Queue<'_>) -> BTreeMap<UserId, f64> {
    let used: BTreeMap<UserId, f64> = queue
        .shares
        .iter()
        .map(|(owner, share)| (*owner, share.used_cpu_seconds))
        .filter(|(_, used)| *used >= LEAST_CPU_SECONDS)
        .collect();
    let all: f64 = used.values().sum();
    let waiting = queue.waiting.iter().map(|job| job.owner);
    let owners: BTreeSet<UserId> = waiting.chain(used.keys().copied()).collect();
    let of = |owner: UserId| used.get(&owner).map_or(1.0, |used| (-(used / all) * owners.len() as f64).exp2());
    owners.iter().map(|owner| (*owner, of(*owner))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::tests::{Case, HOUR, job, owner};

    const DAY: i64 = 24 * HOUR;

    /// Three owners: the first has used three times as much as the second, and the third nothing.
    fn case() -> Case {
        let mut case = Case::of(&[("hera", 16_000)]);
        case.now = DAY;
        case.order = Order::FairShare(Weights::default());
        case.shares.get_mut(&owner(1)).expect("an owner").used_cpu_seconds = 30_000.0;
        case.shares.get_mut(&owner(2)).expect("an owner").used_cpu_seconds = 10_000.0;
        case
    }

    fn numbers(case: &Case) -> Vec<i64> {
        case.with(|queue| ordered(queue).iter().map(|job| job.job.as_i64()).collect())
    }

    #[test]
    fn the_numbers_of_the_readme_are_right() {
        let mut case = case();
        let [first, mut second, mut third] = [(1, 8000), (2, 1000), (3, 1000)].map(|(n, cpu)| job(n, n, cpu, HOUR));
        second.waits_since += TimeDelta::hours(23);
        third.waits_since += TimeDelta::hours(24);
        case.waiting = vec![first, second, third];
        let priorities: Vec<f64> = case.with(|queue| {
            let priorities = Priorities::new(queue, Weights::default());
            queue.waiting.iter().map(|job| (priorities.of(job) * 10_000.0).round() / 10_000.0).collect()
        });
        assert_eq!(priorities, [0.6883, 1.2108, 2.0156]);
        assert_eq!(numbers(&case), [3, 2, 1]);
        assert_eq!(decayed(40_000.0, TimeDelta::days(1), TimeDelta::days(7)).round(), 36_229.0);
        assert_eq!(decayed(40_000.0, TimeDelta::days(7), TimeDelta::days(7)).round(), 20_000.0);
        case.now = 7 * DAY;
        assert_eq!(numbers(&case), [1, 3, 2], "the first has its full age");
    }

    #[test]
    fn an_idle_day_does_not_reset_fair_share() {
        let (day, week) = (TimeDelta::days(1), TimeDelta::days(7));
        let mut case = case();
        case.waiting = vec![job(1, 1, 1000, HOUR), job(2, 2, 1000, HOUR)];
        assert_eq!(numbers(&case), [2, 1]);
        for share in case.shares.values_mut() {
            share.used_cpu_seconds = decayed(share.used_cpu_seconds, day, week);
        }
        case.now += DAY;
        assert_eq!(numbers(&case), [2, 1]);
        let after_a_year = decayed(30_000.0, day * 365, week);
        assert!(after_a_year < LEAST_CPU_SECONDS, "it is forgotten in the end: {after_a_year}");
        assert_eq!(decayed(5.0, -day, week), 5.0, "a clock that was set back gives nothing back");
        assert_eq!(decayed(5.0, day, TimeDelta::zero()), 0.0);
    }

    #[test]
    fn equal_jobs_keep_the_order_of_their_submission_and_then_of_their_numbers() {
        let mut case = case();
        let mut late = job(1, 3, 1000, HOUR);
        late.waits_since += TimeDelta::seconds(1);
        case.now = 0;
        case.waiting = vec![late, job(3, 3, 1000, HOUR), job(2, 3, 1000, HOUR)];
        assert_eq!(numbers(&case), [2, 3, 1]);
    }

    #[test]
    fn in_the_order_of_submission_nobody_s_use_counts() {
        let mut case = case();
        let mut late = job(1, 3, 16_000, HOUR);
        late.waits_since += TimeDelta::seconds(1);
        case.waiting = vec![late, job(2, 1, 1000, HOUR)];
        assert_eq!(numbers(&case), [1, 2]);
        case.order = Order::Fifo;
        assert_eq!(numbers(&case), [2, 1]);
    }

    #[test]
    fn of_one_owner_s_jobs_of_one_age_the_larger_comes_first() {
        let mut case = case();
        case.waiting = vec![job(1, 1, 1000, HOUR), job(2, 1, 9000, HOUR)];
        assert_eq!(numbers(&case), [2, 1]);
    }
}
