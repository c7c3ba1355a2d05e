//! Jobs: numbered by the record, changed, listed, found by what names them; and what they hold and have used.

use control::ports::store::{
    JobFilter, JobReads, NewJob, PageRequest, QueuedJob, Store, StoreError, UsedCpu, UserReads, VclusterReads,
};
use domain::{
    JobId, TaskId,
    job::{Attempt, Job, JobState, Used},
    quota::Usage,
    task::Exit,
};
use store::SqlStore;
use testkit::build::job_spec;
use uuid::Uuid;

use super::Record;
use crate::fixture::{NODE, account, at, user_id, vcluster};

pub(super) fn new_job(owner: u128, key: Option<&str>) -> NewJob {
    let mut spec = job_spec();
    spec.resources = NODE;
    let (owner, idempotency_key) = (user_id(owner), key.map(str::to_owned));
    NewJob { owner, spec, held: false, submitted_at: at(1), idempotency_key, fingerprint: "print".into() }
}

pub(super) async fn submitted(store: &SqlStore, new: &NewJob) -> Job {
    let mut transaction = store.begin().await.expect("the writer's place");
    let job = transaction.insert_job(new).await.expect("a job");
    transaction.commit().await.expect("a commit");
    job
}

async fn submit(record: &Record, owner: u128) -> Job {
    submitted(&record.store, &new_job(owner, None)).await
}

pub(super) async fn save(record: &Record, job: &Job) {
    let mut transaction = record.begin().await;
    transaction.save_job(job).await.expect("saved");
    transaction.commit().await.expect("a commit");
}

/// Its turn has come, on this host.
pub(super) fn begun(job: Job, state: JobState, worker: &str) -> Job {
    let number = u128::try_from(job.id.as_i64()).expect("a positive number");
    let attempt = Attempt::begun(TaskId::new(Uuid::from_u128(number)), worker.parse().expect("a worker"), at(2));
    Job { state, attempt: Some(attempt), ..job }
}

async fn saved(record: &Record, owner: u128, state: JobState, worker: &str) -> Job {
    let job = begun(submit(record, owner).await, state, worker);
    save(record, &job).await;
    job
}

pub(super) fn id(number: i64) -> JobId {
    number.try_into().expect("a job's number")
}

pub(super) fn numbers(jobs: &[Job]) -> Vec<i64> {
    jobs.iter().map(|job| job.id.as_i64()).collect()
}

pub(super) async fn pending(record: &Record) -> Vec<i64> {
    record.store.pending_jobs().await.expect("a read").iter().map(|job| job.id.as_i64()).collect()
}

async fn page(record: &Record, states: &[JobState], after: Option<i64>, limit: u32) -> Vec<i64> {
    let filter = JobFilter { states: states.to_vec(), ..JobFilter::default() };
    let page = PageRequest { after: after.map(id), limit };
    numbers(&record.store.jobs_of(user_id(1), &filter, page).await.expect("a read"))
}

