//! Homes that are not there, or not ours: said, and nothing is made in their place.

use control::ports::{
    coordination::{Assignment, Order},
    engine::{Engine, VolumeSpec},
};
use worker::home_name;

use crate::lab::{Lab, docker};

fn home(lab: &Lab, node: &Assignment) -> VolumeSpec {
    VolumeSpec { name: home_name(node.owner), installation: lab.installation(), owner: node.owner }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_is_known_and_not_there_is_missed_and_never_made_anew() {
    let lab = Lab::started().await;
    let missing: Vec<Assignment> =
        lab.vcluster(2).into_iter().map(|node| Assignment { has_home: true, ..node }).collect();
    lab.publish(&missing).await;
    for node in &missing {
        let reason = lab.failure(node).await;
        assert!(reason.starts_with("the home is not on this host any more"), "{reason}");
    }
    assert_eq!(lab.engine.has_volume(&home(&lab, &missing[0])).await, Ok(false));
    assert_eq!(lab.container(&missing[0]).await, None, "no node runs with an empty one");
    // Given up: the record does not say any more that there is one.
    let given_up: Vec<Assignment> = missing.into_iter().map(|node| Assignment { has_home: false, ..node }).collect();
    let again = lab.order(&given_up, Order::Run).await;
    lab.run(&again).await;
    assert_eq!(lab.engine.has_volume(&home(&lab, &again[0])).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_without_our_labels_is_said_and_not_touched() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    let volume = home_name(nodes[0].owner);
    docker(&["volume", "create", &volume]).expect("a volume of that name");
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    docker(&["volume", "rm", &volume]).expect("it is still there");
    assert!(reason.contains(&volume) && reason.contains("must not be removed"), "{reason}");
}
