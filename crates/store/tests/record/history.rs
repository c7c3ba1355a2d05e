//! The history of vclusters: who asked for what, a page at a time, until it is old.

use control::ports::store::{ListedOperation, OperationsOf, PageRequest, VclusterReads};
use domain::{
    OperationId,
    name::NodeName,
    operation::{Opened, OpenedKind, Operation, OperationKind, OperationState},
};
use uuid::Uuid;

use super::Record;
use crate::fixture::{at, operation, user_id, vcluster, vcluster_id};

/// Operations 1…`count` of vcluster 1, all but the first asked for by user 2.
async fn acted(record: &Record, count: u128) {
    let mut lab = vcluster(1, 1, 1);
    for number in 1..=count {
        let plain = operation(number, OperationKind::Restart);
        let seconds = i64::try_from(number).expect("a small number");
        let plain = Operation { started_at: at(seconds), ..plain };
        lab.operation = if number == 1 { plain } else { plain.asked_by(user_id(2)) };
        record.save(&lab).await;
    }
}

#[tokio::test]
async fn operations_are_listed_newest_first_with_who_asked() {
    let record = Record::of([1, 2]).await;
    acted(&record, 5).await;
    record.save(&vcluster(1, 9, 1)).await;
    let mut after = None;
    let mut told = Vec::new();
    loop {
        let of = OperationsOf::Vcluster(vcluster_id(1));
        let page = record.store.operations(of, PageRequest { after, limit: 2 }).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = Some(last.operation.id);
        told.extend(page.into_iter().map(|listed| {
            let by = listed.by.map(|name| name.to_string());
            (listed.operation.id.as_uuid().as_u128(), listed.operation.state, by)
        }));
    }
    let by = || Some("user-2".to_owned());
    let superseded = OperationState::Superseded;
    assert_eq!(
        told,
        [
            (5, OperationState::Running, by()),
            (4, superseded, by()),
            (3, superseded, by()),
            (2, superseded, by()),
            (1, superseded, None)
        ]
    );
}

#[tokio::test]
async fn an_operation_that_cannot_be_read_takes_no_other_from_the_list() {
    let record = Record::of([1, 2]).await;
    acted(&record, 5).await;
    record.run("UPDATE operations SET kind = 'nonsense' WHERE id = (SELECT id FROM operations ORDER BY id LIMIT 1 OFFSET 2)").await;
    let of = |after: Option<u128>| {
        let after = after.map(|number| OperationId::new(Uuid::from_u128(number)));
        told_to(&record, 1, PageRequest { after, limit: 2 })
    };
    let numbers =
        |page: Vec<(u128, u128, Option<String>)>| page.into_iter().map(|(number, ..)| number).collect::<Vec<_>>();
    assert_eq!(numbers(of(None).await), [5, 4]);
    assert_eq!(numbers(of(Some(4)).await), [2, 1], "the page is full all the same");
}

/// What was done with all of a user's vclusters, as numbers of the operations with the vclusters' ids and names.
async fn told_to(record: &Record, owner: u128, page: PageRequest<OperationId>) -> Vec<(u128, u128, Option<String>)> {
    let listed = record.store.operations(OperationsOf::Owner(user_id(owner)), page).await.expect("a page");
    let told = |listed: ListedOperation| {
        let name = listed.vcluster_name.map(|name| name.to_string());
        (listed.operation.id.as_uuid().as_u128(), listed.vcluster.as_uuid().as_u128(), name)
    };
    listed.into_iter().map(told).collect()
}

