//! What is used of a host, from now on, by what runs there and by what was planned. Times are in whole seconds. Knows no job.

use domain::{quota::Usage, resources::Resources};

use crate::room::Room;

/// So much is used from then on, until the next step.
#[derive(Debug, Clone, Copy)]
struct Step {
    from: i64,
    used: Usage,
}

/// One host's steps, by time; the first begins now, the last does not end.
#[derive(Debug)]
pub(super) struct Profile {
    room: Room,
    steps: Vec<Step>,
}

impl Profile {
    /// `used` now, of which each of `ends` is given back at its time, all after `now`.
    pub(super) fn new(room: Room, used: Usage, now: i64, mut ends: Vec<(i64, Resources)>) -> Self {
        ends.sort_unstable_by_key(|(at, _)| *at);
        let mut steps = Vec::with_capacity(ends.len() + 1);
        let mut last = Step { from: now, used };
        for (at, each) in ends {
            if at > last.from {
                steps.push(last);
                last.from = at;
            }
            last.used = without(last.used, Usage::of_jobs(1, each));
        }
        steps.push(last);
        Self { room, steps }
    }

    /// What is left now.
    pub(super) fn left(&self) -> Room {
        self.room.left(self.steps.first().map(|step| step.used).unwrap_or_default())
    }

    /// When this first fits for so long, at `by` at the latest, and what else is used then.
    pub(super) fn earliest(&self, each: Resources, seconds: i64, by: i64) -> Option<(i64, Usage)> {
        let ends = self.steps.iter().skip(1).map(|step| step.from).chain([i64::MAX]);
        let mut begin: Option<Step> = None;
        for (step, end) in self.steps.iter().zip(ends) {
            if begin.is_none() && step.from > by {
                return None;
            }
            if !self.room.left(step.used).takes(each) {
                begin = None;
                continue;
            }
            let Step { from, used } = *begin.get_or_insert(*step);
            if end.saturating_sub(from) >= seconds {
                return Some((from, used));
            }
        }
        None
    }

    /// Keeps this much from `at` on for so long.
    pub(super) fn reserve(&mut self, each: Resources, seconds: i64, at: i64) {
        let begin = self.step_at(at);
        let end = self.step_at(at.saturating_add(seconds));
        for step in self.steps.iter_mut().take(end).skip(begin) {
            step.used = step.used.plus(Usage::of_jobs(1, each));
        }
    }

    /// The index of the step that begins then; made where there is none.
    fn step_at(&mut self, at: i64) -> usize {
        let index = self.steps.partition_point(|step| step.from < at);
        if self.steps.get(index).is_none_or(|step| step.from != at) {
            let before = index.checked_sub(1).and_then(|before| self.steps.get(before));
            let used = before.map(|step| step.used).unwrap_or_default();
            self.steps.insert(index, Step { from: at, used });
        }
        index
    }
}

fn without(used: Usage, one: Usage) -> Usage {
    Usage {
        cpu_milli: used.cpu_milli.saturating_sub(one.cpu_milli),
        memory_mib: used.memory_mib.saturating_sub(one.memory_mib),
        pids: used.pids.saturating_sub(one.pids),
        ..used
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Host, Overcommit};

    const fn of(cpu_milli: u32) -> Resources {
        Resources { cpu_milli, memory_mib: 64, pids: 1 }
    }

    /// Of four CPUs, one is used by nodes, and these jobs end at these times.
    fn profile(ends: &[(i64, u32)]) -> Profile {
        let name = "hera".parse().expect("a name");
        let (cpu_milli, memory_mib, used, runtimes) = (4000, 1 << 20, Usage::default(), BTreeSet::new());
        let host = Host { name, cpu_milli, memory_mib, pids: None, runtimes, used, ready: true };
        let jobs = ends.iter().map(|(_, cpu)| Usage::of_jobs(1, of(*cpu))).fold(Usage::default(), Usage::plus);
        let ends = ends.iter().map(|(at, cpu)| (*at, of(*cpu))).collect();
        Profile::new(
            Room::of(&host, Overcommit { cpu: 1.0, memory: 1.0 }),
            jobs.plus(Usage::of_nodes(1, of(1000))),
            100,
            ends,
        )
    }

    fn starts(profile: &Profile, cpu: u32, seconds: i64) -> Option<i64> {
        profile.earliest(of(cpu), seconds, i64::MAX).map(|(at, _)| at)
    }

    #[test]
    fn what_does_not_fit_now_fits_when_enough_has_ended() {
        let profile = profile(&[(300, 1000), (200, 1000), (300, 500)]);
        assert_eq!(starts(&profile, 500, 1000), Some(100));
        assert_eq!(starts(&profile, 1500, 1000), Some(200));
        assert_eq!(starts(&profile, 1501, 1000), Some(300));
        assert_eq!(starts(&profile, 3000, 1000), Some(300));
        assert_eq!(starts(&profile, 3001, 1), None, "nodes do not end");
    }

    #[test]
    fn what_is_short_enough_goes_into_the_gap_before_a_reservation() {
        let mut profile = profile(&[(200, 2000)]);
        profile.reserve(of(3000), 50, 200);
        assert_eq!(starts(&profile, 1000, 100), Some(100), "it is over when the reservation begins");
        assert_eq!(starts(&profile, 1000, 101), Some(250), "a second more is too long");
        assert_eq!(profile.earliest(of(1000), 101, 249), None, "that is too late");
        profile.reserve(of(1000), 100, 100);
        assert!(!profile.left().takes(of(1)), "taken now");
        assert_eq!(starts(&profile, 1, 1), Some(250));
    }

    #[test]
    fn reservations_beside_and_within_each_other_add_up() {
        let mut profile = profile(&[]);
        profile.reserve(of(1000), 100, 150);
        profile.reserve(of(1000), 20, 200);
        profile.reserve(of(1000), 50, 200);
        let used: Vec<_> = profile.steps.iter().map(|step| (step.from, step.used.cpu_milli)).collect();
        assert_eq!(used, [(100, 1000), (150, 2000), (200, 4000), (220, 3000), (250, 1000)]);
    }
}
