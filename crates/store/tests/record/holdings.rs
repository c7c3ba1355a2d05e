//! What is held, as the database adds it up, equals what the vclusters say.

use control::ports::store::Store;
use domain::quota::Usage;

use super::Record;
use crate::fixture::{NODE, user_id, vcluster};

fn usage(vclusters: u32, nodes: u32) -> Usage {
    Usage { vclusters, ..Usage::of_nodes(nodes, NODE) }
}

/// User 1: four nodes in two vclusters, of which one node is not reserved and one is on another host. User 2: one node.
async fn record() -> Record {
    let record = Record::of([1, 2, 3]).await;
    let mut first = vcluster(1, 1, 3);
    first.nodes[0].reserved = false;
    first.nodes[1].worker = "there".parse().expect("a worker's name");
    record.save(&first).await;
    let mut second = vcluster(1, 2, 1);
    second.nodes[0].reserved = false;
    record.save(&second).await;
    record.save(&vcluster(2, 3, 1)).await;
    record
}

#[tokio::test]
async fn a_user_holds_reserved_nodes_and_every_vcluster() {
    let record = record().await;
    let mut transaction = record.begin().await;
    for (owner, expected) in [(1, usage(2, 2)), (2, usage(1, 1)), (3, Usage::default())] {
        assert_eq!(transaction.usage(user_id(owner)).await.expect("a read"), expected);
        assert_eq!(record.store.usage(user_id(owner)).await.expect("a read"), expected);
    }
}

#[tokio::test]
async fn a_worker_holds_the_reserved_nodes_of_everybody() {
    let record = record().await;
    let mut held = record.begin().await.worker_usage().await.expect("a read");
    held.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [("here", usage(2, 2)), ("there", usage(1, 1))];
    assert_eq!(held, expected.map(|(worker, usage)| (worker.parse().expect("a worker's name"), usage)));
}

#[tokio::test]
async fn the_largest_vclusters_do_not_overflow_the_sums() {
    use domain::resources::Resources;
    let record = Record::of([1]).await;
    let each = Resources { cpu_milli: u32::MAX, memory_mib: u32::MAX, pids: u32::MAX };
    for number in 1..=2 {
        let mut huge = vcluster(1, number, 16);
        huge.resources = each;
        record.save(&huge).await;
    }
    let expected = Usage { vclusters: 2, ..Usage::of_nodes(32, each) };
    assert_eq!(record.store.usage(user_id(1)).await.expect("a read"), expected);
}

#[tokio::test]
async fn subnets_of_all_vclusters_are_taken() {
    let record = record().await;
    let mut taken = record.begin().await.subnets().await.expect("a read");
    taken.sort();
    assert_eq!(taken, [vcluster(1, 1, 1).subnet, vcluster(1, 2, 1).subnet, vcluster(1, 3, 1).subnet]);
}
