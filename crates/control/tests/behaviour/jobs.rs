//! Jobs: submitted, run once, over once; held, cancelled, lost; and whose they are.

use control::{
    Error,
    actor::Actor,
    jobs::{JobPolicy, SubmitJob},
    ports::{
        clock::Clock as _,
        coordination::{Order, Workload},
        store::{JobFilter, JobReads as _, PageRequest, Store as _},
    },
};
use domain::{
    JobId, TaskId, Violation,
    job::{Job, JobState},
    node::{Generation, Phase},
    task::{Exit, Outcome},
};

use crate::harness::{Harness, SOON, eventually, obtain, policy};

pub(crate) const DONE: Outcome = Outcome { exit: Exit::Code(0), out_of_memory: false, timed_out: false };

pub(crate) fn job(name: &str) -> SubmitJob {
    SubmitJob {
        name: name.into(),
        image: "docklet/base".into(),
        cpus: 1.0,
        memory_mib: 512,
        script: "echo hello".into(),
        arguments: vec!["one".into()],
        time_limit_s: 3600,
        output: "job-%j.out".into(),
        hold: false,
    }
}

impl Harness {
    pub(crate) async fn submit(&self, actor: &Actor, submit: SubmitJob) -> JobId {
        self.control.jobs.submit(actor, submit, None).await.expect("a job").job.id
    }

    /// As the record has it, whose ever it is.
    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.store.job(id).await.expect("the record answers").expect("a job")
    }

    pub(crate) async fn until_job(&self, id: JobId, state: JobState) -> Job {
        let what = format!("job {id} to be {}", state.as_str());
        obtain(&what, SOON, async || Some(self.job(id).await).filter(|job| job.state == state)).await
    }

    /// Its turn has come.
    pub(crate) async fn started(&self, id: JobId) -> TaskId {
        let started = async || self.job(id).await.attempt.map(|attempt| attempt.task);
        obtain(&format!("job {id} to start"), SOON, started).await
    }

    /// Its script runs.
    pub(crate) async fn runs(&self, id: JobId) -> TaskId {
        let task = self.started(id).await;
        let first = self.ordered(task, Order::Run).await;
        self.tell(task, first, Phase::Running { since: self.clock.now() }).await;
        self.until_job(id, JobState::Running).await;
        task
    }

    /// It has run for so long, and ends.
    pub(crate) async fn ends(&self, id: JobId, seconds: u64, outcome: Outcome) -> Job {
        let task = self.runs(id).await;
        self.clock.advance(std::time::Duration::from_secs(seconds));
        self.tell(task, Generation::FIRST, Phase::Exited(outcome)).await;
        obtain("its end", SOON, async || Some(self.job(id).await).filter(|job| job.state.is_final())).await
    }

    /// CPU-seconds, as they were written down.
    async fn used(&self, actor: &Actor) -> f64 {
        let used = self.store.used_cpu().await.expect("the record answers");
        used.iter().find(|used| used.owner == actor.user).map_or(0.0, |used| used.cpu_seconds)
    }

    /// Whether control is ended here or not, the job's owner finds it.
    async fn known_after(&mut self, id: JobId, kill: bool) {
        self.restart_if(kill).await;
        let found = self.control.jobs.get(&self.ada, id).await;
        assert!(found.is_ok_and(|found| found.job.id == id), "job {id} is not known");
    }

    /// From its submission to nothing left, with control ended as by kill -9 after each step that `kill` names.
    async fn life_of_a_job(&mut self, kill: impl Fn(u32) -> bool) -> JobId {
        let id = self.submit(&self.ada, job("train")).await;
        self.known_after(id, kill(0)).await;
        let task = self.started(id).await;
        self.known_after(id, kill(1)).await;
        let first = self.ordered(task, Order::Run).await;
        self.tell(task, first, Phase::Starting { step: "creating the container".into() }).await;
        self.known_after(id, kill(2)).await;
        self.tell(task, first, Phase::Running { since: self.clock.now() }).await;
        self.known_after(id, kill(3)).await;
        self.until_job(id, JobState::Running).await;
        self.clock.advance(std::time::Duration::from_secs(100));
        self.tell(task, first, Phase::Exited(DONE)).await;
        self.known_after(id, kill(4)).await;
        let ended = self.until_job(id, JobState::Completed).await;
        let second = self.ordered(task, Order::Remove).await;
        // Once more, as from a worker that was not heard.
        self.tell(task, first, Phase::Exited(DONE)).await;
        self.known_after(id, kill(5)).await;
        self.tell(task, second, Phase::Absent).await;
        eventually("nothing to be left", SOON, async || self.coordination.assignment(task).is_none()).await;
        assert_eq!(self.job(id).await, ended, "its end was taken in once");
        id
    }
}

