//! Making vclusters: what is refused and why, and what is reserved.

use crate::harness::{Harness, order, policy};
use control::{Error, Policy, vclusters::CreateVcluster};
use domain::vcluster::VclusterState;

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
    };
    let faults = refusal(&harness, create).await;
    assert_eq!(fields(&faults), ["name", "image", "nodes", "resources.cpus", "resources.memory_mib"]);
    for nodes in [0, -1, 17] {
        assert_eq!(fields(&refusal(&harness, order("lab", nodes)).await), ["nodes"], "{nodes} nodes");
    }
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
            ("nodes".to_owned(), "asks for 3 nodes, and 2 of your limit of 8 is left".to_owned()),
            ("resources.cpus".to_owned(), "asks for 3 CPUs, and 2 of your limit of 8 is left".to_owned()),
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