#[tokio::test]
async fn an_owners_history_is_of_all_their_vclusters_and_of_no_others_and_outlives_them() {
    let record = Record::of([1, 2]).await;
    record.save(&vcluster(1, 1, 1)).await;
    record.save(&vcluster(2, 2, 1)).await;
    let third = vcluster(1, 3, 1);
    record.save(&third).await;
    let mut transaction = record.begin().await;
    transaction.remove_vcluster(vcluster_id(1), at(5)).await.expect("a removal");
    let happened = operation(4000, OperationKind::OutOfMemory);
    transaction.note_happening(&third, &happened).await.expect("a note");
    transaction.commit().await.expect("a commit");
    let (gone, there) = (Some("lab-1".to_owned()), Some("lab-3".to_owned()));
    let all = PageRequest { after: None, limit: 10 };
    let expected = [(4000, 3, there.clone()), (3000, 3, there), (1000, 1, gone.clone())];
    assert_eq!(told_to(&record, 1, all).await, expected);
    assert_eq!(told_to(&record, 2, all).await, [(2000, 2, Some("lab-2".to_owned()))]);
    let first = PageRequest { after: None, limit: 2 };
    assert_eq!(told_to(&record, 1, first).await, expected[..2]);
    let second = PageRequest { after: Some(OperationId::new(Uuid::from_u128(3000))), limit: 2 };
    assert_eq!(told_to(&record, 1, second).await, [(1000, 1, gone)]);
    assert_eq!(told_to(&record, 3, all).await, []);
}

#[tokio::test]
async fn a_name_that_cannot_be_read_keeps_no_operation_from_being_listed() {
    let record = Record::of([1]).await;
    record.save(&vcluster(1, 1, 1)).await;
    record.run("UPDATE operations SET vcluster_name = '../x'").await;
    let all = PageRequest { after: None, limit: 10 };
    assert_eq!(told_to(&record, 1, all).await, [(1000, 1, None)]);
}

#[tokio::test]
async fn what_was_opened_comes_back_as_it_was_written_goes_with_age_and_takes_no_other_from_the_list() {
    let record = Record::of([1]).await;
    let lab = vcluster(1, 1, 1);
    record.save(&lab).await;
    let opened = Opened {
        node: NodeName::new(3),
        what: OpenedKind::Port,
        port: Some(u16::MAX),
        address: Some("2001:db8::7".parse().expect("an address")),
        token: Some("Diplomarbeit · 论文".into()),
    };
    let in_browser = Opened { what: OpenedKind::Terminal, port: None, address: None, token: None, ..opened.clone() };
    let written = [(4000, in_browser, 20), (3000, opened, 10)].map(|(number, opened, seconds)| {
        Operation::opened(OperationId::new(Uuid::from_u128(number)), opened, at(seconds)).asked_by(user_id(1))
    });
    let mut transaction = record.begin().await;
    for operation in &written {
        transaction.note_happening(&lab, operation).await.expect("a note");
    }
    transaction.commit().await.expect("a commit");
    let all = PageRequest { after: None, limit: 10 };
    let listed = async || {
        let listed = record.store.operations(OperationsOf::Owner(user_id(1)), all).await.expect("a page");
        listed.into_iter().map(|listed| listed.operation).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [&written[..], std::slice::from_ref(&lab.operation)].concat());

    let mut transaction = record.begin().await;
    assert_eq!(transaction.sweep_operations(at(15)).await.expect("a sweep"), 1);
    transaction.commit().await.expect("a commit");
    assert_eq!(listed().await, [written[0].clone(), lab.operation.clone()]);
    record.run("UPDATE operations SET opened = '{\"node\": 7}' WHERE kind = 'opened'").await;
    assert_eq!(listed().await, [lab.operation]);
}

#[tokio::test]
async fn who_asked_is_read_with_the_vcluster_too() {
    let record = Record::of([1, 2]).await;
    acted(&record, 2).await;
    let lab = record.store.vcluster(vcluster_id(1)).await.expect("a read").expect("the vcluster");
    assert_eq!(lab.operation.by, Some(user_id(2)));
}

#[tokio::test]
async fn old_operations_are_dropped_but_never_the_latest_of_a_vcluster() {
    let record = Record::of([1, 2]).await;
    acted(&record, 5).await;
    let mut transaction = record.begin().await;
    assert_eq!(transaction.sweep_operations(at(4)).await.expect("a sweep"), 3);
    assert_eq!(transaction.sweep_operations(at(1000)).await.expect("a sweep"), 1);
    transaction.commit().await.expect("a commit");
    let all = PageRequest { after: None, limit: 10 };
    let left = record.store.operations(OperationsOf::Vcluster(vcluster_id(1)), all).await.expect("a read");
    assert_eq!(
        left.iter().map(|listed| listed.operation.id).collect::<Vec<_>>(),
        [OperationId::new(Uuid::from_u128(5))]
    );
}
