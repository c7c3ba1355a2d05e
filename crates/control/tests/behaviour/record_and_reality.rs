//! What control makes of it when the record, coordination and the hosts do not say the same.

use control::ports::store::{AccessReads, EventReads, UnclaimedReads, UserReads};
use std::time::Duration;

use control::{
    actor::Actor,
    ports::{
        clock::Clock as _,
        coordination::{AssignmentPublisher as _, Order, Orphan, Report, WorkerCoordination as _},
        store::Store as _,
    },
    reconcile::UNCLAIMED_KEPT,
};
use domain::{
    InstanceId, NodeId, UserId, VclusterId,
    node::{Generation, Observation, Phase},
    user::{Role, User},
    vcluster::{Vcluster, VclusterState},
};
use uuid::Uuid;

use crate::harness::{Harness, SOON, chrono_epoch, eventually, obtain};

fn orphan(vcluster: &Vcluster, node: NodeId, generation: u64) -> Orphan {
    let worker = "here".parse().expect("a name");
    Orphan {
        instance: node.into(),
        worker,
        vcluster: Some(vcluster.id),
        owner: vcluster.owner,
        generation: Generation(generation),
    }
}

fn stranger(number: u128) -> Orphan {
    Orphan {
        instance: InstanceId::new(Uuid::from_u128(number)),
        worker: "here".parse().expect("a name"),
        vcluster: Some(VclusterId::new(Uuid::from_u128(number))),
        owner: UserId::new(Uuid::from_u128(number)),
        generation: Generation(3),
    }
}

impl Harness {
    async fn notices(&self) -> Vec<String> {
        let user = User { role: Role::Admin, ..self.store.user(self.ada.user).await.expect("a read").expect("ada") };
        let admin = Actor::of(user).expect("not locked");
        let notices = self.control.installation.notices(&admin).await.expect("notices");
        notices.into_iter().map(|notice| notice.text).collect()
    }

    /// Waits until old rows were dropped, by the present time.
    async fn swept(&self) {
        eventually("a sweep", SOON, async || self.last_sweep().await == Some(self.clock.now())).await;
    }

    async fn last_sweep(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        let tx = self.store.begin().await.expect("a transaction");
        tx.last_sweep().await.expect("a read")
    }

    async fn said(&self, words: &str) {
        eventually(words, SOON, async || self.notices().await.iter().any(|text| text.contains(words))).await;
    }
}

#[tokio::test]
async fn a_container_of_a_node_the_record_has_let_go_of_may_be_removed() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.run_all(&lab).await;
    harness.control.vclusters.delete(&harness.ada, lab.id).await.expect("it can be deleted");
    harness.remove_all(&lab).await;
    eventually("the vcluster to be gone", SOON, async || harness.get(lab.id).await.is_none()).await;
    harness.coordination.ask(&[orphan(&lab, lab.nodes[0].id, 1)]).await.expect("coordination answers");
    let verdict = harness.verdict(lab.nodes[0].id).await;
    assert_eq!(verdict, control::ports::coordination::Verdict::Remove { generation: Generation(2) });
    assert_eq!(harness.store.all_unclaimed().await.expect("a read"), []);
}

#[tokio::test]
async fn a_container_the_record_claims_gets_its_assignment() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let node = &lab.nodes[0];
    // The assignment is missing from coordination.
    let place = (node.worker.clone(), node.id.into(), node.generation);
    harness.coordination.withdraw(&[place]).await.expect("coordination answers");
    harness.coordination.ask(&[orphan(&lab, node.id, 1)]).await.expect("coordination answers");
    let published = obtain("its assignment", SOON, async || harness.coordination.assignment(node.id)).await;
    assert_eq!((published.order, published.generation), (Order::Run, node.generation));
}

#[tokio::test]
async fn what_no_record_claims_is_kept_and_shown_and_goes_after_a_long_time() {
    let mut harness = Harness::new().await;
    let unclaimed = stranger(99);
    harness.coordination.ask(std::slice::from_ref(&unclaimed)).await.expect("coordination answers");
    assert_eq!(harness.verdict(unclaimed.instance).await, control::ports::coordination::Verdict::Keep);
    harness.said("no record claims").await;
    // Day by day: a clock that leaps is not believed.
    for _ in 0..UNCLAIMED_KEPT.num_days() {
        harness.clock.advance(Duration::from_secs(24 * 3600));
        harness.restart().await;
        harness.swept().await;
        assert_eq!(harness.verdict(unclaimed.instance).await, control::ports::coordination::Verdict::Keep);
    }
    harness.clock.advance(Duration::from_secs(23 * 3600));
    harness.restart().await;
    eventually("it may be removed", SOON, async || {
        harness.verdict(unclaimed.instance).await
            == control::ports::coordination::Verdict::Remove { generation: Generation(3) }
    })
    .await;
    harness.coordination.stop_asking(&unclaimed.worker, &[unclaimed.instance]).await.expect("coordination answers");
    eventually("it is forgotten", SOON, async || harness.store.all_unclaimed().await.expect("a read").is_empty()).await;
}