#[tokio::test]
async fn a_job_is_read_as_it_was_written_and_as_it_was_changed() {
    let record = Record::of([1]).await;
    let mut new = new_job(1, None);
    new.held = true;
    new.spec.runtime = Some("runsc".parse().expect("a runtime"));
    new.spec.script = "#!/bin/sh\necho 'ű \"'\t主机\n".parse().expect("a script");
    new.spec.output = "out/%x-%j".parse().expect("a path");
    let job = submitted(&record.store, &new).await;
    assert_eq!(job, Job::submitted(job.id, new.owner, new.spec, true, at(1)));
    assert_eq!(record.store.job(job.id).await.expect("a read"), Some(job.clone()));

    let task = TaskId::new(Uuid::from_u128(7));
    assert_eq!(record.store.job_of_task(task).await.expect("a read"), None);
    for exit in [None, Some(Exit::Code(3)), Some(Exit::Signal(9))] {
        let (worker, ended_at) = ("here".parse().expect("a worker"), exit.map(|_| at(4)));
        let reason = Some("its host was lost · 主机".to_owned());
        let used = exit.map(|_| Used { cpu_ms: 1, peak_memory_bytes: u64::MAX });
        let begun = Attempt { running_since: Some(at(3)), exit, used, ..Attempt::begun(task, worker, at(2)) };
        // The current one ended with its job, and for its reason.
        let attempt = Some(Attempt { ended_at, reason: reason.clone().filter(|_| exit.is_some()), ..begun.clone() });
        let earlier = vec![Attempt { ended_at: Some(at(3)), reason: Some("ű".into()), ..begun }];
        let (state, waits_since, not_before) = (JobState::NodeFail, at(5), Some(at(6)));
        let changed =
            Job { state, held: false, reason, waits_since, not_before, attempt, earlier, ended_at, ..job.clone() };
        save(&record, &changed).await;
        assert_eq!(record.store.job(job.id).await.expect("a read").as_ref(), Some(&changed));
        assert_eq!(record.store.job_of_task(task).await.expect("a read"), Some(changed));
    }
    save(&record, &job).await;
    assert_eq!(record.store.job(job.id).await.expect("a read"), Some(job));
    assert_eq!(record.store.job(id(99)).await.expect("a read"), None);
}

#[tokio::test]
async fn numbers_count_up_and_are_never_given_twice() {
    let record = Record::of([1, 2]).await;
    for (owner, number) in [(1, 1), (2, 2), (1, 3)] {
        assert_eq!(submit(&record, owner).await.id, id(number));
    }
    record.run("DELETE FROM jobs WHERE id = 3").await;
    record.begin().await.insert_job(&new_job(1, None)).await.expect("a job that is rolled back");
    assert!(submit(&record, 1).await.id > id(3));
}

#[tokio::test]
async fn an_owners_jobs_are_listed_newest_first_in_pages_and_by_their_states() {
    use JobState::{Completed, Failed, Pending, Running};
    let record = Record::of([1, 2]).await;
    for (owner, state) in [(1, Completed), (1, Running), (2, Running), (1, Completed), (1, Failed)] {
        saved(&record, owner, state, "here").await;
    }
    submit(&record, 1).await;
    assert_eq!(page(&record, &[], None, 50).await, [6, 5, 4, 2, 1]);
    assert_eq!(page(&record, &[], None, 2).await, [6, 5]);
    assert_eq!(page(&record, &[], Some(5), 2).await, [4, 2]);
    assert_eq!(page(&record, &[], Some(2), 2).await, [1]);
    assert_eq!(page(&record, &[], None, 0).await, [0_i64; 0]);
    assert_eq!(page(&record, &[Completed, Pending], None, 2).await, [6, 4]);
    assert_eq!(page(&record, &[Completed, Pending], Some(4), 2).await, [1]);
    assert_eq!(page(&record, &[JobState::Cancelled], None, 2).await, [0_i64; 0]);

    let waiting = submit(&record, 2).await;
    assert_eq!(pending(&record).await, [6, waiting.id.as_i64()], "of all");
    assert_eq!(numbers(&record.store.active_jobs().await.expect("a read")), [2, 3]);
}

#[tokio::test]
async fn a_list_is_narrowed_by_how_names_begin_and_by_when_jobs_were_submitted() {
    let record = Record::of([1]).await;
    for (name, seconds) in
        [("Train-1", 1), ("train_2", 2), ("trainer", 3), ("restrain", 4), ("100%\\_", 5), ("Übung", 6)]
    {
        let mut new = new_job(1, None);
        new.spec.name = name.parse().expect("a name");
        submitted(&record.store, &NewJob { submitted_at: at(seconds), ..new }).await;
    }
    let found = async |filter: JobFilter| {
        let page = PageRequest { after: None, limit: 9 };
        numbers(&record.store.jobs_of(user_id(1), &filter, page).await.expect("a read"))
    };
    for (name, expected) in [
        ("train", &[3, 2, 1][..]),
        ("TRAIN", &[3, 2, 1]),
        ("train_", &[2]),
        ("train%", &[]),
        ("100%\\", &[5]),
        ("Üb", &[6]),
        ("", &[6, 5, 4, 3, 2, 1]),
    ] {
        assert_eq!(found(JobFilter { name: name.into(), ..JobFilter::default() }).await, expected, "{name}");
    }
    let between = JobFilter { since: Some(at(2)), until: Some(at(4)), ..JobFilter::default() };
    assert_eq!(found(between.clone()).await, [3, 2]);
    assert_eq!(found(JobFilter { name: "trainer".into(), ..between }).await, [3]);
}

