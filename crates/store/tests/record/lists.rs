//! Lists: newest first, page by page, only what is one's own.

use std::collections::{BTreeMap, BTreeSet};

use control::ports::store::{PageRequest, VclusterReads};
use domain::{NodeId, VclusterId, node::NodeState, vcluster::Intent};
use uuid::Uuid;

use super::Record;
use crate::fixture::{user_id, vcluster, vcluster_id};

async fn page(record: &Record, owner: u128, after: Option<u128>, limit: u32) -> Vec<VclusterId> {
    let page = PageRequest { after: after.map(vcluster_id), limit };
    let listed = record.store.vclusters_of(user_id(owner), page).await.expect("a read").vclusters;
    assert!(listed.iter().all(|vcluster| vcluster.owner == user_id(owner) && vcluster.nodes.len() == 2));
    listed.into_iter().map(|vcluster| vcluster.id).collect()
}

fn ids(numbers: impl IntoIterator<Item = u128>) -> Vec<VclusterId> {
    numbers.into_iter().map(vcluster_id).collect()
}

async fn record() -> Record {
    let record = Record::of([1, 2, 3]).await;
    for (owner, number) in [(1, 2), (2, 3), (1, 1), (1, 5), (2, 4)] {
        record.save(&vcluster(owner, number, 2)).await;
    }
    record
}

#[tokio::test]
async fn own_vclusters_are_listed_newest_first() {
    let record = record().await;
    assert_eq!(page(&record, 1, None, 50).await, ids([5, 2, 1]));
    assert_eq!(page(&record, 3, None, 50).await, []);
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_overlap() {
    let record = record().await;
    assert_eq!(page(&record, 1, None, 2).await, ids([5, 2]));
    assert_eq!(page(&record, 1, Some(2), 2).await, ids([1]));
    assert_eq!(page(&record, 1, Some(1), 2).await, []);
    assert_eq!(page(&record, 1, None, 0).await, []);
    assert_eq!(page(&record, 1, None, u32::MAX).await, ids([5, 2, 1]));
}

#[tokio::test]
async fn a_page_continues_where_a_vcluster_has_gone_meanwhile() {
    let record = record().await;
    let mut transaction = record.begin().await;
    transaction.remove_vcluster(vcluster_id(2), crate::fixture::at(0)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    assert_eq!(page(&record, 1, Some(2), 2).await, ids([1]));
}

#[tokio::test]
async fn all_vclusters_of_all_owners_are_there_with_their_nodes() {
    let record = record().await;
    let all = record.store.all_vclusters().await.expect("a read").vclusters;
    let expected: Vec<_> =
        [(1, 1), (1, 2), (2, 3), (2, 4), (1, 5)].map(|(owner, number)| vcluster(owner, number, 2)).into();
    assert_eq!(all, expected);
    assert_eq!(Record::new().await.store.all_vclusters().await.expect("a read").vclusters, []);
}

#[tokio::test]
async fn vclusters_are_found_by_the_worker_and_by_the_nodes_they_have() {
    let record = record().await;
    let mut both = vcluster(2, 6, 2);
    both.nodes[1].worker = "there".parse().expect("a worker");
    record.save(&both).await;
    let on = async |worker: &str| {
        let found = record.store.vclusters_on(&worker.parse().expect("a worker")).await.expect("a read").vclusters;
        found.into_iter().map(|vcluster| (vcluster.id, vcluster.nodes.len())).collect::<BTreeSet<_>>()
    };
    assert_eq!(on("there").await, [(both.id, 2)].into(), "whole, also with its nodes elsewhere");
    assert_eq!(on("here").await, (1..=6).map(|number| (vcluster_id(number), 2)).collect());
    assert_eq!(on("nowhere").await, [].into());
    let mut workers = record.store.workers().await.expect("a read");
    workers.sort();
    assert_eq!(workers.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["here", "there"]);

    // More than go into one statement, most of them strangers.
    let nodes: Vec<NodeId> =
        (0..2_000).chain([both.nodes[1].id.as_uuid().as_u128()]).map(Uuid::from_u128).map(NodeId::new).collect();
    let with = record.store.vclusters_with(&nodes).await.expect("a read").vclusters;
    let with: BTreeSet<_> = with.into_iter().map(|vcluster| vcluster.id).collect();
    assert_eq!(with, [vcluster_id(1), both.id].into());
}

#[tokio::test]
async fn vclusters_are_counted_by_the_state_they_were_saved_in() {
    let record = record().await;
    let mut stopped = vcluster(1, 1, 2);
    stopped.intent = Intent::Stopped;
    stopped.nodes.iter_mut().for_each(|node| node.state = NodeState::Stopped);
    record.save(&stopped).await;
    let counts: BTreeMap<_, _> = record
        .store
        .vcluster_counts()
        .await
        .expect("a read")
        .into_iter()
        .map(|(state, count)| (state.as_str(), count))
        .collect();
    assert_eq!(counts, [("creating", 4), ("stopped", 1)].into());
}

#[tokio::test]
async fn subnets_are_known_by_where_they_begin() {
    let record = record().await;
    let within = async |network: &str| {
        record
            .store
            .subnets_in(network.parse().expect("a network"))
            .await
            .expect("a read")
            .into_iter()
            .collect::<BTreeSet<_>>()
    };
    let of = |number| vcluster(1, number, 2).subnet;
    assert_eq!(within("172.20.0.0/25").await, [of(1), of(2), of(3)].into());
    assert_eq!(within("172.20.0.128/25").await, [of(4), of(5)].into());
    assert_eq!(within("10.0.0.0/8").await, [].into());
    assert_eq!(record.store.newest_subnet().await.expect("a read"), Some(of(5)));
    // What another hand has written, and what cannot be read.
    record.run("UPDATE vclusters SET subnet = '10.1.0.0/27', state = 'odd' WHERE name = 'lab-4'").await;
    record.run("UPDATE vclusters SET image = 'NO', subnet_start = NULL WHERE name = 'lab-5'").await;
    assert_eq!(record.store.vcluster_counts().await.expect("a read").iter().map(|(_, count)| count).sum::<u32>(), 4);
    store::migrate(&record.store).await.expect("the schema");
    assert_eq!(record.store.vcluster_counts().await.expect("a read").iter().map(|(_, count)| count).sum::<u32>(), 5);
    assert_eq!(
        within("10.0.0.0/8").await,
        ["10.1.0.0/27".parse().expect("a network"), of(5)].into(),
        "that of the unreadable one always"
    );
    assert_eq!(Record::new().await.store.newest_subnet().await.expect("a read"), None);
}
