//! An array and its elements: how one is split off, and what becomes of the array by what becomes of them. Knows no record: its
//! callers count.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Indexes, Job, JobSpec, JobState, Part, spec::Known};
use crate::name::WorkerName;

/// How many elements are in which state.
pub type Counts = BTreeMap<JobState, u32>;

impl Job {
    /// One of its elements, as it is before it begins; until it has a number of its own, under the array's. `None` where the job
    /// is no array that has such an element.
    pub fn element(&self, index: u32) -> Option<Self> {
        let indexes = self.spec.array.as_ref()?.indexes();
        if !indexes.contains(index) {
            return None;
        }
        let spec = JobSpec { array: None, ..self.spec.clone() };
        let one = Self::submitted(self.id, self.owner, spec, self.held, self.submitted_at);
        // One that is left shares the array's fate; one that is not, and that is not there, was cancelled with it.
        let (state, reason) = match self.left.contains(index) {
            true => (self.state, self.reason.clone()),
            false => (JobState::Cancelled, None),
        };
        let part = Some(Part { of: self.id, index, size: indexes.len() });
        Some(Self { state, reason, part, waits_since: self.waits_since, ended_at: self.ended_at, ..one })
    }

    /// Whether its number is its own: an element has none before it begins.
    pub fn has_number(&self) -> bool {
        self.part.is_none_or(|part| part.of != self.id)
    }

    /// How all its elements fare, from how those do that have begun or were cancelled by themselves. Empty unless it is an array.
    pub fn counts(&self, elements: Counts) -> Counts {
        let Some(array) = &self.spec.array else { return Counts::new() };
        let (left, mut counts) = (self.left.len(), elements);
        let gone = array.indexes().len().saturating_sub(left).saturating_sub(counts.values().sum());
        for (state, more) in [(self.state, left), (JobState::Cancelled, gone)] {
            if more > 0 {
                *counts.entry(state).or_default() += more;
            }
        }
        counts
    }

    /// None of those that are left is to begin. Those that have are the caller's to end; then the array follows them. Says whether
    /// that changed anything.
    pub fn cancel_left(&mut self) -> bool {
        let is_told = self.state == JobState::Completing && self.reason.is_none();
        if self.spec.array.is_none() || self.state.is_final() || is_told {
            return false;
        }
        self.left = Indexes::default();
        (self.state, self.reason) = (JobState::Completing, None);
        true
    }

    /// Takes in how its elements fare that have begun. While any is left, it waits. Says whether that changed anything.
    pub fn follow_elements(&mut self, elements: &Counts, now: DateTime<Utc>) -> bool {
        if self.spec.array.is_none() || !self.left.is_empty() {
            return false;
        }
        let going_on = elements.iter().any(|(state, count)| !state.is_final() && *count > 0);
        let (state, reason) = match going_on {
            true if self.state == JobState::Completing => (JobState::Completing, None),
            true => (JobState::Running, None),
            false => self.ended(elements, now),
        };
        // What it had come to stays, unless one of them has begun again.
        if state == self.state || !going_on && self.state.is_final() {
            return false;
        }
        self.ended_at = state.is_final().then_some(now);
        (self.state, self.reason) = (state, reason);
        true
    }

    /// What it has come to with its last element; those that never began were cancelled.
    fn ended(&self, elements: &Counts, now: DateTime<Utc>) -> (JobState, Option<String>) {
        let elements = self.counts(elements.clone());
        let of = |state: JobState| elements.get(&state).copied().unwrap_or_default();
        let all: u32 = elements.values().sum();
        let (completed, cancelled) = (of(JobState::Completed), of(JobState::Cancelled));
        let failed = all.saturating_sub(completed).saturating_sub(cancelled);
        if self.state == JobState::Completing {
            // With a reason, it was given up; without one, cancelled.
            let is_late = self.reason.is_some() && !self.can_keep_deadline(now);
            (if is_late { JobState::Deadline } else { JobState::Cancelled }, self.reason.clone())
        } else if failed > 0 {
            (JobState::Failed, Some(format!("{failed} of {all} elements failed")))
        } else if cancelled > 0 {
            (JobState::Cancelled, Some(format!("{cancelled} of {all} elements were cancelled")))
        } else {
            (JobState::Completed, None)
        }
    }

    /// The file the output goes to; absolute. What is not known yet stays as its owner wrote it, as do an element's numbers in the
    /// path of its array.
    pub fn output(&self) -> String {
        self.output_on(self.attempt.as_ref().map(|attempt| &attempt.worker))
    }

