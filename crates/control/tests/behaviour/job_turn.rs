//! Jobs that wait for others or for their time: when they start, when they can never start, and what is refused.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use control::{
    Error,
    actor::Actor,
    jobs::{Reason, SubmitJob},
    ports::{
        clock::Clock as _,
        store::{JobFilter, JobReads as _, PageRequest},
    },
};
use domain::{
    JobId, JobRef,
    job::{Job, JobState},
};

use crate::{
    harness::{Harness, SOON, eventually, obtain},
    jobs::{DONE, job},
};

fn after(conditions: impl Into<String>) -> SubmitJob {
    SubmitJob { after: Some(conditions.into()), ..job("train") }
}

impl Harness {
    fn in_seconds(&self, seconds: i64) -> Option<DateTime<Utc>> {
        Some(self.clock.now() + TimeDelta::seconds(seconds))
    }

    /// The field and the rule of each fault.
    async fn faults(&self, actor: &Actor, submit: SubmitJob) -> Vec<(String, String)> {
        match self.control.jobs.submit(actor, submit, None).await {
            Err(Error::Invalid(faults)) => faults.into_iter().map(|fault| (fault.field, fault.message)).collect(),
            other => panic!("must be refused: {other:?}"),
        }
    }

    async fn waits_for_others(&self, id: JobId) -> String {
        let found = self.waits(&self.ada, id, |reason| matches!(reason, Reason::Dependency(_))).await;
        found.wait.reason.to_string()
    }
}

#[tokio::test]
async fn a_job_starts_once_those_it_waits_for_have_come_to_the_end_it_asks_for() {
    let harness = Harness::new().await;
    let ada = &harness.ada;
    let first = harness.submit(ada, job("first")).await;
    harness.runs(first).await;
    let with_it = harness.submit(ada, after(format!("after:{first}"))).await;
    harness.started(with_it).await;
    let second = harness.submit(ada, after(format!("afterok:{first}"))).await;
    assert_eq!(harness.waits_for_others(second).await, format!("it waits until job {first} (running) has completed"));
    assert!(harness.is_pending(second).await);
    harness.end(first).await;
    harness.started(second).await;
}

#[tokio::test]
async fn a_job_that_waits_for_another_to_begin_starts_when_that_does() {
    let harness = Harness::new().await;
    let ada = &harness.ada;
    let first = harness.submit(ada, SubmitJob { hold: true, ..job("first") }).await;
    let second = harness.submit(ada, after(format!("after:{first}"))).await;
    assert_eq!(harness.waits_for_others(second).await, format!("it waits until job {first} (pending) has begun"));
    harness.control.jobs.set_held(ada, first, false).await.expect("released");
    harness.started(first).await;
    harness.started(second).await;
}

#[tokio::test]
async fn what_can_never_start_ends_with_the_reason_and_so_does_what_waits_for_that() {
    let harness = Harness::new().await;
    let ada = &harness.ada;
    let first = harness.submit(ada, job("first")).await;
    harness.runs(first).await;
    let second = harness.submit(ada, after(format!("afternotok:{first}"))).await;
    let third = harness.submit(ada, after(format!("afterok:{second}"))).await;
    let either = harness.submit(ada, after(format!("afternotok:{first}?afternotok:{third}"))).await;
    harness.end(first).await;
    for (id, reason) in [
        (second, format!("it could start only after job {first} ends without completing, and that one completed")),
        (third, format!("it could start only after job {second} completes, and that one was cancelled")),
    ] {
        let job = harness.until_job(id, JobState::Cancelled).await;
        assert_eq!((job.reason, job.ended_at), (Some(reason), Some(harness.clock.now())));
    }
    harness.started(either).await;
}

#[tokio::test]
async fn a_job_whose_record_was_dropped_is_over_and_how_it_ended_is_not_known() {
    let harness = Harness::new().await;
    let ada = &harness.ada;
    let first = harness.submit(ada, job("first")).await;
    harness.runs(first).await;
    let held = |conditions: String| SubmitJob { hold: true, ..after(conditions) };
    let [over, completed] = [format!("afterany:{first}"), format!("afterok:{first}")].map(held);
    let (over, completed) = (harness.submit(ada, over).await, harness.submit(ada, completed).await);
    harness.end(first).await;
    harness.sql(&format!("DELETE FROM jobs WHERE id = {first}")).await;
    for id in [over, completed] {
        harness.control.jobs.set_held(ada, id, false).await.expect("released, or over");
    }
    harness.started(over).await;
    let gone = format!("it could start only after job {first} completes, and the record of that one is gone");
    assert_eq!(harness.until_job(completed, JobState::Cancelled).await.reason, Some(gone));
}

