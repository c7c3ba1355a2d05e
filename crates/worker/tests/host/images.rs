//! Which images a node may be made of, and what becomes of those that are no longer used.

use std::time::Duration;

use control::ports::coordination::{Assignment, AssignmentPublisher as _, Order};
use domain::image::{ImageRef, Source};
use testkit::eventually;
use worker::ImageKeeping;

use crate::{
    lab::{Lab, SOON, docker},
    registry::Registry,
};

/// Another name of an image, as an administrator of the host could have given it.
struct ByHand(ImageRef);

impl ByHand {
    fn new(lab: &Lab) -> Self {
        Self::of(lab, "docklet/base")
    }

    fn of(lab: &Lab, image: &str) -> Self {
        let name = format!("127.0.0.1:1/docklet-test/by-hand:{}", lab.installation());
        docker(&["tag", image, &name]).expect("tagged");
        Self(name.parse().expect("an image"))
    }

    fn is_there(&self) -> bool {
        docker(&["image", "inspect", self.0.as_str()]).is_ok()
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        // It is only a name.
        let _ = docker(&["image", "rm", self.0.as_str()]);
    }
}

fn of(image: &ImageRef, source: Source, nodes: Vec<Assignment>) -> Vec<Assignment> {
    nodes.into_iter().map(|node| Assignment { image: image.clone(), source, ..node }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_engine_by_another_hand_runs_only_when_an_administrator_has_named_it() {
    let lab = Lab::started().await;
    let by_hand = ByHand::new(&lab);
    let nodes = of(&by_hand.0, Source::Registry, lab.vcluster(1));
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.contains("its registry cannot be reached"), "{reason}");
    assert_eq!(lab.container(&nodes[0]).await, None);
    lab.run(&of(&by_hand.0, Source::Engine, lab.vcluster(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_may_not_be_used_any_more_is_not_even_looked_for() {
    let lab = Lab::started().await;
    let registry = Registry::start();
    let nodes = of(&registry.image, Source::Nowhere, lab.vcluster(1));
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    assert_eq!(
        reason,
        format!(
            "the image {} is no longer allowed here; create a vcluster with another image, or ask an administrator to \
             allow it",
            registry.image
        )
    );
    assert_eq!(registry.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_pulled_is_used_again_without_its_registry() {
    let mut lab = Lab::started().await;
    let registry = Registry::start();
    let nodes = of(&registry.image, Source::Registry, lab.vcluster(1));
    lab.run(&nodes).await;
    let connections = registry.connections();
    assert!(connections > 0, "it was pulled");
    lab.kill();
    lab.start();
    lab.run(&of(&registry.image, Source::Registry, lab.vcluster(1))).await;
    assert_eq!(registry.connections(), connections, "what was pulled is known, also after a restart");
    // An administrator gives the name to another image.
    docker(&["tag", "docklet/base", registry.image.as_str()]).expect("tagged");
    lab.run(&of(&registry.image, Source::Registry, lab.vcluster(1))).await;
    assert!(registry.connections() > connections, "that one did not come through us");
}

#[tokio::test(flavor = "multi_thread")]
async fn pulled_images_go_when_nobody_uses_them_and_others_stay() {
    let mut lab = Lab::new();
    lab.config.images = ImageKeeping { keep: Duration::ZERO, min_free: 0, look_every: Duration::from_millis(100) };
    lab.coordination.assign_all(&[]).await.expect("coordination answers");
    lab.start();
    let (stopped, removed, by_hand) = (Registry::start(), Registry::start(), ByHand::new(&lab));
    let theirs = of(&by_hand.0, Source::Engine, lab.vcluster(1));
    let kept = of(&stopped.image, Source::Registry, lab.vcluster(1));
    let gone = of(&removed.image, Source::Registry, lab.vcluster(1));
    let all = [theirs.clone(), kept.clone(), gone.clone()].concat();
    lab.run(&all).await;
    let kept = lab.order(&kept, Order::Stop).await;
    lab.phase(&kept[0], "stopped", |phase| *phase == domain::node::Phase::Stopped).await;
    lab.remove(&[theirs, gone].concat()).await;
    eventually("the unused image is removed", SOON, async || !removed.is_on_the_engine()).await;
    assert!(stopped.is_on_the_engine(), "a stopped node was made of it");
    assert!(by_hand.is_there(), "we have not pulled it");
    lab.remove(&kept).await;
    eventually("the other one, too", SOON, async || !stopped.is_on_the_engine()).await;
    assert!(by_hand.is_there() && docker(&["image", "inspect", "docklet/base"]).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_pulled_and_has_only_an_administrators_name_left_stays() {
    let mut lab = Lab::new();
    lab.config.images = ImageKeeping { keep: Duration::ZERO, min_free: 0, look_every: Duration::from_millis(100) };
    lab.coordination.assign_all(&[]).await.expect("coordination answers");
    lab.start();
    let (renamed, nameless) = (Registry::start(), Registry::start());
    let of_both = [&renamed, &nameless].map(|registry| of(&registry.image, Source::Registry, lab.vcluster(1))).concat();
    lab.run(&of_both).await;
    let by_hand = ByHand::of(&lab, renamed.image.as_str());
    docker(&["image", "rm", renamed.image.as_str()]).expect("it has another name");
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", nameless.image.as_str()]).expect("its id");
    docker(&["tag", "docklet/base", nameless.image.as_str()]).expect("its name leads to another image");
    lab.remove(&of_both).await;
    eventually("neither is kept any more", SOON, async || {
        let record = std::fs::read_to_string(lab.config.data_dir.join("images.json")).expect("a record");
        [&renamed, &nameless].iter().all(|registry| !record.contains(registry.image.as_str()))
    })
    .await;
    assert!(by_hand.is_there(), "it was given that name by an administrator");
    assert!(docker(&["image", "inspect", &id]).is_err(), "the one without a name is removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_makes_unused_images_go_before_their_time() {
    let mut lab = Lab::new();
    // No disk has so much room.
    lab.config.images =
        ImageKeeping { min_free: 101, look_every: Duration::from_millis(100), ..ImageKeeping::default() };
    lab.coordination.assign_all(&[]).await.expect("coordination answers");
    lab.start();
    let registry = Registry::start();
    let nodes = of(&registry.image, Source::Registry, lab.vcluster(1));
    lab.run(&nodes).await;
    lab.remove(&nodes).await;
    eventually("the unused image is removed", SOON, async || !registry.is_on_the_engine()).await;
}
