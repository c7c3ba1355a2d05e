//! What a job writes, read while it runs and afterwards.

use std::time::Duration;

use control::{
    Error,
    jobs::{Output, RetriesWanted, SubmitJob},
    ports::{
        coordination::{Assignment, Order, Workload},
        node::NodeError,
    },
};
use domain::{
    InstanceId, JobId,
    job::JobState,
    node::{Generation, Phase},
    task::{Exit, Outcome},
};

use crate::{
    harness::{Harness, SOON, chrono_epoch, obtain},
    jobs::{DONE, job},
};

const ALL: u32 = 1 << 20;

fn written(from: u64, text: &str, ended: bool) -> Output {
    Output { size: from + text.len() as u64, from, bytes: text.into(), ended }
}

fn nothing(ended: bool) -> Output {
    written(0, "", ended)
}

impl Harness {
    async fn output(&self, id: JobId, from: u64, wait: Duration) -> Output {
        self.control.jobs.output(&self.ada, id, from, ALL, wait).await.expect("output")
    }

    /// The container that files are read through, other than these.
    async fn reader(&self, but: &[InstanceId]) -> Assignment {
        let reads = |published: &Assignment| {
            let sleeps = matches!(&published.workload, Workload::Task { command, .. } if command.words()[0] == "sleep");
            sleeps && published.order == Order::Run && !but.contains(&published.instance)
        };
        obtain("a container to read through", SOON, async || self.coordination.assignments().into_iter().find(&reads))
            .await
    }

    /// Runs that container, with this in the file.
    async fn serves(&self, but: &[InstanceId], path: &str, text: &str) -> InstanceId {
        let reader = self.reader(but).await;
        self.nodes.write(reader.instance.as_node(), path, text.as_bytes());
        self.tell(reader.instance.as_task(), reader.generation, Phase::Running { since: chrono_epoch() }).await;
        reader.instance
    }
}

#[tokio::test]
async fn output_is_followed_while_the_job_runs() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("train") }).await;
    assert_eq!(harness.output(id, 0, Duration::ZERO).await, nothing(false), "it waits");
    harness.control.jobs.set_held(&harness.ada, id, false).await.expect("released");
    harness.started(id).await;
    assert_eq!(harness.output(id, 0, Duration::ZERO).await, nothing(false), "it is being started");
    let (first, task) = futures::future::join(harness.output(id, 0, SOON), async {
        let task = harness.runs(id).await;
        let node = InstanceId::from(task).as_node();
        harness.nodes.write(node, &format!("/root/job-{id}.out"), b"hello\n");
        node
    })
    .await;
    assert_eq!(first, written(0, "hello\n", false));
    let (more, ()) = futures::future::join(harness.output(id, 6, SOON), async {
        harness.nodes.write(task, &format!("/root/job-{id}.out"), b"world\n");
    })
    .await;
    assert_eq!(more, written(6, "world\n", false));
    let part = harness.control.jobs.output(&harness.ada, id, 0, 5, Duration::ZERO).await.expect("output");
    assert_eq!(part, Output { size: 12, ..written(0, "hello", false) });
}

#[tokio::test]
async fn output_of_a_job_that_is_over_is_read_through_a_container_that_is_kept() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    harness.ends(id, 10, DONE).await;
    let path = format!("/root/job-{id}.out");
    let (all, mut reader) =
        futures::future::join(harness.output(id, 0, Duration::ZERO), harness.serves(&[], &path, "hello\n")).await;
    assert_eq!(all, written(0, "hello\n", true));
    assert_eq!(
        harness.output(id, 6, SOON).await,
        written(6, "", true),
        "through the same, and nothing more is waited for"
    );
    let elsewhere = harness.submit(&harness.ada, SubmitJob { output: "/tmp/x".into(), ..job("other") }).await;
    harness.ends(elsewhere, 10, DONE).await;
    assert_eq!(harness.output(elsewhere, 0, SOON).await, nothing(true), "that file went with its container");

    // The reader finds it gone before the record hears of its end.
    harness.nodes.cut(reader.as_node());
    let (through_the_next, _, next) = futures::future::join3(
        harness.output(id, 0, Duration::ZERO),
        harness.tell(reader.as_task(), Generation::FIRST, Phase::Exited(DONE)),
        harness.serves(&[reader], &path, "hello\n"),
    )
    .await;
    assert_eq!(through_the_next, written(0, "hello\n", true));
    let first = std::mem::replace(&mut reader, next);

    harness.tell(reader.as_task(), Generation::FIRST, Phase::Exited(DONE)).await;
    let over = async || {
        harness.control.tasks.get(&harness.ada, reader.as_task()).await.ok().filter(|task| task.state.is_final())
    };
    obtain("its end", SOON, over).await;
    let (again, _) = futures::future::join(
        harness.output(id, 0, Duration::ZERO),
        harness.serves(&[first, reader], &path, "hello\n"),
    )
    .await;
    assert_eq!(again, written(0, "hello\n", true), "through another one");
}

