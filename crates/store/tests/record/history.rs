//! The history of vclusters: who asked for what, a page at a time, until it is old.

use control::ports::store::{PageRequest, Store};
use domain::{
    OperationId,
    operation::{OperationKind, OperationState},
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
        let plain = domain::operation::Operation { started_at: at(seconds), ..plain };
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
        let page = record.store.operations_of(vcluster_id(1), PageRequest { after, limit: 2 }).await.expect("a page");
        let Some((last, _)) = page.last() else { break };
        after = Some(last.id);
        told.extend(page.into_iter().map(|(operation, by)| {
            (operation.id.as_uuid().as_u128(), operation.state, by.map(|name| name.to_string()))
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
    let left = record.store.operations_of(vcluster_id(1), all).await.expect("a read");
    assert_eq!(
        left.iter().map(|(operation, _)| operation.id).collect::<Vec<_>>(),
        [OperationId::new(Uuid::from_u128(5))]
    );
}
