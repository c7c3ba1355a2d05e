//! Lists: newest first, page by page, only what is one's own.

use control::ports::store::{PageRequest, Store};
use domain::VclusterId;

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
