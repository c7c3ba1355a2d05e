//! When a job's turn comes, and what its owner is told until then. In most tests here the host's 4 CPUs are given out once.

use control::{
    Error, Policy,
    accounts::ChangePerson,
    actor::Actor,
    jobs::{Explained, Reason, SubmitJob},
    ports::{clock::Clock as _, coordination::Order},
};
use domain::{
    JobId,
    job::JobState,
    node::{Generation, Phase},
};
use scheduler::Overcommit;

use crate::{
    harness::{Harness, SOON, eventually, obtain, policy},
    jobs::{DONE, job},
};

pub(crate) async fn of_four_cpus() -> Harness {
    Harness::with(Policy { overcommit: Overcommit { cpu: 1.0, memory: 1.0 }, ..policy() }).await
}

pub(crate) fn of(cpus: f64) -> SubmitJob {
    SubmitJob { cpus, ..job("train") }
}

impl Harness {
    /// Why it waits, once a pass has found this.
    pub(crate) async fn waits(&self, actor: &Actor, id: JobId, holds: impl Fn(&Reason) -> bool) -> Explained {
        obtain(&format!("why job {id} waits"), SOON, async || {
            let view = self.control.jobs.get(actor, id).await.expect("a job");
            view.waits.filter(|explained| holds(&explained.wait.reason))
        })
        .await
    }

    pub(crate) async fn is_pending(&self, id: JobId) -> bool {
        self.job(id).await.state == JobState::Pending
    }

    /// It has run, and its container reports its end.
    pub(crate) async fn end(&self, id: JobId) {
        let task = self.started(id).await;
        self.tell(task, Generation::FIRST, Phase::Exited(DONE)).await;
        self.until_job(id, JobState::Completed).await;
    }
}

#[tokio::test]
async fn who_has_used_less_comes_first() {
    let harness = of_four_cpus().await;
    let root = harness.root().await;
    let before = harness.submit(&harness.ada, of(4.0)).await;
    harness.ends(before, 3000, DONE).await;
    let blocking = harness.submit(&root, of(4.0)).await;
    harness.runs(blocking).await;
    let adas = harness.submit(&harness.ada, of(4.0)).await;
    let bobs = harness.submit(&harness.bob, of(4.0)).await;
    let behind = harness.waits(&harness.ada, adas, |_| true).await;
    harness.waits(&harness.bob, bobs, |_| true).await;
    assert_eq!(behind.computed_at, harness.clock.now());
    let ahead = async || harness.waits(&harness.ada, adas, |_| true).await.wait.ahead == 1;
    eventually("bob's to be told of as ahead", SOON, ahead).await;
    harness.end(blocking).await;
    harness.started(bobs).await;
    assert!(harness.is_pending(adas).await);
    harness.runs(bobs).await;
    harness.end(bobs).await;
    harness.started(adas).await;
    let view = harness.control.jobs.get(&harness.ada, adas).await.expect("a job");
    assert!(view.waits.is_none(), "it does not wait any more");
}

#[tokio::test]
async fn what_a_running_job_has_used_so_far_counts_already() {
    let harness = of_four_cpus().await;
    let root = harness.root().await;
    let long = harness.submit(&harness.ada, of(2.0)).await;
    harness.runs(long).await;
    harness.clock.advance(std::time::Duration::from_secs(3000));
    let blocking = harness.submit(&root, of(2.0)).await;
    harness.runs(blocking).await;
    let adas = harness.submit(&harness.ada, of(2.0)).await;
    let bobs = harness.submit(&harness.bob, of(2.0)).await;
    let behind = async || harness.waits(&harness.ada, adas, |_| true).await.wait.ahead == 1;
    eventually("bob's to be told of as ahead", SOON, behind).await;
    harness.end(blocking).await;
    harness.started(bobs).await;
    assert!(harness.is_pending(adas).await);
}

