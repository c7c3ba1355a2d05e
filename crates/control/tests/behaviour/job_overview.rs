//! Many jobs at once, and the queue as everybody may see it.

use chrono::TimeDelta;
use control::{
    Error, Policy,
    actor::Actor,
    jobs::{BulkAction, BulkWhich, QueueView, SeenJob, SubmitJob},
    ports::clock::Clock as _,
};
use domain::{
    JobId,
    job::JobState,
    user::{Scope, Scopes},
};
use scheduler::Overcommit;

use crate::{
    harness::{Harness, SOON, obtain, policy},
    jobs::{DONE, job},
};

fn held(name: &str) -> SubmitJob {
    SubmitJob { hold: true, ..job(name) }
}

async fn bulk(harness: &Harness, action: BulkAction, which: BulkWhich) -> Vec<(JobId, Option<JobState>)> {
    let done = harness.control.jobs.bulk(&harness.ada, action, which).await.expect("answers");
    let state = |outcome: Result<_, Error>| match outcome {
        Ok(control::jobs::JobView { job, .. }) => Some(job.state),
        Err(Error::NotFound("job")) => None,
        Err(error) => panic!("{error}"),
    };
    done.into_iter().map(|(id, outcome)| (id, state(outcome))).collect()
}

#[tokio::test]
async fn many_jobs_are_changed_and_one_that_cannot_be_keeps_none_of_the_others() {
    use JobState::{Cancelled, Completed, Pending};
    let harness = Harness::new().await;
    let over = harness.submit(&harness.ada, job("over")).await;
    harness.ends(over, 1, DONE).await;
    let one = harness.submit(&harness.ada, held("one")).await;
    let bobs = harness.submit(&harness.bob, held("bob's")).await;
    let two = harness.submit(&harness.ada, held("two")).await;
    let these = |jobs: &[JobId]| BulkWhich { jobs: jobs.iter().copied().collect(), states: Vec::new() };
    let cancelled = bulk(&harness, BulkAction::Cancel, these(&[one, bobs, over])).await;
    assert_eq!(cancelled, [(over, Some(Completed)), (one, Some(Cancelled)), (bobs, None)]);
    assert_eq!(harness.job(bobs).await.state, Pending);

    bulk(&harness, BulkAction::Release, these(&[two])).await;
    assert!(!harness.job(two).await.held);
    let three = harness.submit(&harness.ada, held("three")).await;
    let in_states = BulkWhich { states: vec![Pending], ..BulkWhich::default() };
    let cancelled = bulk(&harness, BulkAction::Cancel, in_states).await;
    assert!(cancelled.contains(&(three, Some(Cancelled))), "{cancelled:?}");
    assert!(cancelled.iter().all(|(id, _)| [two, three].contains(id)), "what is over stays, and so does bob's");
}

#[tokio::test]
async fn jobs_that_are_held_or_released_by_their_state_leave_out_those_that_are_so_already() {
    use JobState::{Pending, Running};
    let harness = Harness::new().await;
    let begin_at = Some(harness.clock.now() + TimeDelta::hours(1));
    let waits = harness.submit(&harness.ada, SubmitJob { begin_at, ..job("waits") }).await;
    let on_hold = harness.submit(&harness.ada, SubmitJob { begin_at, ..held("on hold") }).await;
    let all = || BulkWhich { states: vec![Pending, Running], ..BulkWhich::default() };
    assert_eq!(bulk(&harness, BulkAction::Hold, all()).await, [(waits, Some(Pending))]);
    assert!(bulk(&harness, BulkAction::Hold, all()).await.is_empty());
    let both = [(waits, Some(Pending)), (on_hold, Some(Pending))];
    assert_eq!(bulk(&harness, BulkAction::Release, all()).await, both);
    let running = BulkWhich { states: vec![Running], ..BulkWhich::default() };
    assert!(bulk(&harness, BulkAction::Hold, running).await.is_empty(), "only what waits is held");
    assert_eq!(bulk(&harness, BulkAction::Cancel, all()).await, both.map(|(id, _)| (id, Some(JobState::Cancelled))));
}

