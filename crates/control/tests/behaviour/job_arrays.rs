//! Arrays: one row that waits, and a job for each element that begins; cancelled in part, restarted in the middle. Their owner may
//! hold 8 CPUs.

use control::{
    Error,
    jobs::{BulkAction, BulkWhich, JobView, RetriesWanted, SubmitJob},
    ports::{
        clock::Clock as _,
        coordination::{Order, Workload},
        store::{JobFilter, JobReads as _, PageRequest},
    },
};
use domain::{
    JobId, JobRef, TaskId,
    job::{Counts, Job, JobState},
    node::{Generation, Phase},
    task::{Exit, Outcome},
};

use crate::{
    harness::{Harness, SOON, eventually, obtain},
    jobs::{DONE, job},
};

const STOPPED: Outcome = Outcome { exit: Exit::Signal(15), ..DONE };

impl Harness {
    async fn array(&self, indexes: &str) -> JobId {
        self.submit(&self.ada, SubmitJob { array: Some(indexes.into()), ..job("train") }).await
    }

    /// Those that have begun or were cancelled by themselves.
    async fn elements(&self, array: JobId) -> Vec<Job> {
        let all = PageRequest { after: None, limit: 1000 };
        self.store.elements_of(array, &JobFilter::default(), all).await.expect("the record answers")
    }

    /// So many go on at this moment, and never more.
    async fn going_on(&self, array: JobId, count: usize) -> Vec<Job> {
        obtain(&format!("{count} elements of array {array} to go on"), SOON, async || {
            let mut elements = self.elements(array).await;
            elements.retain(|element| !element.state.is_final());
            assert!(elements.len() <= count, "{elements:?}");
            (elements.len() == count).then_some(elements)
        })
        .await
    }

    async fn seen(&self, job: impl Into<JobRef>) -> JobView {
        self.control.jobs.get(&self.ada, job).await.expect("a known job")
    }

    async fn stopped(&self, task: TaskId) {
        let generation = self.ordered(task, Order::Stop).await;
        self.tell(task, generation, Phase::Exited(STOPPED)).await;
    }
}

const fn element(id: JobId, index: u32) -> JobRef {
    JobRef { id, index: Some(index) }
}

fn index(job: &Job) -> u32 {
    job.part.expect("an element").index
}