#[tokio::test]
async fn a_job_runs_once_and_what_it_used_is_counted_once_whenever_control_is_ended() {
    let mut harness = Harness::new().await;
    let mut lives = 0.0;
    for step in 0..6 {
        harness.life_of_a_job(|now| now == step).await;
        lives += 1.0;
        let used = harness.used(&harness.ada).await;
        assert!((used - 100.0 * lives).abs() < 1.0, "ended after step {step}: {used}");
    }
}

#[tokio::test]
async fn a_known_id_is_never_unknown() {
    let mut harness = Harness::new().await;
    let id = harness.life_of_a_job(|_| true).await;
    let ended = harness.job(id).await;
    let attempt = ended.attempt.expect("it ran");
    assert_eq!((attempt.exit, attempt.worker.as_str()), (Some(Exit::Code(0)), "here"));
    assert!(ended.ended_at.is_some() && attempt.running_since.is_some());
    let held = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("held") }).await;
    harness.control.jobs.cancel(&harness.ada, held).await.expect("it is cancelled");
    for id in [id, held] {
        harness.known_after(id, true).await;
    }
}

#[tokio::test]
async fn what_is_published_of_a_job_is_its_script_with_where_its_output_goes() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    let task = harness.started(id).await;
    harness.ordered(task, Order::Run).await;
    let published = harness.coordination.assignment(task).expect("an assignment");
    let Workload::Task { command, batch: Some(batch), .. } = published.workload else { panic!("a job's") };
    assert_eq!(command.words(), ["train", "one"]);
    assert_eq!((batch.script.as_str(), batch.output), ("echo hello", format!("/root/job-{id}.out")));
    assert_eq!(batch.environment.get("JOB_ID"), Some(&id.to_string()));
}

#[tokio::test]
async fn how_a_script_ended_is_how_its_job_did() {
    let harness = Harness::new().await;
    for (outcome, state) in [
        (Outcome { exit: Exit::Code(3), ..DONE }, JobState::Failed),
        (Outcome { exit: Exit::Signal(15), timed_out: true, ..DONE }, JobState::Timeout),
        (Outcome { exit: Exit::Signal(9), out_of_memory: true, ..DONE }, JobState::OutOfMemory),
    ] {
        let id = harness.submit(&harness.ada, job("train")).await;
        assert_eq!(harness.ends(id, 10, outcome).await.state, state);
    }
    let id = harness.submit(&harness.ada, job("train")).await;
    let task = harness.started(id).await;
    let first = harness.ordered(task, Order::Run).await;
    let before = harness.used(&harness.ada).await;
    harness.tell(task, first, Phase::Failed { reason: "no such image".into() }).await;
    let job = harness.until_job(id, JobState::Failed).await;
    assert_eq!(job.reason.as_deref(), Some("no such image"));
    assert!((harness.used(&harness.ada).await - before).abs() < 1e-9, "it never ran");
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_a_running_one_when_its_script_has_ended() {
    let harness = Harness::new().await;
    let jobs = &harness.control.jobs;
    let waiting = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("waits") }).await;
    let cancelled = jobs.cancel(&harness.ada, waiting).await.expect("cancelled").job;
    assert_eq!((cancelled.state, cancelled.ended_at), (JobState::Cancelled, Some(harness.clock.now())));
    let running = harness.submit(&harness.ada, job("runs")).await;
    let task = harness.runs(running).await;
    let told = jobs.cancel(&harness.ada, running).await.expect("told to end").job;
    assert_eq!(told.state, JobState::Completing);
    let second = harness.ordered(task, Order::Stop).await;
    let again = jobs.cancel(&harness.ada, running).await.expect("it is to end already").job;
    assert_eq!(again.state, JobState::Completing);
    harness.tell(task, second, Phase::Exited(Outcome { exit: Exit::Signal(15), ..DONE })).await;
    let job = harness.until_job(running, JobState::Cancelled).await;
    assert_eq!(job.attempt.and_then(|attempt| attempt.exit), Some(Exit::Signal(15)));
    let over = jobs.cancel(&harness.ada, running).await.expect("it is over").job;
    assert_eq!(over.state, JobState::Cancelled);
}

