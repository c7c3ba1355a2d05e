//! Removing: the last one out takes the network along; what is in the way is said, and it is tried again.

use control::ports::{coordination::Order, engine::Engine};
use domain::node::Phase;

use crate::lab::{Lab, docker};

#[tokio::test(flavor = "multi_thread")]
async fn one_node_leaves_and_the_others_keep_their_network() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(3);
    lab.run(&nodes).await;
    lab.remove(&nodes[1..2]).await;
    lab.shell(&nodes[0], "ping -c 1 -W 5 node-2").expect("the others still find each other");
    assert_eq!(lab.engine.networks(lab.installation()).await.expect("listed").len(), 1);
    lab.remove(&[nodes[0].clone(), nodes[2].clone()]).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_leave_together_leave_nothing() {
    let lab = Lab::started().await;
    let all = [lab.vcluster(4), lab.vcluster(3)].concat();
    lab.run(&all).await;
    lab.remove(&all).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_container_in_the_network_is_named_and_once_it_is_gone_the_removal_ends() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    let name = format!("foreign-{}", nodes[0].instance);
    let network = lab.network_name(&nodes[0]);
    docker(&["run", "--detach", "--name", &name, "--network", &network, "docklet/base", "sleep", "600"])
        .expect("in the way");
    let removed = lab.order(&nodes, Order::Remove).await;
    let is_stuck = |phase: &Phase| matches!(phase, Phase::Stuck { reason } if reason.contains(&name));
    // One of them is the last, and says it.
    let stuck = tokio::select! {
        _ = lab.phase(&removed[0], "stuck", is_stuck) => 0,
        _ = lab.phase(&removed[1], "stuck", is_stuck) => 1,
    };
    lab.phase(&removed[1 - stuck], "absent", |phase| *phase == Phase::Absent).await;
    docker(&["rm", "--force", &name]).expect("out of the way");
    lab.phase(&removed[stuck], "absent", |phase| *phase == Phase::Absent).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_overtakes_a_create() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.publish(&nodes).await;
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_never_was_is_removed_and_stopped_at_once() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    let stopped = lab.order(&nodes, Order::Stop).await;
    lab.phase(&stopped[0], "stopped", |phase| *phase == Phase::Stopped).await;
    lab.remove(&stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_does_not_wait_for_a_stop_that_takes_long() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.shell(&nodes[0], "nohup sh -c 'trap \"\" TERM; while :; do sleep 1; done' >/dev/null 2>&1 &")
        .expect("stubborn");
    let stopped = lab.order(&nodes, Order::Stop).await;
    lab.phase(&stopped[0], "stopping", |phase| *phase == Phase::Stopping).await;
    let began = std::time::Instant::now();
    lab.remove(&stopped).await;
    assert!(began.elapsed() < lab.config.stop_grace / 2, "it took {:?}", began.elapsed());
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_the_stop_before_it_also_when_the_worker_was_ended_in_between() {
    let mut lab = Lab::new();
    lab.config.stop_grace = std::time::Duration::from_secs(4);
    control::ports::coordination::AssignmentPublisher::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let since = lab.running_since(&nodes[0]).await;
    lab.shell(&nodes[0], "nohup sh -c 'trap \"\" TERM; while :; do sleep 1; done' >/dev/null 2>&1 &")
        .expect("stubborn");
    let stopped = lab.order(&nodes, Order::Stop).await;
    lab.phase(&stopped[0], "stopping", |phase| *phase == Phase::Stopping).await;
    // The engine has the request, and goes on with it.
    let asked =
        || async { lab.shell(&nodes[0], "pgrep -x sleep").is_err() || lab.running_since(&nodes[0]).await == since };
    testkit::eventually("the engine stops it", crate::lab::SOON, asked).await;
    lab.kill();
    let started = lab.order(&stopped, Order::Run).await;
    lab.start();
    lab.run(&started).await;
    lab.looked_over().await;
    lab.run(&started).await;
}
