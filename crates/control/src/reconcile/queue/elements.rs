//! How many more elements of an array may begin. Knows no host and no limit.

use std::collections::HashMap;

use domain::{JobId, job::Job};

use crate::ports::store::QueuedJob;

/// While so many elements of an array wait for another attempt, it begins no other one. Else all elements of an array that fails
/// would wait at last, each in a row of its own, and every pass reads all that wait.
const MOST_AGAIN: u32 = 100;

/// Of each array, how many elements run, and how many wait for another attempt.
#[derive(Debug)]
pub(super) struct Elements {
    running: HashMap<JobId, u32>,
    again: HashMap<JobId, u32>,
}

impl Elements {
    pub(super) fn of(pending: &[QueuedJob], active: &[Job]) -> Self {
        Self {
            running: counted(active.iter().filter_map(|job| job.part).map(|part| part.of)),
            again: counted(pending.iter().filter_map(|job| job.array)),
        }
    }

    /// How many of it may run beside those of its array that run already; `None` where there is no such rule.
    pub(super) fn at_most(&self, job: &QueuedJob) -> Option<u32> {
        if self.again.get(&job.id).is_some_and(|again| *again >= MOST_AGAIN) {
            return Some(0);
        }
        let running = self.running.get(&job.array.unwrap_or(job.id)).copied().unwrap_or_default();
        job.at_most.map(|most| most.saturating_sub(running))
    }
}

fn counted(arrays: impl Iterator<Item = JobId>) -> HashMap<JobId, u32> {
    let mut counts = HashMap::new();
    for array in arrays {
        *counts.entry(array).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::{
        UserId,
        job::{Nice, TimeLimit},
        resources::Resources,
    };

    use super::*;

    fn id(number: i64) -> JobId {
        JobId::try_from(number).expect("a number")
    }

    fn job(number: i64) -> QueuedJob {
        QueuedJob {
            id: id(number),
            owner: UserId::new(uuid::Uuid::from_u128(1)),
            name: "train".parse().expect("a name"),
            resources: Resources { cpu_milli: 1000, memory_mib: 64, pids: 8 },
            runtime: None,
            time_limit: TimeLimit::USUAL,
            waits_since: DateTime::UNIX_EPOCH,
            held: false,
            array: None,
            left: 1,
            at_most: None,
            nice: Nice::default(),
            not_before: None,
            deadline: None,
            after: None,
        }
    }

    /// Of array 1.
    fn element(number: i64) -> QueuedJob {
        QueuedJob { array: Some(id(1)), ..job(number) }
    }

    #[test]
    fn an_array_begins_no_element_while_a_hundred_wait_for_another_attempt() {
        let at_most = |job: &QueuedJob, again: i64| {
            let pending: Vec<QueuedJob> = (0..again).map(|number| element(number + 2)).collect();
            Elements::of(&pending, &[]).at_most(job)
        };
        let array = QueuedJob { left: 9, ..job(1) };
        let narrow = QueuedJob { at_most: Some(5), ..array.clone() };
        assert_eq!([at_most(&array, 99), at_most(&array, 100)], [None, Some(0)]);
        assert_eq!([at_most(&narrow, 99), at_most(&narrow, 100)], [Some(5), Some(0)]);
        assert_eq!(at_most(&element(2), 100), None, "those that wait may begin");
        assert_eq!(at_most(&job(999), 100), None, "another job knows nothing of it");
    }

    #[test]
    fn what_runs_of_an_array_takes_from_how_many_may() {
        let elements = Elements { running: [(id(1), 3)].into(), again: HashMap::new() };
        assert_eq!(elements.at_most(&QueuedJob { at_most: Some(5), ..job(1) }), Some(2));
        assert_eq!(elements.at_most(&QueuedJob { at_most: Some(2), ..element(7) }), Some(0));
        assert_eq!(elements.at_most(&job(1)), None);
    }
}