#[tokio::test]
async fn a_reader_who_waits_gets_the_end_of_what_was_written() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    let task = harness.runs(id).await;
    // Its container has gone before the record hears of it.
    harness.nodes.cut(InstanceId::from(task).as_node());
    let (all, ..) = futures::future::join3(
        harness.output(id, 0, Duration::ZERO),
        harness.tell(task, Generation::FIRST, Phase::Exited(DONE)),
        harness.serves(&[], &format!("/root/job-{id}.out"), "hello\n"),
    )
    .await;
    assert_eq!(all, written(0, "hello\n", true));
}

#[tokio::test]
async fn what_never_ran_has_written_nothing_and_a_host_that_is_away_is_named() {
    let harness = Harness::new().await;
    let held = harness.submit(&harness.ada, SubmitJob { hold: true, ..job("held") }).await;
    harness.control.jobs.cancel(&harness.ada, held).await.expect("cancelled");
    assert_eq!(harness.output(held, 0, SOON).await, nothing(true));
    let broken = harness.submit(&harness.ada, job("broken")).await;
    let task = harness.started(broken).await;
    let first = harness.ordered(task, Order::Run).await;
    harness.tell(task, first, Phase::Failed { reason: "no such image".into() }).await;
    harness.until_job(broken, JobState::Failed).await;
    assert_eq!(harness.output(broken, 0, SOON).await, nothing(true));
    assert!(harness.coordination.assignments().iter().all(|published| published.instance == task.into()));

    let id = harness.submit(&harness.ada, job("train")).await;
    harness.ends(id, 10, DONE).await;
    harness.coordination.expire(&"here".parse().expect("a name"));
    let refused = async || {
        // Until control has heard of it, a container is waited for there.
        let asked = harness.control.jobs.output(&harness.ada, id, 0, ALL, Duration::ZERO);
        tokio::time::timeout(Duration::from_millis(200), asked).await.ok()?.err()
    };
    let refused = obtain("the host to be named", SOON, refused).await;
    assert!(
        matches!(&refused, Error::Node(NodeError::Unreachable(reason)) if reason == "host here does not answer"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_an_attempt_has_written_is_read_while_the_next_one_waits() {
    let harness = Harness::new().await;
    let retries = RetriesWanted { most: 1, ..RetriesWanted::default() };
    // Which host the next one runs on is not known.
    let id = harness.submit(&harness.ada, SubmitJob { retries, output: "%N-%j.out".into(), ..job("train") }).await;
    let task = harness.runs(id).await;
    harness.tell(task, Generation::FIRST, Phase::Exited(Outcome { exit: Exit::Code(1), ..DONE })).await;
    harness.until_job(id, JobState::Pending).await;
    let path = format!("/root/here-{id}.out");
    let (all, _) = futures::future::join(harness.output(id, 0, SOON), harness.serves(&[], &path, "hello\n")).await;
    assert_eq!(all, written(0, "hello\n", false));
    assert_eq!(harness.output(id, 6, Duration::ZERO).await, written(6, "", false), "more may come");
    harness.control.jobs.cancel(&harness.ada, id).await.expect("cancelled");
    assert_eq!(harness.output(id, 0, Duration::ZERO).await, written(0, "hello\n", true));
}

#[tokio::test]
async fn a_reader_of_a_job_that_is_cancelled_before_it_began_waits_for_its_end() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, job("train")).await;
    let task = harness.started(id).await;
    harness.control.jobs.cancel(&harness.ada, id).await.expect("cancelled");
    let stop = harness.ordered(task, Order::Stop).await;
    let (output, ()) =
        futures::future::join(harness.output(id, 0, SOON), harness.tell(task, stop, Phase::Stopped)).await;
    assert_eq!(output, nothing(true));
}
