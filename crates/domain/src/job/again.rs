//! Another attempt at a job whose last one came to nothing: by its own rule, or because its owner wants one. Knows no queue.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Attempt, Job, JobState};
use crate::{JobId, TaskId};

/// Between an attempt that has failed and the next; twice as long after each.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(10);
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(10);
/// Each attempt is kept.
const MOST_ATTEMPTS: usize = 100;

/// Why a job does not run once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAgain {
    #[error("job {0} is not over; cancel it first, and requeue it once it has ended")]
    NotOver(JobId),
    #[error("job {0} is an array; requeue its elements")]
    Array(JobId),
    #[error("the rules for the image of job {0} have changed since it was submitted; submit it anew")]
    OtherRules(JobId),
    #[error("job {0} has been tried {most} times, which is the most; submit it anew", most = MOST_ATTEMPTS)]
    TooOften(JobId),
}

impl Job {
    /// It has just ended. By its rule, it waits for the next attempt then, in its place of the queue, and not at once.
    pub(super) fn try_again(&mut self, was_told_to_end: bool) {
        let retries = &self.spec.retries;
        let exit = self.attempt.as_ref().and_then(|attempt| attempt.exit);
        let by_rule = match (self.state, exit) {
            (JobState::NodeFail, _) => retries.host_lost(),
            (JobState::Failed, Some(exit)) => retries.after(exit),
            _ => false,
        };
        // Its owner may have wanted another attempt since: that one begins the count anew.
        let before = self.earlier.iter().filter(|attempt| attempt.started_at >= self.waits_since).count();
        let may = before < usize::from(retries.most()) && self.earlier.len() + 1 < MOST_ATTEMPTS;
        if by_rule && !was_told_to_end && may {
            let pause = FIRST_PAUSE * (1_i32 << before.min(6));
            let not_before = self.ended_at.map(|ended| ended + pause.min(LONGEST_PAUSE));
            self.wait_again(not_before);
        }
    }

    /// Once it is over, has it wait for another attempt as if it were submitted now, whatever its rule. Says whether that changed
    /// anything: one that waits goes on.
    pub fn requeue(&mut self, now: DateTime<Utc>) -> Result<bool, NotAgain> {
        if self.spec.array.is_some() {
            return Err(NotAgain::Array(self.id));
        }
        if self.state == JobState::Pending {
            return Ok(false);
        }
        if !self.state.is_final() {
            return Err(NotAgain::NotOver(self.id));
        }
        if self.earlier.iter().chain(&self.attempt).count() >= MOST_ATTEMPTS {
            return Err(NotAgain::TooOften(self.id));
        }
        self.wait_again(self.spec.begin_at);
        self.waits_since = now;
        // It may have been cancelled in an array on hold, and nobody can release an element.
        self.held &= self.part.is_none();
        Ok(true)
    }

    fn wait_again(&mut self, not_before: Option<DateTime<Utc>>) {
        self.earlier.extend(self.attempt.take());
        (self.state, self.reason, self.ended_at) = (JobState::Pending, None, None);
        self.not_before = not_before;
    }

    /// The attempt that this task was, where it is over.
    pub fn over(&self, task: TaskId) -> Option<&Attempt> {
        let is_it = |attempt: &&Attempt| attempt.task == task && attempt.ended_at.is_some();
        self.earlier.iter().chain(&self.attempt).find(is_it)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        job::{
            Cancelled, Retries,
            tests::{begun, ended, later, submitted, task_id, told},
        },
        node::Phase,
        task::{Exit, Outcome, Task},
    };

    fn tried_again(most: i64, exit_codes: &[i64], host_lost: bool) -> (Job, Task) {
        let (mut job, task) = begun();
        job.spec.retries = Retries::parse(most, exit_codes, host_lost).expect("a rule");
        (job, task)
    }

    /// Its next attempt, as soon as it may begin.
    fn next(job: &mut Job, number: u128) -> Task {
        let now = job.not_before.expect("a pause");
        let task = job.begin(TaskId::new(Uuid::from_u128(number)), "hera".parse().expect("a name"), now);
        task.expect("another attempt")
    }

    #[test]
    fn only_what_the_rule_names_is_tried_again() {
        let killed = ended(Exit::Signal(9));
        for (outcome, after_any, after_75) in [
            (ended(Exit::Code(0)), JobState::Completed, JobState::Completed),
            (ended(Exit::Code(75)), JobState::Pending, JobState::Pending),
            (ended(Exit::Code(1)), JobState::Pending, JobState::Failed),
            (killed, JobState::Pending, JobState::Failed),
            (Outcome { out_of_memory: true, ..killed }, JobState::OutOfMemory, JobState::OutOfMemory),
            (Outcome { timed_out: true, ..ended(Exit::Code(75)) }, JobState::Timeout, JobState::Timeout),
        ] {
            for (codes, state) in [(&[][..], after_any), (&[75][..], after_75)] {
                let (mut job, mut task) = tried_again(1, codes, false);
                assert!(told(&mut job, &mut task, Phase::Exited(outcome)));
                assert_eq!(job.state, state, "{outcome:?} {codes:?}");
            }
        }
        let (mut never_began, mut task) = tried_again(1, &[], false);
        told(&mut never_began, &mut task, Phase::Failed { reason: "there is no such image".into() });
        assert_eq!(never_began.state, JobState::Failed);
    }

