//! What the record remembers of nodes it has let go of, and of containers it does not know.

use control::ports::store::{Unclaimed, UnclaimedReads};
use domain::{NodeId, node::Generation};

use super::Record;
use crate::fixture::{at, new_node, user_id, vcluster, vcluster_id};

fn node(number: u128) -> NodeId {
    new_node(number).id
}

async fn departed(record: &Record, number: u128) -> Option<Generation> {
    record.begin().await.departed(node(number)).await.expect("a read")
}

#[tokio::test]
async fn a_node_that_is_let_go_of_is_remembered_with_its_last_order() {
    let record = Record::of([1]).await;
    let mut lab = vcluster(1, 1, 2);
    record.save(&lab).await;
    lab.nodes[1].generation = Generation(7);
    record.save(&lab).await;
    assert_eq!(departed(&record, 1001).await, None, "it is there");
    let gone = lab.nodes.remove(1);
    record.save(&lab).await;
    assert_eq!((departed(&record, 1001).await, departed(&record, 1000).await), (Some(gone.generation), None));

    let mut transaction = record.begin().await;
    transaction.remove_vcluster(lab.id, at(5)).await.expect("removed");
    transaction.commit().await.expect("a commit");
    assert_eq!(departed(&record, 1000).await, Some(Generation::FIRST), "with its vcluster");
    assert_eq!(departed(&record, 4711).await, None, "never heard of");

    let mut transaction = record.begin().await;
    transaction.sweep_operations(at(3)).await.expect("swept");
    transaction.commit().await.expect("a commit");
    assert_eq!((departed(&record, 1001).await, departed(&record, 1000).await), (None, Some(Generation::FIRST)));
}

#[tokio::test]
async fn what_no_record_claims_is_remembered_since_it_was_found() {
    let record = Record::of([1]).await;
    let worker = "here".parse().expect("a worker's name");
    let found = |number, second| Unclaimed {
        instance: node(number).into(),
        worker: std::clone::Clone::clone(&worker),
        vcluster: Some(vcluster_id(9)),
        owner: user_id(9),
        generation: Generation(3),
        found_at: at(second),
    };
    let mut transaction = record.begin().await;
    for unclaimed in [found(2, 2), found(1, 1)] {
        transaction.save_unclaimed(&unclaimed).await.expect("saved");
    }
    transaction.save_unclaimed(&Unclaimed { generation: Generation(4), ..found(1, 8) }).await.expect("saved");
    transaction.commit().await.expect("a commit");
    let first = Unclaimed { generation: Generation(4), ..found(1, 1) };
    assert_eq!(record.store.all_unclaimed().await.expect("a read"), [first.clone(), found(2, 2)]);

    let mut transaction = record.begin().await;
    assert_eq!(transaction.unclaimed(node(1).into()).await.expect("a read"), Some(first));
    transaction.remove_unclaimed(node(1).into()).await.expect("removed");
    transaction.remove_unclaimed(node(1).into()).await.expect("nothing to remove");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.all_unclaimed().await.expect("a read"), [found(2, 2)]);
}

#[tokio::test]
async fn the_record_says_when_it_was_swept() {
    let record = Record::of([]).await;
    let mut transaction = record.begin().await;
    assert_eq!(transaction.last_sweep().await.expect("a read"), None);
    for second in [5, 2] {
        transaction.set_last_sweep(at(second)).await.expect("written");
        assert_eq!(transaction.last_sweep().await.expect("a read"), Some(at(second)));
    }
    transaction.commit().await.expect("a commit");
}