#[tokio::test]
async fn an_array_runs_each_of_its_elements_once_with_no_more_at_a_time_than_it_allows() {
    let harness = Harness::new().await;
    let id = harness.array("0-5%2").await;
    for _ in 0..3 {
        for one in harness.going_on(id, 2).await {
            harness.ends(one.id, 1, DONE).await;
        }
    }
    let array = harness.until_job(id, JobState::Completed).await;
    assert!(array.ended_at.is_some() && array.attempt.is_none());
    let elements = harness.elements(id).await;
    assert_eq!(elements.iter().map(index).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(harness.seen(id).await.array, Some(Counts::from([(JobState::Completed, 6)])));
    let (filter, page) = (JobFilter::default(), PageRequest { after: None, limit: 50 });
    let listed = harness.control.jobs.list(&harness.ada, &filter, page).await.expect("a list");
    assert_eq!(listed.iter().map(|view| view.job.id).collect::<Vec<_>>(), [id], "one row");
    let page = PageRequest { after: Some(2), limit: 2 };
    let paged = harness.control.jobs.elements(&harness.ada, id, &filter, page).await.expect("a list");
    assert_eq!(paged.iter().map(|view| index(&view.job)).collect::<Vec<_>>(), [3, 4]);
}

#[tokio::test]
async fn an_element_finds_its_index_and_writes_its_own_file() {
    let harness = Harness::new().await;
    let id = harness.array("7-9:2%1").await;
    let one = harness.going_on(id, 1).await.remove(0);
    let task = harness.started(one.id).await;
    harness.ordered(task, Order::Run).await;
    let published = harness.coordination.assignment(task).expect("an assignment");
    let Workload::Task { batch: Some(batch), .. } = published.workload else { panic!("a job's") };
    assert_eq!(batch.output, format!("/root/job-{id}_7.out"));
    let (array, number) = (id.to_string(), one.id.to_string());
    for (name, value) in
        [("JOB_ID", &*number), ("JOB_ARRAY_ID", &*array), ("JOB_ARRAY_INDEX", "7"), ("JOB_ARRAY_SIZE", "2")]
    {
        assert_eq!(batch.environment.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[tokio::test]
async fn elements_that_are_cancelled_before_they_begin_never_do_and_stay_known() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.array("0-3%1").await;
    let first = harness.going_on(id, 1).await.remove(0);
    let waits = harness.seen(element(id, 3)).await.job;
    assert_eq!((waits.id, waits.state, index(&waits)), (id, JobState::Pending, 3));
    for number in [2, 3] {
        let cancelled = jobs.cancel(ada, element(id, number)).await.expect("cancelled").job;
        assert_eq!((cancelled.state, index(&cancelled)), (JobState::Cancelled, number));
        assert!(cancelled.id != id && cancelled.ended_at.is_some());
        assert_eq!(harness.seen(element(id, number)).await.job.id, cancelled.id);
        assert_eq!(jobs.cancel(ada, element(id, number)).await.expect("it is over").job.id, cancelled.id);
    }
    let array = harness.seen(id).await;
    assert_eq!(array.job.state, JobState::Pending, "one is left");
    let begun = first.state;
    assert_eq!(array.array, Some(Counts::from([(JobState::Pending, 1), (begun, 1), (JobState::Cancelled, 2)])));
    harness.ends(first.id, 1, DONE).await;
    let second = harness.going_on(id, 1).await.remove(0);
    assert_eq!(index(&second), 1);
    harness.until_job(id, JobState::Running).await;
    harness.ends(second.id, 1, DONE).await;
    let array = harness.until_job(id, JobState::Cancelled).await;
    assert_eq!(array.reason.as_deref(), Some("2 of 4 elements were cancelled"));
}

#[tokio::test]
async fn a_cancelled_array_ends_what_runs_begins_nothing_more_and_knows_every_element() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.array("0-99999%2").await;
    let running = harness.going_on(id, 2).await;
    for one in &running {
        harness.runs(one.id).await;
    }
    let told = jobs.cancel(ada, id).await.expect("told to end");
    assert_eq!((told.job.state, told.job.left.is_empty()), (JobState::Completing, true));
    assert_eq!(told.array, Some(Counts::from([(JobState::Completing, 2), (JobState::Cancelled, 99_998)])));
    assert_eq!(jobs.cancel(ada, id).await.expect("it is to end already").job.state, JobState::Completing);
    for one in &running {
        harness.stopped(harness.started(one.id).await).await;
    }
    let array = harness.until_job(id, JobState::Cancelled).await;
    assert!(array.ended_at.is_some());
    let never = harness.seen(element(id, 50_000)).await.job;
    assert_eq!((never.state, never.ended_at), (JobState::Cancelled, array.ended_at));
    assert!(matches!(jobs.get(ada, element(id, 100_000)).await, Err(Error::NotFound("job"))));
    assert!(matches!(jobs.get(&harness.bob, element(id, 0)).await, Err(Error::NotFound("job"))));
    assert!(matches!(jobs.get(ada, element(running[0].id, 0)).await, Err(Error::NotFound("job"))));
    let held = harness.submit(ada, SubmitJob { array: Some("0-9".into()), hold: true, ..job("held") }).await;
    assert_eq!(jobs.cancel(ada, held).await.expect("cancelled").job.state, JobState::Cancelled, "nothing had begun");
}

#[tokio::test]
async fn an_element_that_never_began_is_requeued_under_a_number_of_its_own() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.submit(ada, SubmitJob { array: Some("0-9".into()), hold: true, ..job("train") }).await;
    let array = jobs.cancel(ada, id).await.expect("cancelled").job;
    let again = jobs.requeue(ada, element(id, 7)).await.expect("it waits").job;
    assert!(again.id != id && again.state == JobState::Pending, "{again:?}");
    assert_eq!(harness.ends(again.id, 1, DONE).await.state, JobState::Completed);
    let ended = harness.until_job(id, JobState::Cancelled).await;
    assert_eq!(ended.spec, array.spec, "its row is its own");
    assert_eq!(harness.elements(id).await.iter().map(index).collect::<Vec<_>>(), [7]);
    assert_eq!(harness.seen(element(id, 6)).await.job.state, JobState::Cancelled);
}

#[tokio::test]
async fn an_array_that_is_to_end_already_is_cancelled_with_what_was_requeued_since() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.array("0-1%1").await;
    let first = harness.going_on(id, 1).await.remove(0);
    let task = harness.runs(first.id).await;
    jobs.cancel(ada, id).await.expect("told to end");
    let again = jobs.requeue(ada, element(id, 1)).await.expect("it waits").job;
    assert_eq!(harness.seen(id).await.job.state, JobState::Completing);
    jobs.cancel(ada, id).await.expect("told once more");
    assert_eq!(harness.job(again.id).await.state, JobState::Cancelled);
    harness.stopped(task).await;
    harness.until_job(id, JobState::Cancelled).await;
}

#[tokio::test]
async fn what_runs_of_an_array_goes_on_where_all_that_waits_is_cancelled() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.array("0-3%1").await;
    let first = harness.going_on(id, 1).await.remove(0);
    harness.runs(first.id).await;
    let in_states = |states| BulkWhich { states, ..BulkWhich::default() };
    let waiting = in_states(vec![JobState::Pending]);
    assert_eq!(jobs.bulk(ada, BulkAction::Cancel, waiting).await.expect("answers").len(), 1);
    assert_eq!(harness.job(first.id).await.state, JobState::Running);
    let array = harness.job(id).await;
    assert_eq!((array.state, array.left.is_empty()), (JobState::Running, true));
    harness.ends(first.id, 1, DONE).await;
    let array = harness.until_job(id, JobState::Cancelled).await;
    assert_eq!(array.reason.as_deref(), Some("3 of 4 elements were cancelled"));
    let other = harness.array("0-3%1").await;
    let first = harness.going_on(other, 1).await.remove(0);
    harness.runs(first.id).await;
    let all = in_states(vec![JobState::Pending, JobState::Running]);
    jobs.bulk(ada, BulkAction::Cancel, all).await.expect("answers");
    assert_eq!(harness.job(first.id).await.state, JobState::Completing);
}