#[tokio::test]
async fn limits_hold_a_job_until_its_owner_s_others_have_ended() {
    let harness = Harness::new().await;
    let first = harness.submit(&harness.ada, of(4.0)).await;
    harness.runs(first).await;
    let second = harness.submit(&harness.ada, of(4.0)).await;
    harness.runs(second).await;
    let third = harness.submit(&harness.ada, of(1.0)).await;
    harness.waits(&harness.ada, third, |reason| matches!(reason, Reason::Limit(_))).await;
    let bobs = harness.submit(&harness.bob, of(1.0)).await;
    harness.started(bobs).await;
    let (_, usage) = harness.control.accounts.holdings(&harness.ada).await.expect("holdings");
    assert_eq!((usage.cpu_milli, usage.nodes, usage.vclusters), (8000, 0, 0));
    assert!(harness.is_pending(third).await);
    harness.end(first).await;
    harness.started(third).await;
}

#[tokio::test]
async fn a_large_job_is_kept_room_for_and_what_does_not_delay_it_goes_ahead() {
    let harness = of_four_cpus().await;
    let one = harness.submit(&harness.ada, of(2.0)).await;
    harness.runs(one).await;
    let other = harness.submit(&harness.ada, of(2.0)).await;
    harness.runs(other).await;
    let large = harness.submit(&harness.bob, of(4.0)).await;
    harness.clock.advance(std::time::Duration::from_secs(60));
    harness.end(one).await;
    let long = harness.submit(&harness.ada, SubmitJob { time_limit_s: 7200, ..of(2.0) }).await;
    harness.waits(&harness.ada, long, |reason| matches!(reason, Reason::Priority)).await;
    let explained = harness.waits(&harness.bob, large, |reason| matches!(reason, Reason::Capacity(_))).await;
    assert!(explained.wait.expected_start.is_some(), "{explained:?}");
    let short = harness.submit(&harness.ada, SubmitJob { time_limit_s: 60, ..of(2.0) }).await;
    harness.runs(short).await;
    assert!(harness.is_pending(large).await && harness.is_pending(long).await);
    harness.end(short).await;
    harness.end(other).await;
    harness.runs(large).await;
    assert!(harness.is_pending(long).await);
    harness.end(large).await;
    harness.started(long).await;
}

#[tokio::test]
async fn a_held_job_starts_when_it_is_released() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let id = harness.submit(ada, SubmitJob { hold: true, ..of(1.0) }).await;
    harness.waits(ada, id, |reason| matches!(reason, Reason::Held)).await;
    assert!(!jobs.set_held(ada, id, false).await.expect("released").job.held);
    harness.started(id).await;
    let late = jobs.set_held(ada, id, true).await.expect("it has started").job;
    assert!(!late.held, "it no longer waits");
}