#[tokio::test]
async fn a_job_whose_host_is_declared_gone_has_failed_with_it() {
    let harness = Harness::new().await;
    let root = harness.root().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    harness.runs(id).await;
    harness.clock.advance(std::time::Duration::from_secs(50));
    harness.coordination.expire(&"here".parse().expect("a name"));
    let away = async || harness.job(id).await.reason.as_deref() == Some("host here does not answer");
    eventually("it to be lost", SOON, away).await;
    assert_eq!(harness.job(id).await.state, JobState::Running, "it may run still");
    harness.control.installation.forget_host(&root, "here").await.expect("a host that is gone");
    let job = harness.job(id).await;
    assert_eq!((job.state, job.reason.as_deref()), (JobState::NodeFail, Some("host here was declared gone")));
    assert!((harness.used(&harness.ada).await - 50.0).abs() < 1.0, "what it used counts");
}

#[tokio::test]
async fn a_record_that_is_older_than_a_job_s_container_runs_it_no_second_time() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    let task = harness.started(id).await;
    harness.ordered(task, Order::Run).await;
    harness.tell(task, Generation(2), Phase::Absent).await;
    let job = harness.until_job(id, JobState::Failed).await;
    assert!(job.reason.is_some_and(|reason| reason.contains("restored")));
}

#[tokio::test]
async fn a_job_that_a_restored_record_starts_again_is_the_same_task() {
    let mut harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    let task = harness.started(id).await;
    harness.stop();
    let before = Job { state: JobState::Pending, attempt: None, reason: None, ..harness.job(id).await };
    let mut tx = harness.store.begin().await.expect("a transaction");
    tx.save_job(&before).await.expect("as in a backup from before its start");
    tx.commit().await.expect("a commit");
    harness.restart().await;
    assert_eq!(harness.started(id).await, task);
    let other = harness.submit(&harness.ada, job("train")).await;
    assert_ne!(harness.started(other).await, task);
}

#[tokio::test]
async fn what_a_lost_job_used_is_added_to_what_is_left_after_the_half_life_that_the_command_line_names() {
    let harness = Harness::new().await;
    let before = harness.submit(&harness.ada, job("before")).await;
    harness.ends(before, 100, DONE).await;
    let id = harness.submit(&harness.ada, job("train")).await;
    harness.runs(id).await;
    harness.clock.advance(std::time::Duration::from_secs(50));
    let here = "here".parse().expect("a name");
    harness.coordination.expire(&here);
    let away = async || harness.job(id).await.reason.as_deref() == Some("host here does not answer");
    eventually("it to be lost", SOON, away).await;
    let (now, second) = (harness.clock.now(), chrono::TimeDelta::seconds(1));
    control::installation::forget_host(&harness.store, &here, now, second).await.expect("a host that is gone");
    assert!((harness.used(&harness.ada).await - 50.0).abs() < 1.0, "what was used before is forgotten");
}

#[tokio::test]
async fn a_job_is_dropped_half_a_year_after_its_end() {
    let mut harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    harness.ends(id, 10, DONE).await;
    for (days, stays) in [(179, true), (2, false)] {
        harness.stop();
        harness.clock.advance(std::time::Duration::from_secs(days * 24 * 3600));
        // The daemon has been running all the time: nothing says that the clock is wrong.
        let now = harness.clock.now() - chrono::TimeDelta::hours(1);
        let mut tx = harness.store.begin().await.expect("a transaction");
        tx.set_last_sweep(now).await.expect("a time");
        tx.commit().await.expect("a commit");
        harness.restart().await;
        let swept = async || {
            let tx = harness.store.begin().await.expect("a transaction");
            tx.last_sweep().await.expect("a read") == Some(harness.clock.now())
        };
        eventually("a sweep", SOON, swept).await;
        assert_eq!(harness.store.job(id).await.expect("a read").is_some(), stays, "{days} days later");
    }
}

