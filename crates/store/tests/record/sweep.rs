//! What is old goes, what is not stays. Events have their own tests.

use control::ports::store::{AccessReads, Attempts, IdempotencyRecord, JobReads as _, TaskReads as _, Token};
use domain::{
    JobId, TaskId, TokenId,
    job::{Job, JobState},
    task::{Task, TaskState},
    user::Scopes,
};
use uuid::Uuid;

use super::{
    Record,
    jobs::{new_job, submitted},
};
use crate::fixture::{at, user_id, vcluster, vcluster_id};

fn token(digest: &str, expires: i64) -> Token {
    Token {
        id: TokenId::new(Uuid::from_u128(u128::from(digest.as_bytes()[0]))),
        user: user_id(1),
        digest: digest.into(),
        prefix: "dkl_ab".into(),
        name: String::new(),
        scopes: Scopes::USUAL,
        last_used: None,
        created_at: at(0),
        expires_at: at(expires),
        revoked_at: None,
    }
}

#[tokio::test]
async fn old_keys_attempts_and_tokens_are_dropped_and_counted() {
    let record = Record::of([1]).await;
    record.save(&vcluster(1, 1, 1)).await;
    let mut transaction = record.begin().await;
    for (name, second) in [("old", 9), ("new", 10)] {
        let (key, fingerprint) = (name.to_owned(), String::new());
        let idempotency =
            IdempotencyRecord { user: user_id(1), key, fingerprint, vcluster: vcluster_id(1), created_at: at(second) };
        transaction.insert_idempotency(&idempotency).await.expect("a new key");
        let attempts = Attempts { key: name.into(), failures: 1, last_failure: at(second) };
        transaction.set_attempts(&attempts).await.expect("a count");
        transaction.insert_token(&token(name, second)).await.expect("a new token");
    }
    assert_eq!(transaction.sweep(at(10), at(10)).await.expect("a sweep"), 3);
    assert_eq!(transaction.sweep(at(10), at(10)).await.expect("a sweep"), 0);
    transaction.commit().await.expect("a commit");

    let transaction = record.begin().await;
    for (name, stays) in [("old", false), ("new", true)] {
        assert_eq!(transaction.idempotency(user_id(1), name).await.expect("a read").is_some(), stays);
        assert_eq!(transaction.attempts(name).await.expect("a read").is_some(), stays);
        assert_eq!(record.store.token(name).await.expect("a read").is_some(), stays);
    }
    assert!(transaction.vcluster(vcluster_id(1)).await.expect("a read").is_some());
}

/// A job that ended then, with its task.
async fn ended(record: &Record, number: u128, second: i64, cleared: bool) -> (JobId, TaskId) {
    let mut job = submitted(&record.store, &new_job(1, None)).await;
    let id = TaskId::new(Uuid::from_u128(number));
    let task = job.begin(id, "here".parse().expect("a name"), at(2)).expect("its turn");
    let job = Job { state: JobState::Cancelled, ended_at: Some(at(second)), ..job };
    save(record, Some(&job), &Task { state: TaskState::Cancelled, finished_at: job.ended_at, cleared, ..task }).await;
    (job.id, id)
}

async fn save(record: &Record, job: Option<&Job>, task: &Task) {
    let mut transaction = record.begin().await;
    if let Some(job) = job {
        transaction.save_job(job).await.expect("saved");
    }
    transaction.save_task(task).await.expect("saved");
    transaction.commit().await.expect("a commit");
}

#[tokio::test]
async fn jobs_that_ended_long_ago_are_dropped_with_their_tasks() {
    let record = Record::of([1]).await;
    let (old, new) = (ended(&record, 1, 9, true).await, ended(&record, 2, 10, true).await);
    let uncleared = ended(&record, 3, 9, false).await;
    let waiting = submitted(&record.store, &new_job(1, None)).await.id;
    // Of no job; and one that has finished before the job whose task it is.
    let task = record.store.task(old.1).await.expect("a read").expect("a task");
    let alone = Task { id: TaskId::new(Uuid::from_u128(4)), ..task };
    save(&record, None, &alone).await;
    let task = record.store.task(new.1).await.expect("a read").expect("a task");
    save(&record, None, &Task { finished_at: Some(at(9)), ..task }).await;

    let mut transaction = record.begin().await;
    assert_eq!(transaction.sweep_jobs(at(10)).await.expect("a sweep"), 4);
    assert_eq!(transaction.sweep_jobs(at(10)).await.expect("a sweep"), 0);
    transaction.commit().await.expect("a commit");
    for (job, stays) in [(old.0, false), (uncleared.0, false), (new.0, true), (waiting, true)] {
        assert_eq!(record.store.job(job).await.expect("a read").is_some(), stays, "job {job}");
    }
    for (task, stays) in [(old.1, false), (alone.id, false), (new.1, true), (uncleared.1, true)] {
        assert_eq!(record.store.task(task).await.expect("a read").is_some(), stays, "task {task}");
    }
}

#[tokio::test]
async fn a_revoked_token_leaves_within_a_day() {
    let record = Record::of([1]).await;
    let mut transaction = record.begin().await;
    let long = token("long", 1_000_000);
    transaction.insert_token(&long).await.expect("a new token");
    transaction.revoke_token(long.id, at(0)).await.expect("a change");
    assert_eq!(transaction.sweep(at(-1000), at(3600)).await.expect("a sweep"), 0, "lists say so for a while");
    assert_eq!(transaction.sweep(at(-1000), at(24 * 3600)).await.expect("a sweep"), 1);
    transaction.commit().await.expect("a commit");
}
