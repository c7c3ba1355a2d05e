//! Jobs that are tried again: by their rule, later each time, and counted each time; or because their owner wants it.

use std::time::Duration;

use chrono::TimeDelta;
use control::{
    Error,
    jobs::{RetriesWanted, SubmitJob},
    ports::{clock::Clock as _, coordination::Order, store::JobReads as _},
};
use domain::{
    JobId, TaskId,
    job::{Job, JobState},
    node::{Generation, Phase},
    task::{Exit, Outcome},
};

use crate::{
    harness::{Harness, SOON, eventually, obtain},
    jobs::{DONE, job},
};

/// `EX_TEMPFAIL`, as mail programs say that it may work later.
const LATER: Outcome = Outcome { exit: Exit::Code(75), ..DONE };

fn retried(retries: RetriesWanted) -> SubmitJob {
    SubmitJob { retries, ..job("train") }
}

impl Harness {
    /// Its script runs for so long, and fails in a way that it is tried again for.
    async fn fails_for_now(&self, id: JobId, seconds: u64) -> (TaskId, Job) {
        let task = self.runs(id).await;
        self.clock.advance(Duration::from_secs(seconds));
        self.tell(task, Generation::FIRST, Phase::Exited(LATER)).await;
        (task, self.until_job(id, JobState::Pending).await)
    }

    /// A pass is asked for, as by everything that happens.
    async fn look_at_the_queue(&self) {
        self.submit(&self.bob, SubmitJob { hold: true, ..job("other") }).await;
    }
}

#[tokio::test]
async fn a_job_that_fails_is_tried_again_after_a_pause_and_counted_for_each_attempt() {
    let harness = Harness::new().await;
    let rule = RetriesWanted { most: 2, exit_codes: vec![75], host_lost: false };
    let id = harness.submit(&harness.ada, retried(rule)).await;
    let (first, waits) = harness.fails_for_now(id, 100).await;
    assert_eq!(waits.not_before, Some(harness.clock.now() + TimeDelta::seconds(10)));
    assert_eq!((waits.earlier.len(), waits.attempt), (1, None));
    assert!((harness.used(&harness.ada).await - 100.0).abs() < 1.0);
    harness.clock.advance(Duration::from_secs(10));
    harness.look_at_the_queue().await;
    let (second, waits) = harness.fails_for_now(id, 50).await;
    assert_ne!(first, second, "a container of its own");
    assert_eq!(waits.not_before, Some(harness.clock.now() + TimeDelta::seconds(20)));
    harness.clock.advance(Duration::from_secs(20));
    harness.look_at_the_queue().await;
    let ended = harness.ends(id, 25, LATER).await;
    assert_eq!((ended.state, ended.earlier.len()), (JobState::Failed, 2));
    let tasks: Vec<TaskId> = ended.earlier.iter().map(|attempt| attempt.task).collect();
    assert_eq!(tasks, [first, second]);
    let exits = ended.earlier.iter().chain(&ended.attempt).map(|attempt| attempt.exit);
    assert!(exits.eq([Some(LATER.exit); 3]));
    assert!((harness.used(&harness.ada).await - 175.0).abs() < 2.0, "each was counted once");
}

#[tokio::test]
async fn a_lost_host_leads_to_another_attempt_only_where_that_was_asked_for() {
    let harness = Harness::new().await;
    let root = harness.root().await;
    let rule = |host_lost| RetriesWanted { most: 3, exit_codes: Vec::new(), host_lost };
    let again = harness.submit(&harness.ada, retried(rule(true))).await;
    let lost = harness.submit(&harness.ada, retried(rule(false))).await;
    for id in [again, lost] {
        harness.runs(id).await;
    }
    harness.clock.advance(Duration::from_secs(50));
    harness.coordination.expire(&"here".parse().expect("a name"));
    for id in [again, lost] {
        let away = async || harness.job(id).await.reason.as_deref() == Some("host here does not answer");
        eventually("it to be lost", SOON, away).await;
    }
    harness.control.installation.forget_host(&root, "here").await.expect("a host that is gone");
    let waits = harness.job(again).await;
    assert_eq!((waits.state, waits.earlier.len()), (JobState::Pending, 1));
    assert_eq!(waits.earlier[0].reason.as_deref(), Some("host here was declared gone"));
    assert_eq!(harness.job(lost).await.state, JobState::NodeFail);
    assert!((harness.used(&harness.ada).await - 100.0).abs() < 1.0, "what both used counts");
}

#[tokio::test]
async fn a_job_that_was_cancelled_is_not_tried_again() {
    let harness = Harness::new().await;
    let rule = RetriesWanted { most: 3, ..RetriesWanted::default() };
    let id = harness.submit(&harness.ada, retried(rule)).await;
    let task = harness.runs(id).await;
    harness.control.jobs.cancel(&harness.ada, id).await.expect("told to end");
    let second = harness.ordered(task, Order::Stop).await;
    harness.tell(task, second, Phase::Exited(LATER)).await;
    assert_eq!(harness.until_job(id, JobState::Cancelled).await.earlier.len(), 0);
}

#[tokio::test]
async fn a_job_that_is_over_is_requeued_under_its_number() {
    let harness = Harness::new().await;
    let jobs = &harness.control.jobs;
    let id = harness.submit(&harness.ada, job("train")).await;
    let first = harness.runs(id).await;
    let early = jobs.requeue(&harness.ada, id).await.expect_err("it runs").to_string();
    assert_eq!(early, format!("job {id} is not over; cancel it first, and requeue it once it has ended"));
    assert!(matches!(jobs.requeue(&harness.bob, id).await, Err(Error::NotFound(_))), "it is not his");
    harness.tell(first, Generation::FIRST, Phase::Exited(DONE)).await;
    harness.until_job(id, JobState::Completed).await;
    let waits = jobs.requeue(&harness.ada, id).await.expect("it is over").job;
    assert_eq!((waits.id, waits.state, waits.ended_at), (id, JobState::Pending, None));
    let ended = harness.ends(id, 10, DONE).await;
    assert_eq!((ended.state, ended.earlier.len()), (JobState::Completed, 1));
    assert_ne!(ended.attempt.map(|attempt| attempt.task), Some(first));
    let cancelled = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("never") }).await;
    jobs.cancel(&harness.ada, cancelled).await.expect("cancelled");
    let waits = jobs.requeue(&harness.ada, cancelled).await.expect("it never began").job;
    assert_eq!((waits.state, waits.held), (JobState::Pending, true), "it is held as before");
    assert!(jobs.requeue(&harness.ada, cancelled).await.is_ok(), "it waits already");
}

#[tokio::test]
async fn an_element_whose_array_cannot_be_read_stops_no_other_job() {
    let harness = Harness::new().await;
    // Whose jobs come behind Ada's.
    let before = harness.submit(&harness.bob, job("before")).await;
    harness.ends(before, 3000, DONE).await;
    let rule = RetriesWanted { most: 1, ..RetriesWanted::default() };
    let array = harness.submit(&harness.ada, SubmitJob { array: Some("0".into()), ..retried(rule) }).await;
    let begun = async || harness.store.part_of(array, 0).await.expect("the record answers");
    let element = obtain("its element to begin", SOON, begun).await;
    harness.fails_for_now(element.id, 10).await;
    harness.sql(&format!("UPDATE jobs SET spec = '{{}}' WHERE id = {array}")).await;
    harness.clock.advance(Duration::from_secs(10));
    let other = harness.submit(&harness.bob, job("other")).await;
    harness.started(other).await;
    assert_eq!(harness.job(element.id).await.state, JobState::Pending);
}
