//! A host in trouble, as its engine tells of it.

use control::ports::coordination::{Assignment, Order};
use domain::{image::ImageRef, node::Phase};
use tokio_util::sync::CancellationToken;

use crate::{door::Answer, lab::Lab};

const DISK_FULL: &str =
    r#"{"message":"error creating overlay mount to /var/lib/docker/overlay2/x/merged: no space left on device"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_a_start_tries_again() {
    let lab = Lab::started().await;
    for step in ["/networks/create", "/volumes/create", "/containers/create", "/start"] {
        let nodes = lab.vcluster(1);
        lab.door.answer(Answer::refusal(step, 500, DISK_FULL));
        lab.publish(&nodes).await;
        testkit::eventually(&format!("{step} is asked"), crate::lab::SOON, || async { lab.door.unused() == 0 }).await;
        let reason = lab.failure(&nodes[0]).await;
        assert_eq!(reason, "the disk of this host is full; free some space, then start again", "at {step}");
        let again = lab.order(&nodes, Order::Run).await;
        lab.run(&again).await;
        lab.remove(&again).await;
    }
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_the_engine_refuses_is_stuck_and_tried_again() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.door.answer(Answer::refusal(
        "DELETE",
        500,
        r#"{"message":"driver \"overlay2\" failed: device or resource busy"}"#,
    ));
    let removed = lab.order(&nodes, Order::Remove).await;
    let is_stuck =
        |phase: &Phase| matches!(phase, Phase::Stuck { reason } if reason.contains("device or resource busy"));
    lab.phase(&removed[0], "stuck", is_stuck).await;
    lab.phase(&removed[0], "absent", |phase| *phase == Phase::Absent).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_pulled_once_for_all_who_wait_and_they_say_how_far_it_is() {
    let lab = Lab::started().await;
    let image: ImageRef = "docklet-test/none".parse().expect("an image");
    let nodes: Vec<Assignment> =
        lab.vcluster(3).into_iter().map(|node| Assignment { image: image.clone(), ..node }).collect();
    let over = CancellationToken::new();
    lab.door.answer(Answer {
        to: "/images/create",
        status: 200,
        body: r#"{"status":"Downloading","id":"a","progressDetail":{"current":62,"total":100}}"#,
        over: over.clone(),
    });
    lab.publish(&nodes).await;
    let is_told = |phase: &Phase| *phase == Phase::Starting { step: "pulling the image, 62 %".into() };
    for node in &nodes {
        lab.phase(node, "waiting for the image", is_told).await;
    }
    assert_eq!(lab.door.unused(), 0);
    over.cancel();
    for node in &nodes {
        // The pull has ended well, and yet there is no such image.
        assert_eq!(lab.failure(node).await, "there is no image docklet-test/none:latest on this host");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_image_can_be_removed_meanwhile() {
    let lab = Lab::started().await;
    let image: ImageRef = "docklet-test/none".parse().expect("an image");
    let nodes: Vec<Assignment> =
        lab.vcluster(1).into_iter().map(|node| Assignment { image: image.clone(), ..node }).collect();
    let over = CancellationToken::new();
    lab.door.answer(Answer { to: "/images/create", status: 200, body: "", over: over.clone() });
    lab.publish(&nodes).await;
    let is_pulling = |phase: &Phase| matches!(phase, Phase::Starting { step } if step.starts_with("pulling"));
    lab.phase(&nodes[0], "waiting for the image", is_pulling).await;
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
    over.cancel();
}
