//! A vcluster is saved and loaded as a whole.

use chrono::{DateTime, Utc};
use control::ports::store::{StoreError, VclusterReads};
use domain::{
    NodeId, OperationId,
    operation::{Operation, OperationKind},
    resources::Resources,
    vcluster::{Intent, Vcluster},
};
use sea_orm::{ConnectionTrait, Statement, prelude::Uuid};

use super::Record;
use crate::fixture::{at, change_everything, new_node, operation, vcluster, vcluster_id};

async fn loaded(record: &Record, number: u128) -> Option<Vcluster> {
    record.store.vcluster(vcluster_id(number)).await.expect("a read")
}

/// State, reason and end of an operation, also of one whose vcluster is gone.
async fn history(record: &Record, id: OperationId) -> (String, Option<DateTime<Utc>>) {
    let plain = record.plain().await;
    let sql = "SELECT state, finished_at FROM operations WHERE id = $1";
    let statement = Statement::from_sql_and_values(plain.get_database_backend(), sql, [id.as_uuid().into()]);
    let row = plain.query_one_raw(statement).await.expect("a read").expect("the operation");
    (row.try_get("", "state").expect("a state"), row.try_get("", "finished_at").expect("a time"))
}

#[tokio::test]
async fn a_vcluster_comes_back_as_it_was_saved() {
    let record = Record::of([1]).await;
    for nodes in [1, 2, 16] {
        let new = vcluster(1, nodes, nodes);
        record.save(&new).await;
        assert_eq!(loaded(&record, nodes).await, Some(new));
    }
    assert_eq!(loaded(&record, 9).await, None);
}

#[tokio::test]
async fn every_field_that_changes_is_saved() {
    let record = Record::of([1]).await;
    let mut changed = vcluster(1, 1, 3);
    record.save(&changed).await;
    changed.name = "other".parse().expect("a name");
    changed.image = "debian:bookworm".parse().expect("an image");
    let cpu_milli = Resources::MOST_CPUS as u32 * 1000;
    changed.resources = Resources { cpu_milli, memory_mib: Resources::MOST_MEMORY_MIB, pids: 4_194_304 };
    changed.subnet = "172.21.0.0/26".parse().expect("a subnet");
    changed.intent = Intent::Stopped;
    changed.autostart = false;
    changed.description = "for the thesis\nchapter 3 · 论文".parse().expect("a description");
    changed.operation = operation(5, OperationKind::Stop);
    changed.nodes.iter_mut().for_each(change_everything);
    record.save(&changed).await;
    assert_eq!(loaded(&record, 1).await, Some(changed));
}

#[tokio::test]
async fn nodes_that_left_are_gone_and_their_names_are_free() {
    let record = Record::of([1]).await;
    let mut shrunk = vcluster(1, 1, 3);
    record.save(&shrunk).await;
    shrunk.nodes.remove(0);
    shrunk.nodes.remove(0);
    record.save(&shrunk).await;
    assert_eq!(loaded(&record, 1).await, Some(shrunk.clone()));

    // A new node takes the name of one that leaves in the same save.
    shrunk.nodes.remove(0);
    shrunk.add_nodes((50..53).map(new_node).collect(), operation(6, OperationKind::AddNodes)).expect("room for nodes");
    record.save(&shrunk).await;
    assert_eq!(loaded(&record, 1).await, Some(shrunk));
}

#[tokio::test]
async fn nodes_are_ordered_by_number_not_by_spelling() {
    let record = Record::of([1]).await;
    record.save(&vcluster(1, 1, 16)).await;
    let found = loaded(&record, 1).await.expect("the vcluster");
    let ordinals: Vec<u8> = found.nodes.iter().map(|node| node.name.ordinal()).collect();
    assert_eq!(ordinals, (0..16).collect::<Vec<u8>>());
}

#[tokio::test]
async fn a_name_is_taken_once_per_owner() {
    let record = Record::of([1, 2]).await;
    let mut theirs = vcluster(2, 2, 1);
    theirs.name = vcluster(1, 1, 1).name;
    record.save(&vcluster(1, 1, 1)).await;
    record.save(&theirs).await;

    let mut twin = vcluster(1, 3, 1);
    twin.name = theirs.name.clone();
    let refused = record.begin().await.save_vcluster(&twin, at(0)).await;
    assert!(matches!(refused, Err(StoreError::Taken("name"))), "{refused:?}");
    assert_eq!(loaded(&record, 3).await, None);

    let mut transaction = record.begin().await;
    let refused = transaction.insert_vcluster(&twin).await;
    assert!(matches!(refused, Err(StoreError::Taken("name"))), "{refused:?}");
    drop(transaction);
    assert_eq!(loaded(&record, 3).await, None);
}