    /// The same of an attempt on this host.
    pub fn output_on(&self, worker: Option<&WorkerName>) -> String {
        let is_array = self.spec.array.is_some();
        self.spec.output.of(&Known {
            number: (!is_array && self.has_number()).then_some(self.id),
            array: self.part.map_or(self.id, |part| part.of),
            index: (!is_array).then(|| self.part.map_or(0, |part| part.index)),
            name: &self.spec.name,
            worker,
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{JobId, job::tests::submitted};

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(90)
    }

    /// Of four elements.
    fn array() -> Job {
        let Job { id, owner, spec, .. } = submitted(false);
        let spec = JobSpec { array: Some("0-6:2%2".parse().expect("an array")), ..spec };
        Job::submitted(id, owner, JobSpec { output: "%A/%a-%j".parse().expect("a path"), ..spec }, false, now())
    }

    fn counts(of: &[(JobState, u32)]) -> Counts {
        of.iter().copied().collect()
    }

    #[test]
    fn an_element_is_the_same_job_without_the_array() {
        let mut array = array();
        let element = array.element(4).expect("an element");
        assert_eq!(element.spec, JobSpec { array: None, ..array.spec.clone() });
        assert_eq!(element.part, Some(Part { of: array.id, index: 4, size: 4 }));
        assert_eq!((element.state, element.owner, element.waits_since), (JobState::Pending, array.owner, now()));
        assert_eq!((element.output().as_str(), array.output().as_str()), ("/root/17/4-%j", "/root/17/%a-%j"));
        let numbered = Job { id: JobId::try_from(20_i64).expect("a number"), ..element };
        assert_eq!(numbered.output(), "/root/17/4-20");
        assert_eq!(submitted(false).element(0), None, "it is no array");
        assert_eq!(array.element(3), None, "that is none of its numbers");
        let task = crate::TaskId::new(uuid::Uuid::from_u128(1));
        assert_eq!(
            array.begin(task, "hera".parse().expect("a host"), now()),
            None,
            "its elements begin, not the array"
        );
    }

    #[test]
    fn an_element_finds_in_its_environment_which_one_it_is() {
        let mut element =
            Job { id: JobId::try_from(20_i64).expect("a number"), ..array().element(4).expect("an element") };
        let task = crate::TaskId::new(uuid::Uuid::from_u128(1));
        let task = element.begin(task, "hera".parse().expect("a host"), now()).expect("its turn");
        let environment = task.batch.expect("a script").environment;
        for (name, value) in
            [("JOB_ID", "20"), ("JOB_ARRAY_ID", "17"), ("JOB_ARRAY_INDEX", "4"), ("JOB_ARRAY_SIZE", "4")]
        {
            assert_eq!(environment.get(name).map(String::as_str), Some(value), "{name}");
        }
    }

    #[test]
    fn an_array_waits_while_any_is_left_runs_while_any_does_and_ends_as_they_did() {
        use JobState::{Cancelled, Completed, Failed, Pending, Running, Timeout};
        let mut array = array();
        assert!(!array.follow_elements(&counts(&[(Running, 3)]), now()), "one is left");
        array.left = Indexes::default();
        assert!(array.follow_elements(&counts(&[(Running, 1), (Failed, 3)]), now()));
        assert_eq!((array.state, array.ended_at), (Running, None));
        assert!(!array.follow_elements(&counts(&[(Pending, 1), (Failed, 3)]), now()), "one is tried again");
        for (ended, state, reason) in [
            (&[(Completed, 4)][..], Completed, None),
            (&[(Completed, 1), (Failed, 1), (Timeout, 2)][..], Failed, Some("3 of 4 elements failed")),
            (&[(Completed, 1), (Failed, 1), (Cancelled, 2)][..], Failed, Some("1 of 4 elements failed")),
            (&[(Completed, 2), (Cancelled, 2)][..], Cancelled, Some("2 of 4 elements were cancelled")),
        ] {
            let mut array = array.clone();
            assert!(array.follow_elements(&counts(ended), now()));
            assert_eq!((array.state, array.reason.as_deref(), array.ended_at), (state, reason, Some(now())));
            assert!(!array.follow_elements(&counts(ended), now()), "once");
            assert!(array.follow_elements(&counts(&[(Running, 1)]), now()), "an element was begun again");
            assert_eq!((array.state, array.reason, array.ended_at), (Running, None, None));
        }
    }

    #[test]
    fn an_array_of_which_some_never_began_is_not_completed_by_one_that_ran_once_more() {
        use JobState::{Cancelled, Completed, Running};
        let mut array = array();
        assert!(array.cancel_left() && array.follow_elements(&Counts::new(), now()));
        assert!(array.follow_elements(&counts(&[(Running, 1)]), now()), "an element was begun again");
        assert!(array.follow_elements(&counts(&[(Completed, 1)]), now()));
        assert_eq!((array.state, array.reason.as_deref()), (Cancelled, Some("3 of 4 elements were cancelled")));
    }

    #[test]
    fn a_cancelled_array_is_over_when_its_elements_are_and_counts_those_that_never_began() {
        use JobState::{Cancelled, Completed, Completing, Pending, Running};
        let mut array = array();
        array.left.remove(0);
        assert_eq!(array.counts(counts(&[(Running, 1)])), counts(&[(Running, 1), (Pending, 3)]));
        assert!(array.cancel_left() && !array.cancel_left());
        assert_eq!(array.state, Completing);
        assert!(!array.follow_elements(&counts(&[(Completing, 1)]), now()));
        assert_eq!(array.counts(counts(&[(Completing, 1)])), counts(&[(Completing, 1), (Cancelled, 3)]));
        let never = array.element(6).expect("its number stays known");
        assert_eq!(never.state, Cancelled);
        assert!(array.follow_elements(&counts(&[(Completed, 1)]), now()));
        assert_eq!((array.state, array.ended_at), (Cancelled, Some(now())));
        assert!(!array.cancel_left());
        assert!(submitted(false).counts(Counts::new()).is_empty());
    }
}
