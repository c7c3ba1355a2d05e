//! A host, or its engine, was restarted: what ran there runs again, and its owner can read that it did.

use control::{
    ports::{
        coordination::{Order, WorkerInfo},
        store::{HomeReads, PageRequest},
    },
    vclusters::ChangeVcluster,
};
use domain::{
    node::Phase,
    operation::{OperationKind, OperationState},
    vcluster::{Vcluster, VclusterState},
};

use crate::harness::{Harness, SOON, chrono_epoch, eventually, host, obtain};

fn interrupted() -> Phase {
    Phase::Interrupted { reason: "the host was restarted".into(), ended: chrono_epoch() }
}

fn running() -> Phase {
    Phase::Running { since: chrono_epoch() }
}

#[tokio::test]
async fn what_ran_before_a_restart_of_its_host_runs_again_with_a_line_in_its_history() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    harness.work(lab.nodes[0].id, Order::Run, interrupted()).await;
    let again = harness.until(lab.id, "a new order", |lab| lab.nodes[0].generation.0 == 2).await;
    assert_eq!((again.state(), again.operation.kind), (VclusterState::Starting, OperationKind::Recover));
    harness.work(lab.nodes[0].id, Order::Run, running()).await;
    harness.until(lab.id, "the vcluster to run again", |lab| lab.state() == VclusterState::Running).await;
    let page = PageRequest { after: None, limit: 10 };
    let records = harness.control.vclusters.activity(&harness.ada, Some(lab.id), page).await.expect("a history");
    let latest = &records[0];
    assert_eq!(latest.operation.host.as_ref().map(ToString::to_string).as_deref(), Some("here"));
    assert_eq!((latest.operation.state, latest.by.is_none()), (OperationState::Succeeded, true));
}

#[tokio::test]
async fn a_restart_that_was_reported_while_control_was_away_is_taken_in_when_it_is_back() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    harness.stop();
    harness.work(lab.nodes[0].id, Order::Run, interrupted()).await;
    harness.restart().await;
    harness.until(lab.id, "a new order", |lab| lab.nodes[0].generation.0 == 2).await;
}

#[tokio::test]
async fn one_that_is_not_to_run_again_stays_down_until_its_owner_starts_it() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    let refused = harness
        .control
        .vclusters
        .change(&harness.bob, lab.id, ChangeVcluster { autostart: Some(false), ..Default::default() })
        .await;
    assert!(matches!(refused, Err(control::Error::NotFound(_))), "it is not bob's");
    let chosen = harness
        .control
        .vclusters
        .change(&harness.ada, lab.id, ChangeVcluster { autostart: Some(false), ..Default::default() })
        .await
        .expect("a choice");
    assert!(!chosen.autostart && chosen.operation.kind == OperationKind::Create, "nothing is done now");
    harness.work(lab.nodes[0].id, Order::Run, interrupted()).await;
    let down = harness.until(lab.id, "the vcluster to be down", |lab| lab.state() == VclusterState::Failed).await;
    assert_eq!(down.reason().as_deref(), Some("node-0: the host was restarted"));
    assert_eq!(down.nodes[0].generation.0, 1);
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("it can be started");
}

/// Called failed before control knew of the restart, so that what it held is free for others.
async fn one_that_gave_back_what_it_held(harness: &Harness) -> Vcluster {
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let ended = Phase::Failed { reason: "it ended".into() };
    harness.work(lab.nodes[0].id, Order::Run, ended).await;
    harness.until(lab.id, "it to be down", |lab| !lab.nodes[0].reserved).await
}

#[tokio::test]
async fn what_gave_its_place_to_others_before_the_restart_was_known_stays_down_with_the_reason() {
    let harness = Harness::new().await;
    let lab = one_that_gave_back_what_it_held(&harness).await;
    let other = harness.create("other", 8).await;
    harness.work(lab.nodes[0].id, Order::Run, interrupted()).await;
    let down =
        harness.until(lab.id, "the reason", |lab| lab.reason().is_some_and(|why| why.contains("restarted"))).await;
    assert_eq!((down.nodes[0].generation.0, down.nodes[0].reserved), (1, false), "{down:?}");
    let why = "node-0: the host was restarted; there was no room to start it again (nodes: needs 1 nodes, but your \
               limit of 8 leaves 0; resources.cpus: needs 1 CPUs, but your limit of 8 leaves 0); make room, then start \
               the vcluster";
    assert_eq!(down.reason().as_deref(), Some(why));
    let by_hand = harness.control.vclusters.start(&harness.ada, lab.id).await;
    assert!(matches!(by_hand, Err(control::Error::LimitExceeded(_))), "the same as by hand: {by_hand:?}");
    harness.control.vclusters.delete(&harness.ada, other.id).await.expect("room is made");
    harness.remove_all(&other).await;
    eventually("the other to be gone", SOON, async || harness.get(other.id).await.is_none()).await;
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("it fits again");
}

#[tokio::test]
async fn several_that_come_back_at_once_share_the_room_there_is() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 4).await;
    let lab = harness.running(lab).await;
    for node in &lab.nodes {
        harness.work(node.id, Order::Run, Phase::Failed { reason: "it ended".into() }).await;
    }
    harness.until(lab.id, "all to be down", |lab| lab.nodes.iter().all(|node| !node.reserved)).await;
    harness.create("other", 6).await;
    harness.stop();
    for node in &lab.nodes {
        harness.work(node.id, Order::Run, interrupted()).await;
    }
    // All of them are in one snapshot.
    harness.restart().await;
    let lab = harness
        .until(lab.id, "all to be decided", |lab| {
            lab.nodes
                .iter()
                .all(|node| node.generation.0 == 2 || node.reason.as_ref().is_some_and(|why| why.contains("room")))
        })
        .await;
    assert_eq!(lab.nodes.iter().filter(|node| node.reserved).count(), 2, "8 nodes are the limit: {lab:?}");
}

#[tokio::test]
async fn what_came_back_before_its_host_took_nodes_runs_again_once_it_does() {
    let harness = Harness::new().await;
    let lab = one_that_gave_back_what_it_held(&harness).await;
    let begun = WorkerInfo { unready: Some("the engine does not answer".into()), ..host() };
    harness.announce_as(&begun).await;
    eventually("control to hear of it", SOON, async || harness.control.vclusters.unready().is_some()).await;
    harness.work(lab.nodes[0].id, Order::Run, interrupted()).await;
    harness
        .until(lab.id, "the reason", |lab| lab.reason().is_some_and(|why| why.contains("no room to start it again")))
        .await;
    harness.announce_as(&host()).await;
    harness.until(lab.id, "a new order", |lab| lab.nodes[0].generation.0 == 2).await;
}

#[tokio::test]
async fn a_home_is_known_once_a_node_has_run_and_until_it_is_given_up() {
    let harness = Harness::new().await;
    let ordered_with_a_home = async |name| {
        let lab = harness.create(name, 1).await;
        let node = lab.nodes[0].id;
        let ordered = obtain("an order", SOON, async || harness.coordination.assignment(node)).await;
        harness.running(lab).await;
        ordered.has_home
    };
    assert!(!ordered_with_a_home("first").await);
    assert_eq!(harness.store.homes(Some(harness.ada.user)).await.expect("a read").homes.len(), 1);
    assert!(ordered_with_a_home("second").await);
    let name = harness.ada.name.to_string();
    assert!(harness.control.accounts.give_up_home(&name).await.expect("given up"));
    assert!(!harness.control.accounts.give_up_home(&name).await.expect("nothing to give up"));
    assert!(!ordered_with_a_home("third").await);
}
