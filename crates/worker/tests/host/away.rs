//! The engine goes away and comes back: nodes are lost meanwhile, and are what they are afterwards.

use std::time::Duration;

use control::ports::coordination::Order;
use domain::node::Phase;
use testkit::eventually;
use tokio_util::sync::CancellationToken;

use crate::{
    door::Answer,
    lab::{Lab, SOON, WORKER, docker},
};

/// Well before the engine's time for a question is over.
const SOONER: Duration = Duration::from_secs(5);
const QUESTIONS: usize = 20;

fn is_lost(phase: &Phase) -> bool {
    matches!(phase, Phase::Lost { reason } if reason.starts_with("the Docker Engine does not answer"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_lost_while_the_engine_is_away_and_running_again_when_it_is_back() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    let since = lab.running_since(&nodes[0]).await;
    lab.door.shut();
    for node in &nodes {
        lab.phase(node, "lost", is_lost).await;
    }
    let unready =
        || async { lab.coordination.workers().into_iter().find(|info| info.name.as_str() == WORKER)?.unready };
    eventually("it says that it takes no nodes", SOON, || async { unready().await.is_some() }).await;
    lab.door.open();
    lab.run(&nodes).await;
    assert_eq!(lab.running_since(&nodes[0]).await, since);
    eventually("it takes nodes again", SOON, || async { unready_now(&lab).is_none() }).await;
}

fn unready_now(lab: &Lab) -> Option<String> {
    lab.coordination.workers().into_iter().find(|info| info.name.as_str() == WORKER)?.unready
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_ended_while_the_engine_was_away_says_so() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.door.shut();
    lab.phase(&nodes[0], "lost", is_lost).await;
    // As when the engine itself is restarted.
    docker(&["kill", &lab.name(&nodes[0])]).expect("killed");
    lab.door.open();
    let reason = lab.failure(&nodes[0]).await;
    assert_eq!(reason, "the node ended while the Docker Engine was away (exit code 137)");
    let again = lab.order(&nodes, Order::Run).await;
    lab.run(&again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_given_while_the_engine_is_away_are_carried_out_when_it_is_back() {
    let mut lab = Lab::started().await;
    let (fresh, old) = (lab.vcluster(1), lab.vcluster(1));
    lab.run(&old).await;
    lab.door.shut();
    lab.publish(&fresh).await;
    let removed = lab.order(&old, Order::Remove).await;
    lab.phase(&fresh[0], "lost", is_lost).await;
    lab.phase(&removed[0], "lost", is_lost).await;
    lab.door.open();
    lab.run(&fresh).await;
    lab.phase(&removed[0], "absent", |phase| *phase == Phase::Absent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_start_before_its_engine() {
    let mut lab = Lab::new();
    lab.door.shut();
    control::ports::coordination::AssignmentPublisher::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    let nodes = lab.vcluster(1);
    lab.publish(&nodes).await;
    lab.phase(&nodes[0], "lost", is_lost).await;
    // And be restarted before it: nothing can have run, so this is no failure.
    lab.kill();
    lab.start();
    eventually("the worker is back", SOON, || async { lab.coordination.watchers().0 == 1 }).await;
    lab.door.open();
    lab.run(&nodes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_engine_hangs_goes_on_saying_that_it_is_there() {
    let lab = Lab::started().await;
    eventually("it takes nodes", SOON, || async { unready_now(&lab).is_none() }).await;
    let over = CancellationToken::new();
    let _end = over.clone().drop_guard();
    // More than are asked for before the first question is given up.
    for _ in 0..QUESTIONS {
        lab.door.answer(Answer { to: "/networks?", status: 200, body: "", over: over.clone() });
    }
    // One waits for the sweep, the other one for what is routed.
    eventually("both wait for the engine", SOON, || async { lab.door.unused() <= QUESTIONS - 2 }).await;
    lab.coordination.expire(&lab.config.name);
    let is_there = || async { !lab.coordination.workers().is_empty() };
    eventually("it says that it is there", SOONER, is_there).await;
}
