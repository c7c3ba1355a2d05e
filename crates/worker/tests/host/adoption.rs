//! What a worker that comes back finds, and makes of it. It is ended in the middle of anything, as by kill -9.

use std::time::Duration;

use control::ports::{
    coordination::{AssignmentPublisher, Order},
    engine::{Engine, RunState},
};
use domain::node::Phase;
use testkit::eventually;

use crate::lab::{Lab, SOON, docker};

#[tokio::test(flavor = "multi_thread")]
async fn running_nodes_are_adopted_and_not_restarted() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    let before = (lab.running_since(&nodes[0]).await, lab.running_since(&nodes[1]).await);
    lab.kill();
    // Even the reports are lost: the containers are enough.
    lab.coordination.wipe();
    lab.coordination.assign_all(&nodes).await.expect("published");
    lab.start();
    lab.run(&nodes).await;
    assert_eq!(before, (lab.running_since(&nodes[0]).await, lab.running_since(&nodes[1]).await));
    let reported = lab.phase(&nodes[0], "running", |phase| matches!(phase, Phase::Running { .. })).await;
    assert_eq!(reported, Phase::Running { since: before.0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_ended_meanwhile_has_failed_and_one_that_was_never_started_is_started() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    lab.kill();
    docker(&["kill", &lab.name(&nodes[0])]).expect("killed");
    lab.start();
    assert_eq!(lab.failure(&nodes[0]).await, "the node was killed outside Docklet");
    let fresh = lab.vcluster(1);
    lab.kill();
    // Published while no worker runs.
    lab.publish(&fresh).await;
    lab.start();
    lab.run(&fresh).await;
}

/// The moments are spread over the time a create takes; where exactly they fall differs from run to run.
#[tokio::test(flavor = "multi_thread")]
async fn ended_at_any_moment_of_a_create_it_finishes_the_create_afterwards() {
    let mut lab = Lab::started().await;
    for moment in 0..8 {
        let nodes = lab.vcluster(2);
        lab.publish(&nodes).await;
        tokio::time::sleep(Duration::from_millis(moment * 90)).await;
        lab.kill();
        lab.start();
        lab.run(&nodes).await;
        let containers = lab.engine.containers(lab.installation()).await.expect("listed");
        assert_eq!(containers.len(), 2, "{containers:?}");
        lab.remove(&nodes).await;
    }
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_at_any_moment_of_a_removal_it_finishes_the_removal_afterwards() {
    let mut lab = Lab::started().await;
    for moment in 0..6 {
        let nodes = lab.vcluster(2);
        lab.run(&nodes).await;
        let removed = lab.order(&nodes, Order::Remove).await;
        tokio::time::sleep(Duration::from_millis(moment * 60)).await;
        lab.kill();
        lab.start();
        for node in &removed {
            lab.phase(node, "absent", |phase| *phase == Phase::Absent).await;
        }
        lab.nothing_is_left().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_during_a_stop_or_a_start_it_goes_on() {
    let mut lab = Lab::started().await;
    let mut nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    for moment in 0..4 {
        for order in [Order::Stop, Order::Run] {
            nodes = lab.order(&nodes, order).await;
            tokio::time::sleep(Duration::from_millis(moment * 70)).await;
            lab.kill();
            lab.start();
            let wanted = |phase: &Phase| match order {
                Order::Stop => *phase == Phase::Stopped,
                Order::Run | Order::Remove => matches!(phase, Phase::Running { .. }),
            };
            lab.phase(&nodes[0], "as ordered", wanted).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_and_its_reason_outlive_the_worker() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    docker(&["create", "--name", &lab.name(&nodes[0]), "docklet/base", "true"]).expect("a foreign container");
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    docker(&["rm", &lab.name(&nodes[0])]).expect("out of the way");
    lab.kill();
    lab.coordination.end_streams();
    lab.start();
    eventually("the worker is back", SOON, || async { lab.coordination.watchers().0 == 1 }).await;
    lab.looked_over().await;
    assert_eq!(lab.failure(&nodes[0]).await, reason, "it is not tried again behind its owner's back");
    assert_eq!(lab.container(&nodes[0]).await, None);
    let again = lab.order(&nodes, Order::Run).await;
    lab.run(&again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_node_stays_stopped() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let stopped = lab.order(&nodes, Order::Stop).await;
    lab.phase(&stopped[0], "stopped", |phase| *phase == Phase::Stopped).await;
    lab.kill();
    lab.start();
    lab.looked_over().await;
    let container = lab.container(&nodes[0]).await.expect("is there");
    assert!(matches!(container.run, RunState::Exited { .. }));
    // By hand, against the order.
    docker(&["start", &lab.name(&nodes[0])]).expect("started");
    eventually("it is stopped again", SOON, || async {
        matches!(lab.container(&nodes[0]).await.expect("is there").run, RunState::Exited { .. })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_another_name_it_does_not_begin_and_removes_nothing() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.kill();
    let mut config = lab.config.clone();
    config.name = "other-host".parse().expect("a name");
    let engine = std::sync::Arc::new(docker::DockerEngine::new(lab.door.path()));
    let coordination = std::sync::Arc::new(lab.coordination.clone());
    let refused =
        worker::Worker::open(config, engine, coordination, std::sync::Arc::new(control::ports::clock::SystemClock));
    let refused = refused.expect_err("the nodes belong to the old name").to_string();
    assert!(refused.contains("was called lab-host"), "{refused}");
    lab.start();
    lab.run(&nodes).await;
}
