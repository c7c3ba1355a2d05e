//! Making vclusters: what is refused and why, and what is reserved.

use crate::harness::{Harness, LIMITS, SOON, obtain, order, policy};
use control::{Error, Policy, vclusters::CreateVcluster};
use domain::{
    image::{ImageRules, Source},
    quota::Limits,
    vcluster::VclusterState,
};

async fn refusal(harness: &Harness, create: CreateVcluster) -> Vec<(String, String)> {
    match harness.control.vclusters.create(&harness.ada, create, None).await {
        Err(Error::Invalid(faults) | Error::LimitExceeded(faults) | Error::NoRoom(faults)) => {
            faults.into_iter().map(|fault| (fault.field, fault.message)).collect()
        }
        other => panic!("must be refused by field: {other:?}"),
    }
}

fn fields(faults: &[(String, String)]) -> Vec<&str> {
    faults.iter().map(|(field, _)| field.as_str()).collect()
}

#[tokio::test]
async fn every_fault_of_a_request_is_named_at_once() {
    let harness = Harness::new().await;
    let create = CreateVcluster {
        name: "../x".into(),
        image: "NO".into(),
        nodes: 1_000_000_000,
        cpus: 0.0,
        memory_mib: -1,
        autostart: true,
        description: "x".repeat(501),
    };
    let faults = refusal(&harness, create).await;
    let expected = ["name", "image", "nodes", "resources.cpus", "resources.memory_mib", "description"];
    assert_eq!(fields(&faults), expected);
    for nodes in [0, -1, 17] {
        assert_eq!(fields(&refusal(&harness, order("lab", nodes)).await), ["nodes"], "{nodes} nodes");
    }
}

#[tokio::test]
async fn an_image_of_a_registry_that_is_not_allowed_is_refused_with_what_is() {
    let harness = Harness::new().await;
    let of = |image: &str| CreateVcluster { image: image.into(), ..order("lab", 1) };
    for image in ["127.0.0.1:5999/a/b", "localhost/a", "LOCALHOST:22/a", "10.0.0.5/a", "reg.example.org/a"] {
        let faults = refusal(&harness, of(image)).await;
        assert_eq!(fields(&faults), ["image"], "{image}");
        assert!(faults[0].1.contains("not allowed here (allowed: docker.io)"), "{faults:?}");
    }
    harness.control.vclusters.create(&harness.ada, of("debian:bookworm"), None).await.expect("of the default registry");
}

#[tokio::test]
async fn orders_say_where_a_worker_may_take_the_image_from() {
    let harness = Harness::with(Policy { quota_policy: Limits { vclusters: 9, ..LIMITS }.into(), ..policy() }).await;
    let source = async |name: &str, image: &str| {
        let create = CreateVcluster { image: image.into(), ..order(name, 1) };
        let made = harness.control.vclusters.create(&harness.ada, create, None).await.expect("a vcluster");
        let node = made.nodes[0].id;
        obtain("an assignment", SOON, async || harness.coordination.assignment(node)).await.source
    };
    assert_eq!(source("one", "docklet/base").await, Source::Engine, "the usual one");
    assert_eq!(source("two", "lab/tools").await, Source::Registry, "another user of the host could have made it");
    harness.control.images.allow(&harness.root().await, "lab/*", None).await.expect("listed");
    assert_eq!(source("three", "lab/tools").await, Source::Engine, "an administrator has named it");
}

#[tokio::test]
async fn the_list_of_images_is_the_administrators_and_holds_for_the_next_order() {
    let harness = Harness::new().await;
    let (images, root) = (&harness.control.images, harness.root().await);
    for refused in [images.allow(&harness.ada, "lab/*", None).await.err(), images.list(&harness.ada).await.err()] {
        assert!(matches!(refused, Some(Error::NotFound(_))), "{refused:?}");
    }
    let lab = harness.create("lab", 1).await;
    images.allow(&root, "lab/*", None).await.expect("listed");
    harness.control.vclusters.add_nodes(&harness.ada, lab.id, 1).await.expect("the usual image is always allowed");
    let faults = refusal(&harness, CreateVcluster { image: "debian".into(), ..order("two", 1) }).await;
    assert!(faults[0].1.starts_with("is not on the list"), "{faults:?}");
    images.disallow(&root, "lab/*").await.expect("taken off");
    let order = CreateVcluster { image: "debian".into(), ..order("two", 1) };
    harness.control.vclusters.create(&harness.ada, order, None).await.expect("no list, no limit");
}

