//! A host, or its engine, was restarted: what ran there runs again, and its owner can read that it did.

use control::ports::{
    coordination::Order,
    store::{HomeReads, PageRequest},
};
use domain::{
    node::Phase,
    operation::{OperationKind, OperationState},
    vcluster::VclusterState,
};

use crate::harness::{Harness, SOON, chrono_epoch, obtain};

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
    let deeds = harness.control.vclusters.activity(&harness.ada, lab.id, page).await.expect("a history");
    let latest = &deeds[0];
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
    let refused = harness.control.vclusters.set_autostart(&harness.bob, lab.id, false).await;
    assert!(matches!(refused, Err(control::Error::NotFound(_))), "it is not bob's");
    let chosen = harness.control.vclusters.set_autostart(&harness.ada, lab.id, false).await.expect("a choice");
    assert!(!chosen.autostart && chosen.operation.kind == OperationKind::Create, "nothing is done now");
    harness.work(lab.nodes[0].id, Order::Run, interrupted()).await;
    let down = harness.until(lab.id, "the vcluster to be down", |lab| lab.state() == VclusterState::Failed).await;
    assert_eq!(down.reason().as_deref(), Some("node-0: the host was restarted"));
    assert_eq!(down.nodes[0].generation.0, 1);
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("it can be started");
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
    assert_eq!(harness.store.homes(Some(harness.ada.user)).await.expect("a read").len(), 1);
    assert!(ordered_with_a_home("second").await);
    let name = harness.ada.name.to_string();
    assert!(harness.control.accounts.give_up_home(&name).await.expect("given up"));
    assert!(!harness.control.accounts.give_up_home(&name).await.expect("nothing to give up"));
    assert!(!ordered_with_a_home("third").await);
}
