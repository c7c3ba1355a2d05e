//! The record and its term, which every write of control is compared with.

use control::ports::coordination::{AssignmentPublisher, CoordinationError};
use etcd::Conflict;
use testkit::{RealEtcd, build};
use uuid::Uuid;

use crate::{key, raw, signal};

const RECORD: Uuid = Uuid::from_u128(1);
const ANOTHER: Uuid = Uuid::from_u128(2);

#[tokio::test]
async fn control_writes_nothing_under_an_earlier_term_than_etcd_has_heard_of() {
    let etcd = RealEtcd::start().await;
    let (old, new) = (etcd.connect(), etcd.connect());
    let (first, second, third) = (build::assignment("here"), build::assignment("here"), build::assignment("here"));
    old.write_under(RECORD, 5, false);
    old.assign(std::slice::from_ref(&first)).await.expect("its own term");
    new.write_under(RECORD, 7, false);
    new.assign(std::slice::from_ref(&second)).await.expect("etcd is told of the later term");
    assert_eq!(old.conflict(), None);
    let refused = [
        old.assign(std::slice::from_ref(&third)).await.map(drop),
        old.assign_all(&[]).await.map(drop),
        old.withdraw(&[(second.worker.clone(), second.instance, second.generation)]).await,
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(CoordinationError::Superseded))), "{refused:?}");
    assert_eq!(old.conflict(), Some(Conflict::Term(7)));

    // The record was restored from a backup, and is raised above what etcd knows.
    old.write_under(RECORD, 8, false);
    assert_eq!(old.conflict(), None);
    old.assign(std::slice::from_ref(&third)).await.expect("a later term");
    assert!(matches!(new.assign(&[first]).await, Err(CoordinationError::Superseded)));
    assert_eq!(new.conflict(), Some(Conflict::Term(8)));
}

#[tokio::test]
async fn an_answer_to_an_earlier_term_says_nothing_about_the_present_one() {
    let etcd = RealEtcd::start().await;
    let (restored, other) = (etcd.connect(), etcd.connect());
    other.write_under(RECORD, 7, false);
    other.assign(&[build::assignment("here")]).await.expect("etcd is told");
    restored.write_under(RECORD, 5, false);
    restored.ping().await.expect("connected");
    signal(&etcd, "STOP");
    let wanted = [build::assignment("here")];
    let (assigned, ()) = tokio::join!(restored.assign(&wanted), async {
        // The order is on its way, under the earlier term.
        restored.write_under(RECORD, 8, false);
        signal(&etcd, "CONT");
    });
    assert_eq!(restored.conflict(), None);
    assigned.expect("written under the present term");
}

#[tokio::test]
async fn an_etcd_that_lost_the_epoch_or_holds_nonsense_is_told_again() {
    let etcd = RealEtcd::start().await;
    let (control, mut admin) = (etcd.connect(), raw(&etcd).await);
    control.write_under(RECORD, 3, false);
    control.assign(&[build::assignment("here")]).await.expect("to assign");
    let epoch = key(&etcd, "epoch");
    admin.delete(epoch.as_str(), None).await.expect("to delete");
    control.assign(&[build::assignment("here")]).await.expect("told again");
    admin.put(epoch.as_str(), "nonsense", None).await.expect("to put");
    control.assign(&[build::assignment("here")]).await.expect("told again");
    let there = admin.get(epoch.as_str(), None).await.expect("an answer");
    let there = there.kvs().first().expect("the epoch").value_str().expect("text").to_owned();
    assert!(there.starts_with(&format!("00000000000000000003 {RECORD} ")), "{there}");
    // What an earlier Docklet wrote.
    admin.put(epoch.as_str(), "00000000000000000009", None).await.expect("to put");
    control.assign(&[build::assignment("here")]).await.expect("told again");
}

#[tokio::test]
async fn another_record_writes_nothing_whatever_its_term_unless_it_is_told_to_take_over() {
    let etcd = RealEtcd::start().await;
    let (first, second) = (etcd.connect(), etcd.connect());
    first.write_under(RECORD, 1, false);
    assert_eq!(first.claim().await.expect("an answer"), None);
    second.write_under(ANOTHER, 9, false);
    assert_eq!(second.claim().await.expect("an answer"), Some(Conflict::AnotherRecord));
    let refused = second.assign_all(&build::assignments("here", 2)).await;
    assert!(matches!(refused, Err(CoordinationError::Superseded)), "{refused:?}");
    first.assign(&[build::assignment("here")]).await.expect("it is still its own");

    second.write_under(ANOTHER, 9, true);
    assert_eq!(second.claim().await.expect("an answer"), None);
    assert_eq!(first.claim().await.expect("an answer"), Some(Conflict::AnotherRecord));
    // Taking over is one act: what another one does afterwards is not undone.
    first.write_under(RECORD, 1, true);
    assert_eq!(first.claim().await.expect("an answer"), None);
    assert_eq!(second.claim().await.expect("an answer"), Some(Conflict::AnotherRecord));
}

#[tokio::test]
async fn of_two_copies_of_one_record_under_one_term_only_one_writes() {
    let etcd = RealEtcd::start().await;
    let (one, copy) = (etcd.connect(), etcd.connect());
    one.write_under(RECORD, 4, false);
    one.assign(&[build::assignment("here")]).await.expect("its own term");
    copy.write_under(RECORD, 4, false);
    assert_eq!(copy.claim().await.expect("an answer"), Some(Conflict::Term(4)));
    one.assign(&[build::assignment("here")]).await.expect("it is still its own");
}