#[tokio::test]
async fn who_holds_and_releases_a_job_again_and_again_keeps_the_queue_not_busy() {
    let harness = Harness::new().await;
    let (jobs, ada) = (&harness.control.jobs, &harness.ada);
    let watched = harness.submit(ada, SubmitJob { hold: true, ..of(1.0) }).await;
    let toggled = harness.submit(ada, of(6.0)).await;
    harness.waits(ada, watched, |_| true).await;
    let began = std::time::Instant::now();
    let mut passes = std::collections::BTreeSet::new();
    while passes.len() < 4 {
        assert!(began.elapsed() < SOON, "no pass comes");
        harness.clock.advance(std::time::Duration::from_millis(1));
        let held = jobs.get(ada, toggled).await.expect("a job").job.held;
        jobs.set_held(ada, toggled, !held).await.expect("it waits");
        passes.insert(harness.waits(ada, watched, |_| true).await.computed_at);
    }
    // The first may have been there before, and the second may have come at once.
    assert!(began.elapsed() >= std::time::Duration::from_millis(200), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_job_that_was_on_hold_waits_behind_what_was_submitted_before_its_release() {
    let harness = of_four_cpus().await;
    let blocking = harness.submit(&harness.ada, of(4.0)).await;
    harness.runs(blocking).await;
    let held = harness.submit(&harness.bob, SubmitJob { hold: true, ..of(4.0) }).await;
    harness.clock.advance(std::time::Duration::from_secs(60));
    let later = harness.submit(&harness.bob, of(4.0)).await;
    harness.clock.advance(std::time::Duration::from_secs(60));
    harness.control.jobs.set_held(&harness.bob, held, false).await.expect("released");
    assert_eq!(harness.job(held).await.waits_since, harness.clock.now());
    let behind = async || harness.waits(&harness.bob, held, |_| true).await.wait.ahead == 1;
    eventually("the other one to come first", SOON, behind).await;
    harness.end(blocking).await;
    harness.started(later).await;
    assert!(harness.is_pending(held).await);
}

#[tokio::test]
async fn a_job_that_cannot_be_read_keeps_no_room_from_others() {
    let harness = of_four_cpus().await;
    let broken = harness.submit(&harness.ada, SubmitJob { hold: true, ..of(4.0) }).await;
    harness.sql(&format!("UPDATE jobs SET spec = '{{}}', held = FALSE WHERE id = {broken}")).await;
    let next = harness.submit(&harness.bob, of(4.0)).await;
    harness.started(next).await;
}

#[tokio::test]
async fn jobs_of_a_locked_user_wait_until_they_are_unlocked() {
    let harness = Harness::new().await;
    let root = harness.root().await;
    let lock = async |locked| {
        let change = ChangePerson { locked: Some(locked), ..ChangePerson::default() };
        harness.control.accounts.change_person(&root, "bob", change).await.expect("changed");
    };
    let id = harness.submit(&harness.bob, SubmitJob { hold: true, ..of(1.0) }).await;
    lock(true).await;
    harness.control.jobs.set_held(&harness.bob, id, false).await.expect("as if it was released before");
    let adas = harness.submit(&harness.ada, of(1.0)).await;
    harness.started(adas).await;
    harness.waits(&harness.bob, id, |reason| matches!(reason, Reason::Held)).await;
    assert!(harness.is_pending(id).await);
    lock(false).await;
    harness.submit(&harness.ada, of(1.0)).await;
    harness.started(id).await;
}

#[tokio::test]
async fn vclusters_and_jobs_have_the_hosts_and_the_limits_together() {
    let harness = of_four_cpus().await;
    let lab = harness.create("lab", 3).await;
    let lab = harness.running(lab).await;
    let id = harness.submit(&harness.bob, of(2.0)).await;
    harness.waits(&harness.bob, id, |reason| matches!(reason, Reason::Capacity(_))).await;
    harness.control.vclusters.stop(&harness.ada, lab.id).await.expect("stopped");
    for node in &lab.nodes {
        harness.work(node.id, Order::Stop, Phase::Stopped).await;
    }
    harness.runs(id).await;
    let refused = harness.control.vclusters.start(&harness.ada, lab.id).await;
    assert!(matches!(refused, Err(Error::NoRoom(_))), "{refused:?}");
    harness.end(id).await;
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("there is room again");
}

#[tokio::test]
async fn a_job_that_no_host_could_run_is_told_so_and_holds_up_no_other() {
    let harness = Harness::new().await;
    let large = harness.submit(&harness.ada, of(6.0)).await;
    let explained = harness.waits(&harness.ada, large, |reason| matches!(reason, Reason::Impossible(_))).await;
    assert!(!explained.wait.reason.to_string().is_empty() && !explained.wait.funnel.is_empty(), "{explained:?}");
    let small = harness.submit(&harness.ada, of(1.0)).await;
    harness.started(small).await;
}

#[tokio::test]
async fn jobs_wait_for_a_host_and_start_when_it_is_there() {
    let mut harness = Harness::new().await;
    harness.stop();
    harness.coordination.expire(&"here".parse().expect("a name"));
    let id = harness.submit(&harness.ada, of(1.0)).await;
    harness.start();
    harness.waits(&harness.ada, id, |_| true).await;
    assert!(harness.is_pending(id).await);
    harness.announce().await;
    harness.started(id).await;
}
