//! From intent to a worker's report and back: what the reconciler makes of it.

use crate::harness::{Harness, SOON, chrono_epoch, eventually};
use control::{Error, ports::coordination::Order};
use domain::{node::Phase, operation::OperationState, vcluster::VclusterState};

#[tokio::test]
async fn a_created_vcluster_runs_when_its_worker_says_so() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    harness.work(lab.nodes[0].id, Order::Run, Phase::Starting { step: "pulling the image, 62 %".into() }).await;
    let starting = harness.until(lab.id, "the step to be recorded", |lab| lab.reason().is_some()).await;
    assert_eq!(starting.reason().as_deref(), Some("node-0: pulling the image, 62 %"));
    harness.run_all(&lab).await;
    let running = harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    assert_eq!(running.operation.state, OperationState::Succeeded);
}

#[tokio::test]
async fn a_failed_create_gives_back_what_it_reserved_and_start_takes_it_again() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 8).await;
    for node in &lab.nodes {
        harness.work(node.id, Order::Run, Phase::Failed { reason: "there is no such image".into() }).await;
    }
    harness.until(lab.id, "the vcluster to fail", |lab| lab.state() == VclusterState::Failed).await;
    let (_, usage) = harness.control.accounts.holdings(&harness.ada).await.expect("holdings");
    assert_eq!((usage.vclusters, usage.nodes, usage.cpu_milli), (1, 0, 0));
    let other = harness.create("other", 1).await;
    let start = harness.control.vclusters.start(&harness.ada, lab.id).await;
    assert!(matches!(start, Err(Error::LimitExceeded(_))), "7 of 8 are left");
    harness.control.vclusters.delete(&harness.ada, other.id).await.expect("it can be deleted");
    harness.work(other.nodes[0].id, Order::Remove, Phase::Absent).await;
    eventually("the other to be gone", SOON, async || harness.get(other.id).await.is_none()).await;
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("it fits again");
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
}

fn taken() -> Phase {
    Phase::SubnetTaken { reason: "the subnet overlaps another network of this host".into() }
}

#[tokio::test]
async fn a_vcluster_whose_subnet_somebody_else_has_gets_another_one_and_runs() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    // Both nodes say it of the same order; it moves once.
    harness.work(lab.nodes[0].id, Order::Run, taken()).await;
    let moved = harness.until(lab.id, "another subnet", |now| now.subnet != lab.subnet).await;
    assert!(!moved.subnet.contains(&lab.subnet) && !lab.subnet.contains(&moved.subnet));
    assert!(moved.operation.is_running() && moved.state() == VclusterState::Creating, "{moved:?}");
    for (node, before) in moved.nodes.iter().zip(&lab.nodes) {
        assert!(moved.subnet.contains(&node.ip), "{} is not in {}", node.ip, moved.subnet);
        assert_eq!(node.generation, before.generation.next());
    }
    harness.run_all(&moved).await;
    let running = harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    assert_eq!((running.subnet, running.operation.state), (moved.subnet, OperationState::Succeeded));
}

#[tokio::test]
async fn a_host_on_which_no_subnet_fits_is_not_tried_for_ever_and_start_tries_again() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.clock.advance(std::time::Duration::from_secs(10));
    harness.work(lab.nodes[0].id, Order::Run, taken()).await;
    let failed = harness.until(lab.id, "the vcluster to fail", |lab| lab.state() == VclusterState::Failed).await;
    assert_eq!(failed.subnet, lab.subnet);
    assert!(failed.reason().is_some_and(|reason| reason.contains("overlaps")), "{failed:?}");
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("it can be started");
    harness.work(lab.nodes[0].id, Order::Run, taken()).await;
    let moved = harness.until(lab.id, "another subnet", |now| now.subnet != lab.subnet).await;
    harness.run_all(&moved).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
}

#[tokio::test]
async fn restart_orders_a_stop_and_then_a_run() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    harness.control.vclusters.restart(&harness.ada, lab.id).await.expect("it can be restarted");
    harness.work(lab.nodes[0].id, Order::Stop, Phase::Stopped).await;
    harness.work(lab.nodes[0].id, Order::Run, Phase::Running { since: chrono_epoch() }).await;
    let lab = harness.until(lab.id, "the vcluster to run again", |lab| lab.state() == VclusterState::Running).await;
    assert_eq!(lab.nodes[0].generation.0, 3);
}