#[tokio::test]
async fn what_went_while_control_was_away_is_forgotten_unless_its_host_is_away_too() {
    let mut harness = Harness::new().await;
    let (gone, away) = (stranger(98), Orphan { worker: "away".parse().expect("a name"), ..stranger(99) });
    let both = [gone.clone(), away.clone()];
    harness.coordination.ask(&both).await.expect("coordination answers");
    let unclaimed = async || -> Vec<InstanceId> {
        harness.store.all_unclaimed().await.expect("a read").into_iter().map(|unclaimed| unclaimed.instance).collect()
    };
    eventually("both are known", SOON, async || unclaimed().await.len() == 2).await;
    harness.stop();
    for orphan in both {
        harness.coordination.stop_asking(&orphan.worker, &[orphan.instance]).await.expect("coordination answers");
    }
    harness.restart().await;
    eventually("one is forgotten", SOON, async || {
        let kept = harness.store.all_unclaimed().await.expect("a read");
        kept.iter().map(|unclaimed| unclaimed.instance).eq([away.instance])
    })
    .await;
}

#[tokio::test]
async fn a_record_that_is_older_than_what_is_published_numbers_its_orders_above_that() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    let lab = harness.running(lab).await;
    // As after a restore: what is published is of later orders, one of them another one under the record's number.
    let mut later = harness.coordination.assignments();
    later[0].generation = Generation(7);
    later[1].order = Order::Stop;
    harness.coordination.restore(&(later.clone(), Vec::new()));
    let raised = harness
        .until(lab.id, "numbers above those", |lab| lab.nodes.iter().all(|node| node.generation > Generation(1)))
        .await;
    let generation = |instance: InstanceId| raised.node_by_id(instance.as_node()).expect("a node").generation;
    assert_eq!((generation(later[0].instance), generation(later[1].instance)), (Generation(8), Generation(2)));
    harness.run_all(&raised).await;
    harness.said("the record was older").await;
}

#[tokio::test]
async fn a_record_that_is_older_than_what_a_worker_has_carried_out_numbers_its_order_above_that() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let node = &lab.nodes[0];
    let phase = Phase::Stuck { reason: "the host has carried out a later order".into() };
    let observation = Observation::new(Generation(5), phase);
    let report = Report { instance: node.id.into(), worker: node.worker.clone(), observation };
    harness.coordination.report(&[report]).await.expect("coordination answers");
    let lab = harness.until(lab.id, "a number above that", |lab| lab.nodes[0].generation == Generation(6)).await;
    assert_eq!(lab.state(), VclusterState::Running, "its order stays what it is");
    harness.work(node.id, Order::Run, Phase::Running { since: chrono_epoch() }).await;
    harness.said("the record was older").await;
}

/// Longer than a worker has, from the start, to say that it is there.
const UNHEARD: Duration = Duration::from_secs(17);

#[tokio::test]
async fn a_database_that_fails_when_a_host_is_found_missing_leaves_no_node_running_for_ever() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    harness.stop();
    harness.coordination.wipe();
    let refuse = "BEGIN SELECT RAISE(ABORT, 'the test lets this fail'); END";
    harness.sql(&format!("CREATE TRIGGER refuse BEFORE INSERT ON nodes {refuse}")).await;
    let before = harness.coordination.report_watches();
    harness.start();
    eventually("it has failed", SOON, async || harness.coordination.report_watches() > before + 1).await;
    assert_eq!(harness.get(lab.id).await.expect("the vcluster").state(), VclusterState::Running);
    harness.sql("DROP TRIGGER refuse").await;
    let lost = harness.until(lab.id, "its host is missed", |lab| lab.state() != VclusterState::Running).await;
    assert_eq!(lost.reason().as_deref(), Some("node-0: host here does not answer"));
}