#[tokio::test]
async fn jobs_that_are_not_over_are_counted_and_those_that_have_ended_since() {
    use JobState::{Completed, Failed, Pending, Running};
    let record = Record::of([1, 2]).await;
    for (owner, state, ended_at) in [
        (1, Running, None),
        (1, Running, None),
        (2, Running, None),
        (1, Completed, Some(at(9))),
        (1, Completed, Some(at(10))),
        (1, Failed, Some(at(11))),
        (2, Failed, Some(at(12))),
    ] {
        let job = saved(&record, owner, state, "here").await;
        save(&record, &Job { ended_at, ..job }).await;
    }
    submit(&record, 1).await;
    let mut counts = record.store.job_counts(user_id(1), at(10)).await.expect("a read");
    counts.sort_by_key(|(state, _)| state.as_str());
    assert_eq!(counts, [(Completed, 1), (Failed, 1), (Pending, 1), (Running, 2)]);
}

#[tokio::test]
async fn the_queue_reads_what_decides_and_no_script() {
    let record = Record::of([1]).await;
    let mut new = new_job(1, None);
    new.spec.runtime = Some("runsc".parse().expect("a runtime"));
    let job = submitted(&record.store, &new).await;
    save(&record, &Job { held: true, waits_since: at(9), ..job.clone() }).await;
    record.run("UPDATE jobs SET spec = '{}'").await;
    let queued = QueuedJob {
        id: job.id,
        owner: new.owner,
        name: new.spec.name,
        resources: NODE,
        runtime: new.spec.runtime,
        time_limit: new.spec.time_limit,
        waits_since: at(9),
        held: true,
        array: None,
        left: 1,
        at_most: None,
        nice: new.spec.nice,
        not_before: None,
        deadline: None,
        after: None,
    };
    assert_eq!(record.store.pending_jobs().await.expect("a read"), [queued]);

    for _ in 0..4 {
        submit(&record, 1).await;
    }
    for (number, change) in [(2, "runtime = 'NO!'"), (3, "time_limit_s = 0"), (4, "cpu_milli = -1")] {
        record.run(&format!("UPDATE jobs SET {change} WHERE id = {number}")).await;
    }
    assert_eq!(pending(&record).await, [1, 5], "what cannot be read stops nothing");
}

#[tokio::test]
async fn a_key_names_one_job_of_its_owner() {
    let record = Record::of([1, 2]).await;
    let (first, other) = (new_job(1, Some("a")), new_job(2, Some("a")));
    let job = submitted(&record.store, &first).await;
    submitted(&record.store, &other).await;
    let mut transaction = record.begin().await;
    let refused = transaction.insert_job(&first).await;
    assert!(matches!(refused, Err(StoreError::Taken("idempotency key"))), "{refused:?}");
    // The transaction can be used on.
    let found = transaction.job_of_key(user_id(1), "a").await.expect("a read");
    assert_eq!(found, Some((job, "print".to_owned())));
    assert_eq!(transaction.job_of_key(user_id(1), "b").await.expect("a read"), None);
    transaction.insert_job(&new_job(1, None)).await.expect("without a key");
    transaction.insert_job(&new_job(1, None)).await.expect("another without one");
}