#[tokio::test]
async fn nodes_are_added_only_with_an_image_that_is_still_allowed() {
    let mut harness = Harness::new().await;
    let create = CreateVcluster { image: "debian:bookworm".into(), ..order("lab", 1) };
    let lab = harness.control.vclusters.create(&harness.ada, create, None).await.expect("a vcluster");
    let lab = harness.running(lab).await;
    let only_base = ImageRules { registries: Vec::new(), ..policy().images };
    harness.restart_with(Policy { images: only_base, ..policy() }).await;
    let more = harness.control.vclusters.add_nodes(&harness.ada, lab.id, 1).await;
    assert!(matches!(&more, Err(Error::Invalid(faults)) if faults[0].field == "image"), "{more:?}");
    harness.control.vclusters.stop(&harness.ada, lab.id).await.expect("what is there goes on");
}

#[tokio::test]
async fn a_name_is_taken_per_owner_and_free_again_for_others() {
    let harness = Harness::new().await;
    harness.create("lab", 1).await;
    let again = harness.control.vclusters.create(&harness.ada, order("lab", 1), None).await;
    assert!(matches!(again, Err(Error::NameTaken(name)) if name == "lab"));
    harness.control.vclusters.create(&harness.bob, order("lab", 1), None).await.expect("bob's own lab");
}

#[tokio::test]
async fn limits_count_what_is_held_and_say_what_is_left() {
    let harness = Harness::new().await;
    harness.create("one", 6).await;
    let faults = refusal(&harness, order("two", 3)).await;
    assert_eq!(
        faults,
        [
            ("nodes".to_owned(), "needs 3 nodes, but your limit of 8 leaves 2".to_owned()),
            ("resources.cpus".to_owned(), "needs 3 CPUs, but your limit of 8 leaves 2".to_owned()),
        ]
    );
}

#[tokio::test]
async fn more_than_the_host_has_is_refused() {
    let harness = Harness::new().await;
    let faults = refusal(&harness, CreateVcluster { cpus: 5.0, ..order("lab", 1) }).await;
    assert!(faults[0].1.ends_with("the largest host has 4"), "{faults:?}");
}

#[tokio::test]
async fn subnets_keep_clear_of_routes_and_of_each_other_until_none_is_left() {
    let small = Policy { cluster_net: "172.20.0.0/26".parse().expect("a network"), ..policy() };
    let harness = Harness::with(small).await;
    // The harness's worker routes the first half of the network itself.
    assert_eq!(harness.create("one", 1).await.subnet.to_string(), "172.20.0.32/27");
    let full = harness.control.vclusters.create(&harness.ada, order("two", 1), None).await;
    assert!(matches!(full, Err(Error::NoSubnet(net)) if net == "172.20.0.0/26"));
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_vcluster() {
    let harness = Harness::new().await;
    let create = |order, key| harness.control.vclusters.create(&harness.ada, order, Some(key));
    let first = create(order("lab", 1), "k-1").await.expect("a vcluster");
    let second = create(order("lab", 1), "k-1").await.expect("the same vcluster");
    assert_eq!(first.id, second.id);
    assert!(matches!(create(order("lab", 2), "k-1").await, Err(Error::IdempotencyMismatch)));
    assert!(matches!(create(order("lab", 2), "bad key").await, Err(Error::Invalid(_))));
    let bobs = harness.control.vclusters.create(&harness.bob, order("lab", 2), Some("k-1")).await;
    assert!(bobs.is_ok(), "keys are each user's own");
}

#[tokio::test]
async fn somebody_else_s_vcluster_is_not_there() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let vclusters = &harness.control.vclusters;
    assert!(matches!(vclusters.get(&harness.bob, lab.id).await, Err(Error::NotFound(_))));
    assert!(matches!(vclusters.stop(&harness.bob, lab.id).await, Err(Error::NotFound(_))));
    assert!(matches!(vclusters.delete(&harness.bob, lab.id).await, Err(Error::NotFound(_))));
    assert!(matches!(vclusters.add_nodes(&harness.bob, lab.id, 1).await, Err(Error::NotFound(_))));
    assert_eq!(harness.get(lab.id).await.expect("ada's lab").state(), VclusterState::Creating);
}

#[tokio::test]
async fn racing_creates_never_take_more_than_the_limit() {
    let harness = Harness::new().await;
    let names: Vec<String> = (0..10).map(|n| format!("lab-{n}")).collect();
    let creates = names.iter().map(|name| harness.control.vclusters.create(&harness.ada, order(name, 1), None));
    let made = futures::future::join_all(creates).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(made, 3);
}