#[tokio::test]
async fn a_new_vcluster_comes_back_as_it_was_written_and_its_host_holds_it() {
    let record = Record::of([1]).await;
    let lab = vcluster(1, 1, 2);
    let mut transaction = record.begin().await;
    transaction.insert_vcluster(&lab).await.expect("written");
    transaction.commit().await.expect("a commit");
    assert_eq!(loaded(&record, 1).await, Some(lab.clone()));
    let held = record.store.worker_usage().await.expect("a read");
    let nodes: u32 = held.iter().map(|(_, usage)| usage.nodes).sum();
    assert_eq!(nodes as usize, lab.nodes.len());
    assert_eq!(record.store.usage(lab.owner).await.expect("a read").vclusters, 1);
}

#[tokio::test]
async fn a_subnet_is_taken_once_by_anybody() {
    let record = Record::of([1, 2]).await;
    record.save(&vcluster(1, 1, 1)).await;
    let mut twin = vcluster(2, 2, 1);
    twin.subnet = vcluster(1, 1, 1).subnet;
    let refused = record.begin().await.save_vcluster(&twin, at(0)).await;
    assert!(matches!(refused, Err(StoreError::Taken("subnet"))), "{refused:?}");
}

#[tokio::test]
async fn two_nodes_of_one_name_are_our_mistake_not_a_name_somebody_took() {
    let record = Record::of([1]).await;
    let mut broken = vcluster(1, 1, 2);
    broken.nodes[1].name = broken.nodes[0].name;
    let refused = record.begin().await.save_vcluster(&broken, at(0)).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}

#[tokio::test]
async fn an_operation_whose_place_was_taken_is_history_as_superseded() {
    let record = Record::of([1]).await;
    let mut stopped = vcluster(1, 1, 1);
    let create = stopped.operation.id;
    record.save(&stopped).await;
    stopped.operation = operation(5, OperationKind::Stop);
    let mut transaction = record.begin().await;
    transaction.save_vcluster(&stopped, at(8)).await.expect("a save");
    transaction.commit().await.expect("a commit");
    assert_eq!(history(&record, create).await, ("superseded".into(), Some(at(8))));
    assert_eq!(history(&record, stopped.operation.id).await, ("running".into(), None));
}

#[tokio::test]
async fn an_operation_that_ended_keeps_its_end_when_another_one_follows() {
    let record = Record::of([1]).await;
    let mut next = vcluster(1, 1, 1);
    let create = next.operation.id;
    let failed = domain::operation::OperationState::Failed;
    next.operation.finish(failed, Some("node-0: no such image".into()), at(4));
    record.save(&next).await;
    assert_eq!(loaded(&record, 1).await, Some(next.clone()));
    next.operation = operation(5, OperationKind::Start);
    record.save(&next).await;
    assert_eq!(history(&record, create).await, ("failed".into(), Some(at(4))));
}

#[tokio::test]
async fn a_removed_vcluster_is_gone_with_its_nodes_and_leaves_its_operations() {
    let record = Record::of([1]).await;
    let mut deleted = vcluster(1, 1, 2);
    record.save(&deleted).await;
    record.save(&vcluster(1, 2, 1)).await;
    let delete: Operation = operation(5, OperationKind::Delete);
    assert!(deleted.delete(delete.clone()));
    record.save(&deleted).await;

    let mut transaction = record.begin().await;
    transaction.remove_vcluster(deleted.id, at(9)).await.expect("a removal");
    assert_eq!(transaction.vcluster_of_node(deleted.nodes[0].id).await.expect("a read"), None);
    transaction.commit().await.expect("a commit");
    assert_eq!(loaded(&record, 1).await, None);
    assert_eq!(loaded(&record, 2).await, Some(vcluster(1, 2, 1)), "the other one is untouched");
    assert_eq!(history(&record, delete.id).await, ("succeeded".into(), Some(at(9))));

    // Everything it held can be had again.
    let mut again = vcluster(1, 3, 1);
    again.name = deleted.name;
    again.subnet = deleted.subnet;
    record.save(&again).await;
}

#[tokio::test]
async fn a_vcluster_removed_before_it_was_created_leaves_its_operation_as_superseded() {
    let record = Record::of([1]).await;
    let new = vcluster(1, 1, 1);
    record.save(&new).await;
    let mut transaction = record.begin().await;
    transaction.remove_vcluster(new.id, at(9)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    assert_eq!(history(&record, new.operation.id).await, ("superseded".into(), Some(at(9))));
}

#[tokio::test]
async fn a_node_leads_to_its_vcluster() {
    let record = Record::of([1]).await;
    record.save(&vcluster(1, 1, 2)).await;
    record.save(&vcluster(1, 2, 2)).await;
    let transaction = record.begin().await;
    let node = vcluster(1, 2, 2).nodes[1].id;
    assert_eq!(transaction.vcluster_of_node(node).await.expect("a read"), Some(vcluster(1, 2, 2)));
    let nobody = NodeId::new(Uuid::from_u128(99));
    assert_eq!(transaction.vcluster_of_node(nobody).await.expect("a read"), None);
    assert_eq!(transaction.vcluster(vcluster_id(1)).await.expect("a read"), Some(vcluster(1, 1, 2)));
}