#[tokio::test]
async fn of_jobs_of_one_name_one_runs_at_a_time() {
    let harness = Harness::new().await;
    let ada = &harness.ada;
    let first = harness.submit(ada, job("train")).await;
    harness.runs(first).await;
    let second = harness.submit(ada, after("singleton")).await;
    let third = harness.submit(ada, after("singleton")).await;
    let other = harness.submit(ada, SubmitJob { name: "other".into(), ..after("singleton") }).await;
    let bobs = harness.submit(&harness.bob, after("singleton")).await;
    for id in [other, bobs] {
        harness.started(id).await;
    }
    assert!(harness.waits_for_others(second).await.contains(&format!("job {first}")));
    harness.end(first).await;
    harness.runs(second).await;
    let behind_it = async || harness.waits_for_others(third).await.contains(&format!("job {second}"));
    eventually("the third to wait for the second", SOON, behind_it).await;
    assert!(harness.is_pending(third).await);
}

#[tokio::test]
async fn a_job_starts_when_its_time_has_come_and_nobody_asks() {
    let harness = Harness::new().await;
    let begin_at = harness.in_seconds(2);
    let id = harness.submit(&harness.ada, SubmitJob { begin_at, ..job("late") }).await;
    let found = harness.waits(&harness.ada, id, |reason| matches!(reason, Reason::NotBefore(_))).await;
    assert_eq!(found.wait.reason.to_string(), "it does not start before 2026-01-01 12:00:02 UTC");
    assert!(harness.is_pending(id).await);
    let began = Instant::now();
    harness.clock.advance(Duration::from_secs(2));
    harness.started(id).await;
    assert!(began.elapsed() < Duration::from_secs(20), "a pass that comes anyhow started it");
}

#[tokio::test]
async fn a_job_that_cannot_keep_its_deadline_any_more_ends_even_on_hold() {
    let harness = Harness::new().await;
    let deadline = harness.in_seconds(3601);
    let held = SubmitJob { hold: true, deadline, ..job("late") };
    let id = harness.control.jobs.submit(&harness.ada, held.clone(), Some("key")).await.expect("a job").job.id;
    harness.waits(&harness.ada, id, |reason| matches!(reason, Reason::Held)).await;
    let in_time = harness.submit(&harness.ada, SubmitJob { deadline, ..job("in time") }).await;
    harness.started(in_time).await;
    harness.clock.advance(Duration::from_secs(2));
    let job = harness.until_job(id, JobState::Deadline).await;
    let reason = "it had not started early enough to be over by its deadline, 2026-01-01 13:00:01 UTC";
    assert_eq!(job.reason.as_deref(), Some(reason));
    assert_eq!(harness.job(in_time).await.state, JobState::Configuring, "one that has begun goes on");
    let again = harness.control.jobs.submit(&harness.ada, held, Some("key")).await.expect("the same job").job;
    assert_eq!(again, job, "what is asked again is not refused for being late");
}

#[tokio::test]
async fn what_could_never_start_again_is_not_requeued() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let held = |submit: SubmitJob| SubmitJob { hold: true, ..submit };
    let first = harness.submit(ada, job("first")).await;
    let second = harness.submit(ada, held(after(format!("afternotok:{first}")))).await;
    let late = harness.submit(ada, held(SubmitJob { deadline: harness.in_seconds(3601), ..job("late") })).await;
    for id in [second, late] {
        jobs.cancel(ada, id).await.expect("cancelled");
    }
    harness.runs(first).await;
    harness.end(first).await;
    harness.clock.advance(Duration::from_secs(2));
    for (id, why) in [
        (second, format!("it could start only after job {first} ends without completing, and that one completed")),
        (late, "it had not started early enough to be over by its deadline, 2026-01-01 13:00:01 UTC".to_owned()),
    ] {
        let refused = jobs.requeue(ada, id).await.expect_err("it could not start").to_string();
        assert_eq!(refused, format!("job: can never start again: {why}; submit it anew"));
        assert_eq!(harness.job(id).await.state, JobState::Cancelled);
    }
}

