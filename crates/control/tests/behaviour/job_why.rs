//! What would start a waiting job earlier, when it starts at the earliest, and how its owner stands.

use std::time::Duration;

use chrono::TimeDelta;
use control::{
    Error,
    actor::Actor,
    jobs::{Change, Reason, SubmitJob},
    ports::clock::Clock as _,
};
use domain::{
    job::JobState,
    node::{Generation, Phase},
};

use crate::{
    job_queue::{of, of_four_cpus},
    jobs::DONE,
};

#[tokio::test]
async fn a_job_that_is_made_as_small_as_was_told_starts_at_once() {
    let harness = of_four_cpus().await;
    let (jobs, bob) = (&harness.control.jobs, &harness.bob);
    let blocking = harness.submit(&harness.ada, of(3.0)).await;
    harness.runs(blocking).await;
    let large = harness.submit(bob, of(4.0)).await;
    harness.waits(bob, large, |reason| matches!(reason, Reason::Capacity(_))).await;
    let what_ifs = jobs.what_ifs(bob, large).await.expect("its owner asks");
    let [fewer] = what_ifs.as_slice() else { panic!("{what_ifs:?}") };
    assert_eq!((fewer.change, fewer.now), (Change::CpuMilli { from: 4000, to: 1000 }, true));
    assert_eq!(fewer.to_string(), "with 1 instead of 4 CPUs it would start now");
    assert!(jobs.what_ifs(&harness.ada, blocking).await.expect("a job").is_empty(), "it does not wait");
    let foreign = jobs.what_ifs(&harness.ada, large).await;
    assert!(matches!(foreign, Err(Error::NotFound(_))), "{foreign:?}");
    jobs.cancel(bob, large).await.expect("cancelled");
    let small = harness.submit(bob, of(1.0)).await;
    harness.started(small).await;
}

#[tokio::test]
async fn a_held_job_is_told_of_its_release_only_while_it_is_held() {
    let harness = of_four_cpus().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let blocking = harness.submit(&harness.bob, of(4.0)).await;
    harness.runs(blocking).await;
    let held = harness.submit(ada, SubmitJob { hold: true, ..of(1.0) }).await;
    harness.waits(ada, held, |reason| matches!(reason, Reason::Held)).await;
    let changes = async || {
        let what_ifs = jobs.what_ifs(ada, held).await.expect("a job");
        what_ifs.into_iter().map(|what_if| what_if.change).collect::<Vec<_>>()
    };
    assert_eq!(changes().await, [Change::Release]);
    jobs.set_held(ada, held, false).await.expect("released");
    assert!(!changes().await.contains(&Change::Release), "also before the next pass");
}

#[tokio::test]
async fn what_was_used_is_told_beside_others_and_with_the_reasons_of_what_waits() {
    let harness = of_four_cpus().await;
    let root = harness.root().await;
    let before = harness.submit(&harness.ada, of(4.0)).await;
    harness.ends(before, 3600, DONE).await;
    let blocking = harness.submit(&root, of(4.0)).await;
    harness.runs(blocking).await;
    for _ in 0..2 {
        harness.submit(&harness.ada, of(1.0)).await;
    }
    let held = harness.submit(&harness.ada, SubmitJob { hold: true, ..of(1.0) }).await;
    harness.waits(&harness.ada, held, |_| true).await;
    let bobs = harness.submit(&harness.bob, of(1.0)).await;
    harness.waits(&harness.bob, bobs, |_| true).await;
    let standing = async |actor: &Actor| harness.control.jobs.standing(actor).await.expect("how one stands");
    let ada = standing(&harness.ada).await;
    assert!((ada.used_cpu_hours - 4.0).abs() < 0.01 && ada.decides, "{ada:?}");
    assert_eq!((ada.of_all, ada.running_cpus, ada.half_life), (1.0, 0.0, TimeDelta::days(7)));
    assert!((ada.times_of_share - 2.0).abs() < 1e-9, "of two who have used something or wait: {ada:?}");
    let waiting: Vec<(&str, u32)> = ada.waiting.iter().map(|(reason, count)| (reason.code(), *count)).collect();
    assert_eq!(waiting, [("capacity", 2), ("held", 1)]);
    let roots = standing(&root).await;
    assert_eq!((roots.used_cpu_hours, roots.running_cpus), (0.0, 4.0));
    assert!(roots.waiting.is_empty(), "{roots:?}");
}

#[tokio::test]
async fn the_earliest_start_is_estimated_from_how_long_jobs_took() {
    let harness = of_four_cpus().await;
    let small = || SubmitJob { memory_mib: 64, ..of(0.1) };
    let mut ids = Vec::new();
    for owner in [&harness.ada, &harness.bob] {
        for _ in 0..10 {
            ids.push(harness.submit(owner, small()).await);
        }
    }
    let mut tasks = Vec::new();
    for id in &ids {
        tasks.push(harness.runs(*id).await);
    }
    harness.clock.advance(Duration::from_secs(360));
    for (id, task) in ids.into_iter().zip(tasks) {
        harness.tell(task, Generation::FIRST, Phase::Exited(DONE)).await;
        harness.until_job(id, JobState::Completed).await;
    }
    let blocking = harness.submit(&harness.ada, of(4.0)).await;
    harness.runs(blocking).await;
    let waiting = harness.submit(&harness.bob, of(4.0)).await;
    let explained = harness.waits(&harness.bob, waiting, |reason| matches!(reason, Reason::Capacity(_))).await;
    let (latest, earliest) = (explained.wait.expected_start, explained.expected_from);
    let within = [latest, earliest].map(|at| at.map(|at| (at - harness.clock.now()).num_seconds()));
    let [Some(3599..=3601), Some(359..=361)] = within else { panic!("{explained:?}") };
}