    #[test]
    fn a_lost_host_is_a_cause_of_its_own() {
        for (host_lost, state) in [(true, JobState::Pending), (false, JobState::NodeFail)] {
            let (mut job, mut task) = tried_again(1, &[], host_lost);
            task.lose_host("hera is gone", later(90));
            assert!(job.follow(&task));
            assert_eq!(job.state, state);
            let over = job.over(task.id).expect("its attempt is over");
            assert_eq!((over.ended_at, over.reason.as_deref()), (Some(later(90)), Some("hera is gone")));
        }
    }

    #[test]
    fn a_job_that_was_told_to_end_is_not_tried_again() {
        let (mut job, mut task) = tried_again(5, &[], false);
        assert_eq!(job.cancel(later(80)), Cancelled::Task(task.id));
        task.cancel();
        told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(75))));
        assert_eq!(job.state, JobState::Cancelled);
        let (mut lost, mut task) = tried_again(5, &[], true);
        lost.cancel(later(80));
        task.lose_host("hera is gone", later(90));
        lost.follow(&task);
        assert_eq!(lost.state, JobState::NodeFail);
    }

    #[test]
    fn each_attempt_is_kept_and_the_pause_before_the_next_doubles_up_to_ten_minutes() {
        let (mut job, mut task) = tried_again(10, &[], false);
        let waits_since = job.waits_since;
        for (number, pause) in (2..).zip([10, 20, 40, 80, 160, 320, 600, 600, 600, 600]) {
            assert!(told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(3)))));
            assert_eq!((job.state, &job.attempt, &job.reason, job.ended_at), (JobState::Pending, &None, &None, None));
            assert_eq!(job.not_before, Some(later(90 + pause)), "attempt {number}");
            assert_eq!(job.waits_since, waits_since, "it keeps its place");
            assert!(!job.follow(&task), "that one is over");
            let early = job.begin(task_id(), "hera".parse().expect("a name"), later(89 + pause));
            assert_eq!(early, None, "not at once");
            task = next(&mut job, number);
            let batch = task.batch.as_ref().expect("a script");
            assert_eq!(batch.environment["JOB_ATTEMPT"], number.to_string());
        }
        told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(3))));
        assert_eq!((job.state, job.earlier.len()), (JobState::Failed, 10), "the last time");
        let first = job.earlier.first().expect("the first");
        assert_eq!((first.task, first.exit, first.ended_at), (task_id(), Some(Exit::Code(3)), Some(later(90))));
        assert_eq!(job.over(task_id()), Some(first));
    }

    #[test]
    fn what_is_over_is_requeued_under_its_number_as_if_it_were_submitted_now() {
        let (mut job, mut task) = begun();
        assert_eq!(job.requeue(later(70)), Err(NotAgain::NotOver(job.id)));
        assert_eq!(job.over(task.id), None);
        told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(0))));
        assert_eq!(job.requeue(later(500)), Ok(true));
        assert_eq!((job.state, job.waits_since, job.not_before), (JobState::Pending, later(500), None));
        assert_eq!((job.earlier.len(), job.ended_at), (1, None));
        assert_eq!(job.requeue(later(501)), Ok(false), "it waits");
        let mut never_began = submitted(false);
        never_began.cancel(later(5));
        assert_eq!(never_began.requeue(later(6)), Ok(true));
        assert_eq!((never_began.earlier.len(), never_began.ended_at), (0, None));
    }

    #[test]
    fn a_job_that_is_requeued_has_all_its_retries_again_after_the_first_pause() {
        let (mut job, mut task) = tried_again(1, &[], false);
        for since in [0, 500] {
            told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(3))));
            assert_eq!((job.state, job.not_before), (JobState::Pending, Some(later(100))), "requeued at {since}");
            task = next(&mut job, 2);
            told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(3))));
            assert_eq!(job.state, JobState::Failed);
            assert_eq!(job.requeue(later(500)), Ok(true));
            let again = job.begin(task_id(), "hera".parse().expect("a name"), later(600));
            task = again.expect("another attempt");
        }
        assert_eq!(job.earlier.len(), 4);
    }

    #[test]
    fn a_job_is_tried_a_hundred_times_at_most() {
        let (mut job, mut task) = tried_again(10, &[], false);
        job.earlier = vec![Attempt::begun(task.id, task.worker.clone(), later(-1)); 98];
        told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(3))));
        assert_eq!((job.state, job.earlier.len()), (JobState::Pending, 99));
        task = next(&mut job, 2);
        told(&mut job, &mut task, Phase::Exited(ended(Exit::Code(3))));
        assert_eq!((job.state, job.requeue(later(500))), (JobState::Failed, Err(NotAgain::TooOften(job.id))));
        let rule = "job 17 has been tried 100 times, which is the most; submit it anew";
        assert_eq!(NotAgain::TooOften(job.id).to_string(), rule);
    }

    #[test]
    fn an_element_that_was_cancelled_in_an_array_on_hold_is_requeued_without_the_hold() {
        let mut array = submitted(true);
        array.spec.array = Some("0-3".parse().expect("an array"));
        array.left = "0-3".parse().expect("its elements");
        let mut element = array.element(2).expect("an element");
        assert_eq!((element.held, element.cancel(later(5))), (true, Cancelled::AtOnce));
        assert_eq!(element.requeue(later(6)), Ok(true));
        assert!(!element.held, "only arrays are released");
    }
}