#[tokio::test]
async fn an_element_that_waits_for_another_attempt_is_cancelled_with_its_array() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let retries = RetriesWanted { most: 3, ..RetriesWanted::default() };
    let id = harness.submit(ada, SubmitJob { array: Some("0-2%1".into()), retries, ..job("train") }).await;
    let first = harness.going_on(id, 1).await.remove(0);
    let task = harness.runs(first.id).await;
    harness.tell(task, Generation::FIRST, Phase::Exited(Outcome { exit: Exit::Code(1), ..DONE })).await;
    harness.until_job(first.id, JobState::Pending).await;
    jobs.cancel(ada, id).await.expect("cancelled");
    let cancelled = harness.job(first.id).await;
    assert_eq!((cancelled.state, cancelled.ended_at), (JobState::Cancelled, Some(harness.clock.now())));
}

#[tokio::test]
async fn an_array_of_which_some_have_failed_has_failed_and_says_how_many() {
    let harness = Harness::new().await;
    let id = harness.array("1-3").await;
    for one in harness.going_on(id, 3).await {
        let exit = Exit::Code(u8::from(index(&one) == 2));
        harness.ends(one.id, 1, Outcome { exit, ..DONE }).await;
    }
    let array = harness.until_job(id, JobState::Failed).await;
    assert_eq!(array.reason.as_deref(), Some("1 of 3 elements failed"));
}

#[tokio::test]
async fn an_element_that_runs_is_cancelled_alone_and_only_a_whole_array_is_held() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.array("0-2%1").await;
    let first = harness.going_on(id, 1).await.remove(0);
    let task = harness.runs(first.id).await;
    assert!(jobs.set_held(ada, id, true).await.expect("held").job.held);
    let refused = jobs.set_held(ada, element(id, 2), true).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    assert_eq!(jobs.cancel(ada, element(id, 0)).await.expect("told to end").job.state, JobState::Completing);
    harness.stopped(task).await;
    harness.until_job(first.id, JobState::Cancelled).await;
    assert_eq!(harness.elements(id).await.len(), 1, "the array is held");
    jobs.set_held(ada, id, false).await.expect("released");
    assert_eq!(index(&harness.going_on(id, 1).await.remove(0)), 1);
}

#[tokio::test]
async fn a_restart_in_the_middle_runs_no_element_twice() {
    let mut harness = Harness::new().await;
    let id = harness.array("0-3%1").await;
    harness.restart().await;
    let mut tasks = Vec::new();
    for number in 0..4 {
        let one = harness.going_on(id, 1).await.remove(0);
        assert_eq!(index(&one), number);
        harness.restart().await;
        tasks.push(harness.runs(one.id).await);
        harness.restart().await;
        harness.ends(one.id, 1, DONE).await;
        harness.restart().await;
    }
    harness.until_job(id, JobState::Completed).await;
    let begun: Vec<_> = harness.elements(id).await.into_iter().filter_map(|one| one.attempt).collect();
    assert_eq!(begun.iter().map(|attempt| attempt.task).collect::<Vec<_>>(), tasks);
}

#[tokio::test]
async fn an_element_that_a_restored_record_begins_again_is_the_same_task() {
    let mut harness = Harness::new().await;
    let id = harness.array("5,6%1").await;
    let one = harness.going_on(id, 1).await.remove(0);
    let task = harness.started(one.id).await;
    harness.stop();
    let before = "UPDATE jobs SET left_indexes = '5,6', left_count = 2";
    harness.sql(&format!("DELETE FROM jobs WHERE id = {}; {before} WHERE id = {id}", one.id)).await;
    harness.restart().await;
    let again = harness.going_on(id, 1).await.remove(0);
    assert_ne!(again.id, one.id, "its number is another one");
    assert_eq!(harness.started(again.id).await, task);
}

#[tokio::test]
async fn what_an_element_that_has_not_begun_writes_is_waited_for() {
    let harness = Harness::new().await;
    let id = harness.submit(&harness.ada, SubmitJob { array: Some("0-1".into()), hold: true, ..job("train") }).await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let reads = jobs.output(ada, element(id, 1), 0, 1, SOON);
    let cancels = async {
        eventually("the array to be seen", SOON, async || harness.seen(id).await.waits.is_some()).await;
        jobs.cancel(ada, element(id, 1)).await.expect("cancelled");
    };
    let (output, ()) = tokio::join!(reads, cancels);
    assert!(output.expect("output").ended);
}