#[tokio::test]
async fn a_deleted_vcluster_is_gone_with_its_assignments_and_reports() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    harness.run_all(&lab).await;
    harness.control.vclusters.delete(&harness.ada, lab.id).await.expect("it can be deleted");
    for node in &lab.nodes {
        harness.work(node.id, Order::Remove, Phase::Absent).await;
    }
    eventually("the vcluster to be gone", SOON, async || harness.get(lab.id).await.is_none()).await;
    eventually("its assignments and reports to be gone", SOON, async || {
        harness.coordination.assignments().is_empty() && harness.coordination.reports().is_empty()
    })
    .await;
}

#[tokio::test]
async fn nodes_come_and_go_while_it_runs() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    harness.run_all(&lab).await;
    let lab = harness.control.vclusters.add_nodes(&harness.ada, lab.id, 1).await.expect("room for one more");
    harness.run_all(&lab).await;
    let lab = harness.until(lab.id, "three nodes to run", |lab| !lab.operation.is_running()).await;
    assert_eq!(lab.nodes.len(), 3);
    let name = lab.nodes[1].name;
    harness.control.vclusters.remove_node(&harness.ada, lab.id, name).await.expect("not the last node");
    harness.work(lab.nodes[1].id, Order::Remove, Phase::Absent).await;
    let lab = harness.until(lab.id, "node-1 to be gone", |lab| lab.nodes.len() == 2).await;
    assert_eq!((lab.state(), lab.operation.state), (VclusterState::Running, OperationState::Succeeded));
}

#[tokio::test]
async fn control_killed_at_any_moment_carries_on_where_it_was() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    harness.restart().await;
    harness.run_all(&lab).await;
    harness.restart().await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    harness.control.vclusters.delete(&harness.ada, lab.id).await.expect("it can be deleted");
    harness.restart().await;
    for node in &lab.nodes {
        harness.work(node.id, Order::Remove, Phase::Absent).await;
    }
    harness.restart().await;
    eventually("the vcluster to be gone", SOON, async || harness.get(lab.id).await.is_none()).await;
}

#[tokio::test]
async fn actions_are_accepted_while_coordination_is_away_and_carried_out_later() {
    let harness = Harness::new().await;
    harness.coordination.cut();
    let lab = harness.create("lab", 1).await;
    harness.coordination.mend();
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
}

#[tokio::test]
async fn coordination_that_lost_everything_is_filled_again() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    harness.coordination.wipe();
    harness.control.vclusters.stop(&harness.ada, lab.id).await.expect("it can be stopped");
    for node in &lab.nodes {
        harness.work(node.id, Order::Stop, Phase::Stopped).await;
    }
    harness.until(lab.id, "the vcluster to stop", |lab| lab.state() == VclusterState::Stopped).await;
    eventually("everything to be published", SOON, async || harness.coordination.is_complete()).await;
}

#[tokio::test]
async fn nodes_of_a_worker_that_is_lost_are_lost_and_found_again() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    harness.run_all(&lab).await;
    harness.until(lab.id, "the vcluster to run", |lab| lab.state() == VclusterState::Running).await;
    harness.coordination.expire(&"here".parse().expect("a name"));
    let lost = harness.until(lab.id, "the node to be lost", |lab| lab.state() == VclusterState::Failed).await;
    assert_eq!(lost.reason().as_deref(), Some("node-0: host here does not answer"));
    harness.announce().await;
    harness.until(lab.id, "the node to be found again", |lab| lab.state() == VclusterState::Running).await;
}

#[tokio::test]
async fn reports_about_nodes_nobody_knows_are_cleared_away() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let mut stranger = lab.nodes[0].clone();
    stranger.id = domain::NodeId::new(uuid::Uuid::from_u128(99));
    let observation = domain::node::Observation::new(stranger.generation, Phase::Stopped);
    let report =
        control::ports::coordination::Report { instance: stranger.id.into(), worker: stranger.worker, observation };
    control::ports::coordination::WorkerCoordination::report(&harness.coordination, &[report])
        .await
        .expect("coordination answers");
    eventually("the stranger's report to be gone", SOON, async || {
        harness.coordination.report_of(stranger.id).is_none()
    })
    .await;
}