#[tokio::test]
async fn a_coordination_that_is_late_at_the_start_loses_no_host() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.running(lab).await;
    let happened = harness.store.last_event().await.expect("a read");
    harness.stop();
    harness.coordination.cut();
    harness.start();
    tokio::time::sleep(UNHEARD).await; // this is what is tested, not what is waited for
    harness.coordination.mend();
    harness.announce().await;
    assert_eq!(harness.store.last_event().await.expect("a read"), happened, "nothing became of any node");
}

#[tokio::test]
async fn orders_that_follow_each_other_while_coordination_is_away_are_no_restored_record() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    harness.coordination.cut();
    let (ada, vclusters) = (&harness.ada, &harness.control.vclusters);
    for _ in 0..3 {
        vclusters.stop(ada, lab.id).await.expect("it can be stopped");
        vclusters.start(ada, lab.id).await.expect("it can be started");
    }
    let other = harness.create("other", 1).await;
    harness.coordination.mend();
    // What was ordered last is published last.
    eventually("everything to be published", SOON, async || {
        let newest = harness.coordination.assignment(lab.nodes[0].id).is_some_and(|now| now.generation.0 >= 7);
        newest && harness.coordination.assignment(other.nodes[0].id).is_some()
    })
    .await;
    let third = harness.create("third", 1).await;
    eventually("what waited to be published", SOON, async || {
        harness.coordination.assignment(third.nodes[0].id).is_some()
    })
    .await;
    let now = harness.get(lab.id).await.expect("the vcluster");
    assert_eq!(now.nodes[0].generation, Generation(7), "six orders behind the first");
    assert_eq!(harness.notices().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_container_found_by_a_clock_that_runs_behind_is_kept_as_long_as_any() {
    let mut harness = Harness::new().await;
    harness.swept().await;
    let last = harness.clock.now();
    harness.clock.set(chrono_epoch());
    let unclaimed = stranger(99);
    harness.coordination.ask(std::slice::from_ref(&unclaimed)).await.expect("coordination answers");
    assert_eq!(harness.verdict(unclaimed.instance).await, control::ports::coordination::Verdict::Keep);
    // The clock is set right: the host was away for longer than what is unclaimed is kept.
    harness.clock.set(last + UNCLAIMED_KEPT * 2);
    harness.restart().await;
    harness.said("check the clock").await;
    harness.clock.advance(Duration::from_secs(24 * 3600));
    harness.restart().await;
    harness.swept().await;
    let marked = stranger(100);
    harness.coordination.ask(std::slice::from_ref(&marked)).await.expect("coordination answers");
    harness.verdict(marked.instance).await;
    assert_eq!(harness.verdict(unclaimed.instance).await, control::ports::coordination::Verdict::Keep);
}

#[tokio::test]
async fn a_machine_that_is_off_at_night_sweeps_again_a_day_after_a_weekend() {
    let mut harness = Harness::new().await;
    harness.swept().await;
    let last = harness.clock.now();
    harness.clock.advance(Duration::from_secs(64 * 3600));
    harness.restart().await;
    harness.said("check the clock").await;
    // Off and on again, twice.
    harness.clock.advance(Duration::from_secs(12 * 3600));
    harness.restart().await;
    harness.said("check the clock").await;
    assert_eq!(harness.last_sweep().await, Some(last));
    harness.clock.advance(Duration::from_secs(12 * 3600));
    harness.restart().await;
    harness.swept().await;
    // From another century: the doubt of before is none about this.
    let last = harness.clock.now();
    harness.clock.advance(Duration::from_secs(3 * 24 * 3600));
    harness.restart().await;
    harness.said("check the clock").await;
    harness.clock.advance(Duration::from_secs(100 * 366 * 24 * 3600));
    harness.restart().await;
    harness.said("check the clock").await;
    assert_eq!(harness.last_sweep().await, Some(last));
}

#[tokio::test]
async fn a_clock_that_leaps_drops_nothing() {
    let mut harness = Harness::new().await;
    let browser = harness.sign_in(&harness.ada).await;
    harness.swept().await;
    harness.clock.advance(Duration::from_secs(366 * 24 * 3600));
    harness.restart().await;
    harness.said("check the clock").await;
    let kept = harness.store.sessions_of(harness.ada.user, harness.clock.now() - chrono::TimeDelta::days(366)).await;
    assert_eq!(kept.expect("a read").len(), 1, "the session is there when the clock is right again");
    drop(browser);
}
