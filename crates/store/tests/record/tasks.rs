//! Tasks: written down, changed, found where something of them may be left.

use chrono::{DateTime, Utc};
use control::ports::store::{TaskReads as _, Unclaimed, UnclaimedReads as _};
use domain::{
    TaskId,
    job::{TimeLimit, Used},
    node::Generation,
    task::{Batch, Exit, NewTask, Outcome, Task, TaskIntent, TaskState},
};
use uuid::Uuid;

use super::Record;
use crate::fixture::{NODE, at, user_id};

fn batch() -> Batch {
    Batch {
        script: "#!/bin/sh\necho 'ű \"'\n".parse().expect("a script"),
        output: "/root/out/主机.txt".to_owned(),
        time_limit: TimeLimit::USUAL,
        environment: [("JOB_ID".to_owned(), "7".to_owned())].into(),
        directory: Some("/root/runs".to_owned()),
        warning: Some("all:USR1@60".parse().expect("a warning")),
    }
}

/// The first runs a job's script.
fn task(number: u128, worker: &str) -> Task {
    let new = NewTask {
        id: TaskId::new(Uuid::from_u128(number)),
        worker: worker.parse().expect("a worker"),
        image: "docklet/base".parse().expect("an image"),
        runtime: Some("runsc".parse().expect("a runtime")),
        resources: NODE,
        command: ["sh", "-c", "echo 'ű \"'"].map(str::to_owned).to_vec().try_into().expect("a command"),
        batch: (number == 1).then(batch),
    };
    new.of(user_id(1))
}

async fn save(record: &Record, task: &Task) {
    let mut transaction = record.begin().await;
    transaction.save_task(task).await.expect("saved");
    transaction.commit().await.expect("a commit");
}

#[tokio::test]
async fn what_is_saved_of_a_task_is_read_in_every_state() {
    let record = Record::of([1]).await;
    let used = Used { cpu_ms: 12_345, peak_memory_bytes: 5 << 30 };
    let outcome = Outcome { exit: Exit::Signal(9), out_of_memory: true, timed_out: true, used: Some(used) };
    let now: DateTime<Utc> = at(3);
    for state in [
        TaskState::Pending,
        TaskState::Starting { step: "pulling the image, 62 %".into() },
        TaskState::Running { since: now },
        TaskState::Lost { reason: "host here does not answer".into() },
        TaskState::Ended(outcome),
        TaskState::Failed { reason: "there is no image".into() },
        TaskState::Cancelled,
    ] {
        for intent in [TaskIntent::Run, TaskIntent::Cancel, TaskIntent::Absent] {
            let finished_at = state.is_final().then_some(now);
            let (state, host_gone) = (state.clone(), state.is_final());
            let saved = Task { state, intent, begun: true, finished_at, host_gone, ..task(1, "here") };
            save(&record, &saved).await;
            assert_eq!(record.store.task(saved.id).await.expect("a read"), Some(saved));
        }
    }
    assert_eq!(record.store.task(task(2, "here").id).await.expect("a read"), None);
}

#[tokio::test]
async fn tasks_are_found_where_something_of_them_may_be_left() {
    let record = Record::of([1]).await;
    let (here, there, over) = (task(1, "here"), task(2, "there"), Task { cleared: true, ..task(3, "here") });
    for task in [&over, &there, &here] {
        save(&record, task).await;
    }
    let found = record.store.tasks_on(None).await.expect("a read");
    assert_eq!((found.tasks, found.unreadable), (vec![here.clone(), there], Vec::new()));
    assert_eq!(record.store.tasks_on(Some(&here.worker)).await.expect("a read").tasks, [here]);
    assert_eq!(record.store.task(over.id).await.expect("a read"), Some(over), "the record keeps how it ended");
}

#[tokio::test]
async fn a_container_of_a_task_that_no_record_claims_has_no_vcluster() {
    let record = Record::of([1]).await;
    let unclaimed = Unclaimed {
        instance: task(1, "here").id.into(),
        worker: "here".parse().expect("a worker"),
        vcluster: None,
        owner: user_id(9),
        generation: Generation(3),
        found_at: at(1),
    };
    let mut transaction = record.begin().await;
    transaction.save_unclaimed(&unclaimed).await.expect("saved");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.all_unclaimed().await.expect("a read"), [unclaimed]);
}
