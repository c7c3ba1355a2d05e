//! What an administrator does to nodes behind Docklet's back: the state says it, the reason says why, a start mends it.

use control::ports::{
    coordination::{Assignment, Order},
    engine::{Engine, RunState},
};
use domain::{image::ImageRef, node::Phase};
use testkit::build::OfNode as _;

use crate::lab::{Lab, docker};

/// Does it, waits for the reason, and starts the node again.
async fn broken_by(lab: &Lab, nodes: &[Assignment], commands: &[&[&str]]) -> (String, Vec<Assignment>) {
    for command in commands {
        docker(command).expect("done");
    }
    let reason = lab.failure(&nodes[0]).await;
    let repaired = lab.order(nodes, Order::Run).await;
    lab.run(&repaired).await;
    (reason, repaired)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_stopped_paused_and_removed_nodes_say_so_and_are_repaired_by_a_start() {
    let lab = Lab::started().await;
    let mut nodes = lab.vcluster(1);
    let name = lab.name(&nodes[0]);
    lab.run(&nodes).await;
    lab.shell(&nodes[0], "echo kept > /opt/mark").expect("written");
    for (commands, sentence) in [
        (&[&["kill", &name][..]][..], "the node was killed outside Docklet"),
        (&[&["stop", &name][..]][..], "the node was stopped outside Docklet"),
        (&[&["pause", &name][..]][..], "the node was paused outside Docklet; a start resumes it"),
    ] {
        let (reason, next) = broken_by(&lab, &nodes, commands).await;
        assert!(reason.starts_with(sentence), "{reason}");
        assert_eq!(lab.shell(&next[0], "cat /opt/mark").expect("read"), "kept", "after {commands:?}");
        nodes = next;
    }
    let (reason, _) = broken_by(&lab, &nodes, &[&["rm", "--force", &name]]).await;
    assert_eq!(reason, "the node was removed outside Docklet; a start creates it again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_node_whose_network_was_removed_by_hand_starts_again() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    lab.shell(&nodes[0], "echo kept > /opt/mark").expect("written");
    let stopped = lab.order(&nodes, Order::Stop).await;
    for node in &stopped {
        lab.phase(node, "stopped", |phase| *phase == Phase::Stopped).await;
    }
    docker(&["network", "rm", &lab.network_name(&nodes[0])]).expect("removed");
    let started = lab.order(&stopped, Order::Run).await;
    lab.run(&started).await;
    assert_eq!(lab.shell(&nodes[0], "cat /opt/mark").expect("read"), "kept");
    lab.shell(&nodes[0], "ping -c 1 -W 5 node-1").expect("they find each other again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_node_is_still_ours() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let other = format!("renamed-{}", nodes[0].instance);
    docker(&["rename", &lab.name(&nodes[0]), &other]).expect("renamed");
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_container_of_the_same_name_is_said_and_not_touched() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    let name = lab.name(&nodes[0]);
    docker(&["create", "--name", &name, "docklet/base", "true"]).expect("a foreign container");
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.contains(&name) && reason.contains("not Docklet's"), "{reason}");
    lab.remove(&nodes).await;
    let foreign = lab.container(&nodes[0]).await.expect("is still there");
    assert_eq!((foreign.ours, foreign.run), (None, RunState::Created));
    docker(&["rm", &name]).expect("removed");
}

/// As a worker leaves it that was killed in the middle of a create for an order that has been replaced since.
#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_was_never_started_and_made_for_an_older_order_is_made_anew() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.kill();
    let name = lab.name(&nodes[0]);
    let id = lab.container(&nodes[0]).await.expect("is there").id;
    let labels = docker(&["inspect", "--format", "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}", &name])
        .expect("labels");
    docker(&["rm", "--force", &name]).expect("removed");
    let mut create = vec!["create", "--name", &name];
    create.extend(
        labels.split_whitespace().filter(|label| label.starts_with("docklet.")).flat_map(|label| ["--label", label]),
    );
    create.extend(["docklet/base", "true"]);
    docker(&create).expect("created");
    let next = lab.order(&nodes, Order::Run).await;
    lab.start();
    lab.run(&next).await;
    assert_ne!(lab.container(&nodes[0]).await.expect("is there").id, id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_image_is_pulled_and_its_absence_said() {
    let lab = Lab::started().await;
    // No registry listens there.
    let image: ImageRef = "127.0.0.1:1/docklet-test/none".parse().expect("an image");
    let nodes: Vec<Assignment> =
        lab.vcluster(2).into_iter().map(|node| Assignment { image: image.clone(), ..node }).collect();
    lab.publish(&nodes).await;
    for node in &nodes {
        let reason = lab.failure(node).await;
        let fault = "its registry cannot be reached, or does not answer as a registry does; try again later";
        assert_eq!(reason, format!("the image 127.0.0.1:1/docklet-test/none:latest cannot be pulled: {fault}"));
    }
    assert!(lab.engine.containers(lab.installation()).await.expect("listed").is_empty());
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnet_somebody_else_has_is_said() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    let (name, subnet) = (format!("foreign-{}", nodes[0].instance), nodes[0].place().subnet.to_string());
    docker(&["network", "create", "--subnet", &subnet, &name]).expect("a foreign network");
    lab.publish(&nodes).await;
    let phase = lab.phase(&nodes[0], "without a subnet", |phase| matches!(phase, Phase::SubnetTaken { .. })).await;
    docker(&["network", "rm", &name]).expect("removed");
    let Phase::SubnetTaken { reason } = phase else { unreachable!("it was waited for") };
    assert!(reason.contains(&subnet), "{reason}");
    let again = lab.order(&nodes, Order::Run).await;
    lab.run(&again).await;
}