/// The queue, once this many wait in it.
async fn queue(harness: &Harness, actor: &Actor, waiting: usize) -> QueueView {
    obtain("the queue", SOON, async || {
        let view = harness.control.jobs.queue_view(actor).await.expect("a view");
        (view.waiting.len() == waiting).then_some(view)
    })
    .await
}

#[tokio::test]
async fn of_others_jobs_only_the_size_is_seen_and_by_administrators_the_owner() {
    let harness = Harness::with(Policy { overcommit: Overcommit { cpu: 1.0, memory: 1.0 }, ..policy() }).await;
    let of = |name, cpus| SubmitJob { cpus, ..job(name) };
    let running = harness.submit(&harness.ada, of("adas-secret", 4.0)).await;
    harness.runs(running).await;
    let bobs = harness.submit(&harness.bob, of("bobs-secret", 2.0)).await;
    harness.submit(&harness.ada, held("never-in-the-queue")).await;

    let seen = queue(&harness, &harness.bob, 1).await;
    assert_eq!((seen.waiting_in_all, seen.computed_at.is_some()), (1, true));
    let [host] = &seen.hosts[..] else { panic!("one host: {seen:?}") };
    assert_eq!((host.ready, host.offered_cpu_milli, host.held.cpu_milli), (true, 4000, 4000));
    let of_ada = &harness.job(running).await.spec.resources;
    assert_eq!(host.jobs, [SeenJob { own: None, owner: None, resources: *of_ada }]);
    let place = &seen.waiting[0];
    let own = place.job.own.as_ref().map(|(id, name)| (*id, name.as_str()));
    assert_eq!((place.position, place.count, own), (1, 1, Some((bobs, "bobs-secret"))));
    assert_eq!(place.job.owner.as_ref(), Some(&harness.bob.name));
    assert!(place.expected_start.is_some());
    assert!(!format!("{seen:?}").contains("adas-secret"));

    let adas = queue(&harness, &harness.ada, 1).await;
    assert!(!format!("{adas:?}").contains("bob"), "{adas:?}");
    let root = harness.root().await;
    let all = queue(&harness, &root, 1).await;
    assert_eq!(all.waiting[0].job.owner.as_ref(), Some(&harness.bob.name));
    assert_eq!(all.hosts[0].jobs[0].owner.as_ref(), Some(&harness.ada.name));
    assert!(!format!("{all:?}").contains("secret"), "not even an administrator sees more");
    let reader = Actor { scopes: Scopes::of(&[Scope::Read]), ..root };
    assert!(queue(&harness, &reader, 1).await.waiting[0].job.owner.is_none(), "the token may not");
}

#[tokio::test]
async fn a_summary_counts_ones_own_and_what_has_ended_lately() {
    let harness = Harness::with(Policy { overcommit: Overcommit { cpu: 1.0, memory: 1.0 }, ..policy() }).await;
    let old = harness.submit(&harness.ada, job("old")).await;
    harness.ends(old, 1, DONE).await;
    harness.clock.advance(std::time::Duration::from_secs(25 * 3600));
    let lately = harness.submit(&harness.ada, job("lately")).await;
    harness.ends(lately, 1, DONE).await;
    let running = harness.submit(&harness.ada, SubmitJob { cpus: 4.0, ..job("running") }).await;
    harness.runs(running).await;
    harness.submit(&harness.bob, job("bob's")).await;
    harness.submit(&harness.ada, job("waits")).await;
    queue(&harness, &harness.ada, 2).await;
    let summary = harness.control.jobs.summary(&harness.ada).await.expect("a summary");
    let mut counts = summary.counts;
    counts.sort_by_key(|(state, _)| state.as_str());
    assert_eq!(counts, [(JobState::Completed, 1), (JobState::Pending, 1), (JobState::Running, 1)]);
    assert!(summary.next_start.is_some());
}