#[tokio::test]
async fn what_jobs_hold_counts_for_their_owner_and_their_host_and_nothing_else_does() {
    use JobState::{Completed, Completing, Configuring, NodeFail, Running};
    let record = Record::of([1, 2]).await;
    let (of_jobs, both) = (|count| Usage { nodes: 0, ..Usage::of_nodes(count, NODE) }, Usage::of_nodes(2, NODE));
    record.save(&vcluster(1, 1, 2)).await;
    submit(&record, 1).await;
    for (owner, state, worker) in [
        (1, Configuring, "here"),
        (1, Running, "there"),
        (2, Completing, "there"),
        (1, Completed, "here"),
        (2, NodeFail, "here"),
    ] {
        saved(&record, owner, state, worker).await;
    }
    let (one, two) = (both.with_vcluster().plus(of_jobs(2)), of_jobs(1));
    for (owner, held) in [(1, one), (2, two)] {
        assert_eq!(record.store.usage(user_id(owner)).await.expect("a read"), held);
        let person = record.store.person(&account(owner).user.name).await.expect("a read").expect("a person");
        assert_eq!(person.usage, held);
    }
    let people = record.store.people("", PageRequest { after: None, limit: 9 }).await.expect("a list");
    assert_eq!(people.iter().map(|person| person.usage).collect::<Vec<_>>(), [one, two]);
    let mut held = record.store.worker_usage().await.expect("a read");
    held.sort_by(|(one, _), (other, _)| one.cmp(other));
    let held: Vec<_> = held.iter().map(|(worker, usage)| (worker.as_str(), *usage)).collect();
    assert_eq!(held, [("here", both.with_vcluster().plus(of_jobs(1))), ("there", of_jobs(2))]);
    record.run("UPDATE jobs SET cpu_milli = -1, memory_mib = 9000000000000, pids = 0").await;
    let nonsense = record.store.worker_usage().await.expect("a read");
    assert!(nonsense.iter().any(|(_, usage)| *usage == both.with_vcluster()), "nonsense takes no room: {nonsense:?}");
}

#[tokio::test]
async fn what_an_owners_jobs_have_used_is_replaced() {
    let record = Record::of([1, 2]).await;
    let used = |owner, cpu_seconds, seconds| UsedCpu { owner: user_id(owner), cpu_seconds, at: at(seconds) };
    for used in [used(1, 0.1, 1), used(2, 7.0, 2), used(1, 1e9 + 0.3, 3)] {
        let mut transaction = record.begin().await;
        transaction.save_used_cpu(used).await.expect("saved");
        transaction.commit().await.expect("a commit");
    }
    let read = async || {
        let mut read = record.store.used_cpu().await.expect("a read");
        read.sort_by_key(|used| used.owner);
        read
    };
    assert_eq!(read().await, [used(1, 1e9 + 0.3, 3), used(2, 7.0, 2)]);
    record.run("UPDATE used_cpu SET cpu_seconds = -1 WHERE cpu_seconds > 8").await;
    assert_eq!(read().await, [used(2, 7.0, 2)]);
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_named_and_stops_nothing() {
    let record = Record::of([1]).await;
    for _ in 0..8 {
        saved(&record, 1, JobState::Running, "here").await;
    }
    let broken = [
        (7, "spec = '{}'", "missing field"),
        (6, "state = 'asleep'", "state \"asleep\" is not one of the known ones"),
        (5, "exit = '7'", "job: 5"),
        (4, "worker = 'NO'", "job: 4"),
        (3, "worker = NULL", "its task, its host or its start is missing"),
    ];
    for (number, change, fault) in broken {
        record.run(&format!("UPDATE jobs SET {change} WHERE id = {number}")).await;
        let error = record.store.job(id(number)).await.expect_err(change);
        assert!(matches!(error, StoreError::Unreadable { .. }) && error.to_string().contains(fault), "{error}");
    }
    assert_eq!(page(&record, &[], None, 50).await, [8, 2, 1]);
    assert_eq!(page(&record, &[], None, 2).await, [8, 2], "a page is filled up behind them");
    assert_eq!(numbers(&record.store.active_jobs().await.expect("a read")), [1, 2, 8]);
    assert_eq!(record.store.usage(user_id(1)).await.expect("a read").cpu_milli, 7 * u64::from(NODE.cpu_milli));
    assert_eq!(record.store.worker_usage().await.expect("a read").len(), 1, "what is on no host takes no room");
}
