//! What is held, as the database adds it up, equals what the vclusters say.

use std::collections::BTreeMap;

use control::ports::store::VclusterReads;
use domain::{quota::Usage, resources::Resources};

use super::Record;
use crate::fixture::{NODE, at, everywhere, user_id, vcluster, vcluster_id};

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
    let transaction = record.begin().await;
    for (owner, expected) in [(1, usage(2, 2)), (2, usage(1, 1)), (3, Usage::default())] {
        assert_eq!(transaction.usage(user_id(owner)).await.expect("a read"), expected);
        assert_eq!(record.store.usage(user_id(owner)).await.expect("a read"), expected);
    }
}

#[tokio::test]
async fn a_worker_holds_the_reserved_nodes_of_all_users() {
    let record = record().await;
    let held = async || {
        let held = record.begin().await.worker_usage().await.expect("a read");
        held.into_iter().map(|(worker, usage)| (worker.to_string(), usage)).collect::<BTreeMap<_, _>>()
    };
    let expected = |held: &[(&str, Usage)]| held.iter().map(|(worker, usage)| ((*worker).to_owned(), *usage)).collect();
    let all = expected(&[("here", usage(2, 2)), ("there", usage(1, 1))]);
    assert_eq!(held().await, all);

    let mut first = record.store.vcluster(vcluster_id(1)).await.expect("a read").expect("the vcluster");
    first.nodes[2].worker = first.nodes[1].worker.clone();
    first.nodes[0].reserved = true;
    record.save(&first).await;
    record.save(&first).await;
    assert_eq!(held().await, expected(&[("here", usage(2, 2)), ("there", usage(1, 2))]), "moved, and saved twice");
    let larger = Resources { cpu_milli: NODE.cpu_milli * 2, ..NODE };
    let one_larger = |nodes, cpus| Usage { cpu_milli: cpus * u64::from(NODE.cpu_milli), ..usage(1, nodes) };
    first.resources = larger;
    record.save(&first).await;
    let here = Usage { vclusters: 2, ..one_larger(2, 3) };
    assert_eq!(held().await, expected(&[("here", here), ("there", one_larger(2, 4))]), "of another size");
    let mut transaction = record.begin().await;
    transaction.remove_vcluster(vcluster_id(1), at(0)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    assert_eq!(held().await, expected(&[("here", usage(1, 1))]));

    record.run("DELETE FROM worker_holdings").await;
    store::migrate(&record.store).await.expect("the schema");
    assert_eq!(held().await, expected(&[("here", usage(1, 1))]), "added up anew");
}

#[tokio::test]
async fn the_largest_vclusters_do_not_overflow_the_sums() {
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
    let mut taken = record.begin().await.subnets_in(everywhere()).await.expect("a read");
    taken.sort();
    assert_eq!(taken, [vcluster(1, 1, 1).subnet, vcluster(1, 2, 1).subnet, vcluster(1, 3, 1).subnet]);
}
