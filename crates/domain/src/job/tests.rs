//! The lifecycle of a job, from its turn to its end.

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::{
    node::{Observation, Phase},
    resources::Resources,
    task::{Outcome, TaskIntent},
};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn later(seconds: i64) -> DateTime<Utc> {
    NOW + TimeDelta::seconds(seconds)
}

fn owner() -> UserId {
    UserId::new(Uuid::from_u128(2))
}

fn task_id() -> TaskId {
    TaskId::new(Uuid::from_u128(1))
}

pub(super) fn submitted(held: bool) -> Job {
    let spec = JobSpec {
        name: "train".parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        runtime: Some("runsc".parse().expect("a runtime")),
        resources: Resources { cpu_milli: 500, memory_mib: 256, pids: 512 },
        script: "#!/bin/bash\necho $1\n".parse().expect("a script"),
        command: vec!["train".to_owned(), "3".to_owned()].try_into().expect("a command"),
        time_limit: TimeLimit::USUAL,
        output: "logs/%x-%j.out".parse().expect("a path"),
        array: None,
        after: None,
        begin_at: None,
        deadline: None,
        nice: Nice::default(),
        environment: Environment::default(),
        directory: None,
        warning: None,
        retries: Retries::default(),
        tags: Default::default(),
    };
    Job::submitted(JobId::try_from(17_i64).expect("a number"), owner(), spec, held, NOW)
}

fn begin(job: &mut Job) -> Option<Task> {
    job.begin(task_id(), "hera".parse().expect("a name"), later(60))
}

/// A job whose turn has come, and its task.
fn begun() -> (Job, Task) {
    let mut job = submitted(false);
    let task = begin(&mut job).expect("its turn");
    (job, task)
}

/// The worker says this of the task as it is ordered now, and the job follows.
fn told(job: &mut Job, task: &mut Task, phase: Phase) -> bool {
    task.observe(&Observation::new(task.generation, phase), later(90));
    job.follow(task)
}

const fn ended(exit: Exit) -> Outcome {
    Outcome { exit, out_of_memory: false, timed_out: false }
}

#[test]
fn a_job_whose_turn_has_come_is_one_task_with_its_script() {
    let mut job = submitted(false);
    let spec = job.spec.clone();
    let task = begin(&mut job).expect("its turn");
    assert_eq!((task.id, task.owner, task.worker.as_str()), (task_id(), owner(), "hera"));
    assert_eq!((task.image, task.runtime), (spec.image, spec.runtime));
    assert_eq!((task.resources, task.command), (spec.resources, spec.command));
    assert_eq!((task.intent, task.state), (TaskIntent::Run, TaskState::Pending));
    let batch = task.batch.expect("a script");
    assert_eq!((batch.script, batch.time_limit), (spec.script, spec.time_limit));
    assert_eq!(batch.output, "/root/logs/train-17.out");
    let environment: Vec<_> = batch.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(environment, [("JOB_ID", "17"), ("JOB_NAME", "train")]);
    let attempt = job.attempt.clone().expect("an attempt");
    assert_eq!((attempt.task, attempt.started_at, attempt.running_since), (task_id(), later(60), None));
    assert_eq!(job.state, JobState::Configuring);
    assert_eq!(begin(&mut job), None, "once");
}

#[test]
fn a_held_job_does_not_start_until_it_is_released() {
    let mut job = submitted(true);
    assert_eq!(begin(&mut job), None);
    assert!(job.set_held(false, later(5)));
    assert!(!job.set_held(false, later(6)), "nothing changes");
    assert!(begin(&mut job).is_some());
    assert!(!job.set_held(true, later(70)), "it waits no more");
    assert!(!job.held);
}

#[test]
fn time_on_hold_does_not_count_as_waiting() {
    let mut job = submitted(false);
    assert_eq!(job.waits_since, NOW);
    assert!(job.set_held(true, later(10)));
    assert_eq!(job.waits_since, NOW, "a job on hold waits for nothing");
    assert!(job.set_held(false, later(20)));
    assert_eq!((job.waits_since, job.submitted_at), (later(20), NOW));
    assert!(!job.set_held(false, later(30)));
    assert_eq!(job.waits_since, later(20), "it was not on hold");
}

#[test]
fn a_job_follows_its_task() {
    let (mut job, mut task) = begun();
    assert!(!job.follow(&task), "nothing has happened yet");
    assert!(told(&mut job, &mut task, Phase::Starting { step: "pulling the image".into() }));
    assert_eq!((job.state, job.reason.as_deref()), (JobState::Configuring, Some("pulling the image")));
    assert!(told(&mut job, &mut task, Phase::Running { since: later(70) }));
    assert_eq!((job.state, job.reason.as_deref()), (JobState::Running, None));
    assert_eq!(job.attempt.as_ref().and_then(|attempt| attempt.running_since), Some(later(70)));
    assert!(told(&mut job, &mut task, Phase::Lost { reason: "host hera does not answer".into() }));
    assert_eq!((job.state, job.reason.as_deref()), (JobState::Running, Some("host hera does not answer")));
    assert!(told(&mut job, &mut task, Phase::Running { since: later(70) }));
    assert_eq!(job.reason, None, "it is back");
    assert!(!job.follow(&task), "it is that far already");
    let mut other = task.clone();
    other.id = TaskId::new(Uuid::from_u128(3));
    other.state = TaskState::Cancelled;
    assert!(!job.follow(&other), "another task is none of its business");
}