#[tokio::test]
async fn only_jobs_of_ones_own_can_be_waited_for_and_none_that_is_not_there_yet() {
    let harness = Harness::new().await;
    let bobs = harness.submit(&harness.bob, job("bobs")).await;
    let adas = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("adas") }).await;
    // Of somebody else, of nobody, and its own: the next number.
    for id in [bobs.as_i64(), 999, adas.as_i64() + 1] {
        let faults = harness.faults(&harness.ada, after(format!("afterok:{adas}:{id}"))).await;
        assert_eq!(faults, [("after".to_owned(), format!("must name jobs of yours, and {id} is none"))]);
    }
    let next = harness.submit(&harness.ada, after(format!("afterany:{adas}"))).await;
    assert_eq!(next.as_i64(), adas.as_i64() + 1, "what was refused has no number");
    let states = harness.store.job_states(&[adas, bobs]).await.expect("a read");
    assert_eq!(states.keys().copied().collect::<Vec<_>>(), [bobs, adas], "both are there");
}

#[tokio::test]
async fn times_that_no_job_can_keep_are_refused() {
    let harness = Harness::new().await;
    let (day, at) = (24 * 3600, |seconds| harness.in_seconds(seconds));
    let leave = |from| format!("must leave the job its time limit: at least 3600 seconds from {from} on");
    for (begin_at, deadline, field, rule) in [
        (None, at(-1), "deadline", leave("now")),
        (None, at(3599), "deadline", leave("now")),
        (at(60), at(3659), "deadline", leave("begin_at")),
        (at(-60), at(3599), "deadline", leave("now")),
        (at(-3000 * 366 * day), None, "begin_at", "must be in a year from 1 to 9999".to_owned()),
        (at(367 * day), None, "begin_at", "must be at most a year away".to_owned()),
        (None, at(733 * day), "deadline", "must be at most two years away".to_owned()),
    ] {
        let faults = harness.faults(&harness.ada, SubmitJob { begin_at, deadline, ..job("train") }).await;
        assert_eq!(faults, [(field.to_owned(), rule)], "{begin_at:?} {deadline:?}");
    }
    for (begin_at, deadline) in [(at(-60), at(3600)), (at(60), at(3660)), (at(365 * day), None)] {
        harness.submit(&harness.ada, SubmitJob { begin_at, deadline, ..job("train") }).await;
    }
}

#[tokio::test]
async fn times_that_no_record_has_are_refused_where_jobs_are_listed() {
    let harness = Harness::new().await;
    let (since, until) = (Some(DateTime::<Utc>::MIN_UTC), Some(DateTime::<Utc>::MAX_UTC));
    let (filter, page) = (JobFilter { since, until, ..JobFilter::default() }, PageRequest { after: None, limit: 9 });
    let faults = match harness.control.jobs.list(&harness.ada, &filter, page).await {
        Err(Error::Invalid(faults)) => faults,
        other => panic!("must be refused: {other:?}"),
    };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["since", "until"]);
}

#[tokio::test]
async fn an_array_that_misses_its_deadline_half_way_ends_so_once_what_has_begun_is_over() {
    let harness = Harness::new().await;
    let array = SubmitJob { array: Some("0-2%1".into()), deadline: harness.in_seconds(3601), ..job("late") };
    let id = harness.submit(&harness.ada, array).await;
    let first = JobRef { id, index: Some(0) };
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let seen = |of: JobRef| async move { jobs.get(ada, of).await.expect("a known job").job };
    let begun =
        obtain("its first element to begin", SOON, async || Some(seen(first).await).filter(Job::has_number)).await;
    harness.clock.advance(Duration::from_secs(2));
    let array = harness.until_job(id, JobState::Completing).await;
    assert!(array.left.is_empty() && array.ended_at.is_none(), "what runs goes on: {array:?}");
    harness.ends(begun.id, 1, DONE).await;
    let array = harness.until_job(id, JobState::Deadline).await;
    assert!(array.reason.is_some_and(|reason| reason.contains("deadline")));
    assert_eq!(seen(first).await.state, JobState::Completed);
    assert_eq!(seen(JobRef { id, index: Some(2) }).await.state, JobState::Cancelled);
}