#[tokio::test]
async fn every_fault_of_a_submission_is_named_at_once() {
    let harness = Harness::new().await;
    let submit = SubmitJob {
        name: "a/b".into(),
        image: "NO".into(),
        cpus: 0.0,
        memory_mib: -1,
        script: String::new(),
        arguments: vec!["a\0b".into()],
        time_limit_s: 0,
        output: "x/".into(),
        hold: false,
    };
    let Err(Error::Invalid(faults)) = harness.control.jobs.submit(&harness.ada, submit, None).await else {
        panic!("must be refused")
    };
    let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
    let expected =
        ["name", "image", "resources.cpus", "resources.memory_mib", "script", "arguments", "time_limit_s", "output"];
    assert_eq!(fields, expected);
    let elsewhere = SubmitJob { image: "reg.example.org/a".into(), ..job("train") };
    let refused = harness.control.jobs.submit(&harness.ada, elsewhere, None).await;
    assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].field == "image"), "{refused:?}");
}

async fn limits(harness: &Harness, submit: SubmitJob) -> Vec<Violation> {
    match harness.control.jobs.submit(&harness.ada, submit, None).await {
        Err(Error::LimitExceeded(faults)) => faults,
        other => panic!("must be refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_could_never_start_is_refused_and_so_is_one_more_than_may_wait() {
    let harness =
        Harness::with(control::Policy { jobs: JobPolicy { most_pending: 2, ..JobPolicy::default() }, ..policy() })
            .await;
    let faults = limits(&harness, SubmitJob { cpus: 9.0, ..job("large") }).await;
    assert_eq!(faults[0].message, "needs 9 CPUs, but your limit of 8 leaves 8; the job could never start");
    let held = |name| SubmitJob { hold: true, ..job(name) };
    let one = harness.submit(&harness.ada, held("one")).await;
    let two = harness.submit(&harness.ada, held("two")).await;
    let seen = async |id| harness.control.jobs.get(&harness.ada, id).await.expect("a job").waits.is_some();
    eventually("a pass to see both", SOON, async || seen(two).await).await;
    let faults = limits(&harness, held("three")).await;
    assert!(faults[0].message.contains("2 of your jobs wait, and your limit is 2"), "{faults:?}");
    harness.submit(&harness.bob, held("bob's")).await;
    harness.control.jobs.cancel(&harness.ada, one).await.expect("cancelled");
    eventually("a place in the queue", SOON, async || {
        harness.control.jobs.submit(&harness.ada, held("three"), None).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn the_same_idempotency_key_submits_one_job() {
    let harness = Harness::new().await;
    let submit = |submit, key| harness.control.jobs.submit(&harness.ada, submit, Some(key));
    let first = submit(job("train"), "k-1").await.expect("a job").job.id;
    assert_eq!(submit(job("train"), "k-1").await.expect("the same job").job.id, first);
    assert!(matches!(submit(job("other"), "k-1").await, Err(Error::IdempotencyMismatch)));
    assert!(matches!(submit(job("train"), "bad key").await, Err(Error::Invalid(_))));
    let bobs = harness.control.jobs.submit(&harness.bob, job("other"), Some("k-1")).await.expect("bob's own");
    assert_ne!(bobs.job.id, first, "keys are each user's own");
}

#[tokio::test]
async fn somebody_else_s_job_is_not_there() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("train") }).await;
    let (jobs, bob) = (&harness.control.jobs, &harness.bob);
    assert!(matches!(jobs.get(bob, id).await, Err(Error::NotFound("job"))));
    assert!(matches!(jobs.cancel(bob, id).await, Err(Error::NotFound("job"))));
    assert!(matches!(jobs.set_held(bob, id, false).await, Err(Error::NotFound("job"))));
    let output = jobs.output(bob, id, 0, 1, std::time::Duration::ZERO).await;
    assert!(matches!(output, Err(Error::NotFound("job"))));
    let page = PageRequest { after: None, limit: 10 };
    assert!(jobs.list(bob, &JobFilter::default(), page).await.expect("a list").is_empty());
    let mine = jobs.list(&harness.ada, &JobFilter { states: vec![JobState::Pending] }, page).await.expect("a list");
    assert_eq!(mine.iter().map(|view| view.job.id).collect::<Vec<_>>(), [id]);
    assert_eq!(harness.job(id).await.state, JobState::Pending);
}