#[test]
fn how_a_script_ended_decides_what_became_of_its_job() {
    let killed = ended(Exit::Signal(9));
    for (outcome, state) in [
        (ended(Exit::Code(0)), JobState::Completed),
        (ended(Exit::Code(3)), JobState::Failed),
        (killed, JobState::Failed),
        (Outcome { out_of_memory: true, ..killed }, JobState::OutOfMemory),
        (Outcome { out_of_memory: true, ..ended(Exit::Code(0)) }, JobState::Completed),
        (Outcome { timed_out: true, ..killed }, JobState::Timeout),
        (Outcome { timed_out: true, ..ended(Exit::Code(0)) }, JobState::Timeout),
    ] {
        let (mut job, mut task) = begun();
        assert!(told(&mut job, &mut task, Phase::Exited(outcome)));
        assert_eq!((job.state, job.ended_at), (state, Some(later(90))), "{outcome:?}");
        assert_eq!(job.attempt.as_ref().and_then(|attempt| attempt.exit), Some(outcome.exit));
        task.state = TaskState::Cancelled;
        assert!(!job.follow(&task), "the end is told once");
        assert_eq!(job.cancel(later(99)), Cancelled::Nothing);
    }
}

#[test]
fn a_script_that_did_not_run_to_its_end_says_why() {
    let (mut job, mut task) = begun();
    assert!(told(&mut job, &mut task, Phase::Failed { reason: "there is no such image".into() }));
    assert_eq!((job.state, job.reason.as_deref()), (JobState::Failed, Some("there is no such image")));
    let (mut job, mut task) = begun();
    task.lose_host("hera is gone", later(80));
    assert!(job.follow(&task));
    assert_eq!((job.state, job.reason.as_deref()), (JobState::NodeFail, Some("hera is gone")));
    assert_eq!(job.ended_at, Some(later(80)));
}

#[test]
fn a_job_that_waits_is_cancelled_at_once() {
    for held in [false, true] {
        let mut job = submitted(held);
        assert_eq!(job.cancel(later(5)), Cancelled::AtOnce);
        assert_eq!((job.state, job.ended_at, &job.attempt), (JobState::Cancelled, Some(later(5)), &None));
        assert_eq!(job.cancel(later(6)), Cancelled::Nothing);
        assert_eq!(begin(&mut job), None);
    }
}

#[test]
fn a_job_that_runs_is_completing_until_its_task_has_ended() {
    let (mut job, mut task) = begun();
    told(&mut job, &mut task, Phase::Running { since: later(70) });
    assert_eq!(job.cancel(later(80)), Cancelled::Task(task_id()));
    assert_eq!(job.cancel(later(81)), Cancelled::Nothing, "it is told once");
    assert_eq!((job.state, job.ended_at), (JobState::Completing, None));
    task.cancel();
    assert!(!told(&mut job, &mut task, Phase::Running { since: later(70) }));
    assert_eq!(job.state, JobState::Completing);
    assert!(told(&mut job, &mut task, Phase::Exited(ended(Exit::Signal(15)))));
    assert_eq!((job.state, job.ended_at), (JobState::Cancelled, Some(later(90))));

    let (mut never_ran, mut task) = begun();
    assert_eq!(never_ran.cancel(later(80)), Cancelled::Task(task_id()));
    task.cancel();
    assert!(told(&mut never_ran, &mut task, Phase::Stopped));
    assert_eq!(never_ran.state, JobState::Cancelled);

    let (mut began, mut task) = begun();
    assert_eq!(began.cancel(later(80)), Cancelled::Task(task_id()));
    task.cancel();
    assert!(told(&mut began, &mut task, Phase::Failed { reason: "told to end before it had begun".into() }));
    assert_eq!((began.state, began.reason.as_deref()), (JobState::Cancelled, Some("told to end before it had begun")));

    let (mut late, mut task) = begun();
    late.cancel(later(80));
    assert!(told(&mut late, &mut task, Phase::Exited(Outcome { timed_out: true, ..ended(Exit::Signal(9)) })));
    assert_eq!(late.state, JobState::Timeout, "its time was over before it was told to end");
}

#[test]
fn a_state_waits_or_holds_or_is_final_and_is_written_in_one_way() {
    for (state, text, holds, is_final) in [
        (JobState::Pending, "pending", false, false),
        (JobState::Configuring, "configuring", true, false),
        (JobState::Running, "running", true, false),
        (JobState::Completing, "completing", true, false),
        (JobState::Completed, "completed", false, true),
        (JobState::Failed, "failed", false, true),
        (JobState::Cancelled, "cancelled", false, true),
        (JobState::Timeout, "timeout", false, true),
        (JobState::OutOfMemory, "out_of_memory", false, true),
        (JobState::NodeFail, "node_fail", false, true),
        (JobState::Deadline, "deadline", false, true),
    ] {
        assert_eq!((state.as_str(), state.holds(), state.is_final()), (text, holds, is_final));
        assert_eq!(text.parse(), Ok(state));
    }
}
