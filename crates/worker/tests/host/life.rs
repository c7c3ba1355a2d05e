//! A node's life as ordered: created, stopped, started again, removed; nothing is left.

use control::ports::{
    coordination::Order,
    engine::{Engine, RunState},
};
use domain::node::Phase;

use crate::lab::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_run_find_each_other_and_leave_nothing_behind() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    assert_eq!(lab.shell(&nodes[0], "hostname").expect("a shell"), "node-0");
    lab.shell(&nodes[0], "ping -c 1 -W 5 node-1").expect("node-0 reaches node-1 by its name");
    lab.remove(&nodes).await;
    let left = lab.cleanup.present();
    assert!(left.iter().all(|thing| thing.starts_with("volume ")) && left.len() == 1, "only the home stays: {left:?}");
    for node in &nodes {
        assert!(!lab.run_dir(node.instance).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_made_of_itself_outlives_a_stop() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.shell(&nodes[0], "echo kept > /opt/mark; echo home > /root/mark").expect("written");
    let stopped = lab.order(&nodes, Order::Stop).await;
    lab.phase(&stopped[0], "stopped", |phase| *phase == Phase::Stopped).await;
    let container = lab.container(&nodes[0]).await.expect("the container stays");
    assert!(matches!(container.run, RunState::Exited { code: 0, .. }), "it ended by itself: {:?}", container.run);
    let started = lab.order(&stopped, Order::Run).await;
    lab.run(&started).await;
    assert_eq!(lab.shell(&nodes[0], "cat /opt/mark /root/mark").expect("read"), "kept\nhome");
    lab.remove(&started).await;
    assert!(lab.engine.containers(lab.installation()).await.expect("the engine answers").is_empty());
}
