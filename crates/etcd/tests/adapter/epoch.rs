//! The record's term, which every write of control is compared with.

use control::ports::coordination::{CoordinationError, Dispatch};
use testkit::{RealEtcd, build};

use crate::{key, raw, signal};

#[tokio::test]
async fn control_writes_nothing_under_an_earlier_term_than_etcd_has_heard_of() {
    let etcd = RealEtcd::start().await;
    let (old, new) = (etcd.connect(), etcd.connect());
    let (first, second, third) = (build::assignment("here"), build::assignment("here"), build::assignment("here"));
    old.write_under(5);
    old.assign(std::slice::from_ref(&first)).await.expect("its own term");
    new.write_under(7);
    new.assign(std::slice::from_ref(&second)).await.expect("etcd is told of the later term");
    assert_eq!(old.later_epoch(), None);
    let refused = [
        old.assign(std::slice::from_ref(&third)).await.map(drop),
        old.assign_all(&[]).await.map(drop),
        old.withdraw(&[(second.worker.clone(), second.node, second.generation)]).await,
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(CoordinationError::Superseded))), "{refused:?}");
    assert_eq!(old.later_epoch(), Some(7));

    // The record was restored from a backup, and is raised above what etcd knows.
    old.write_under(8);
    assert_eq!(old.later_epoch(), None);
    old.assign(std::slice::from_ref(&third)).await.expect("a later term");
    assert!(matches!(new.assign(&[first]).await, Err(CoordinationError::Superseded)));
    assert_eq!(new.later_epoch(), Some(8));
}

#[tokio::test]
async fn an_answer_to_an_earlier_term_says_nothing_about_the_present_one() {
    let etcd = RealEtcd::start().await;
    let (restored, other) = (etcd.connect(), etcd.connect());
    other.write_under(7);
    other.assign(&[build::assignment("here")]).await.expect("etcd is told");
    restored.write_under(5);
    restored.ping().await.expect("connected");
    signal(&etcd, "STOP");
    let wanted = [build::assignment("here")];
    let (assigned, ()) = tokio::join!(restored.assign(&wanted), async {
        // The order is on its way, under the earlier term.
        restored.write_under(8);
        signal(&etcd, "CONT");
    });
    assert_eq!(restored.later_epoch(), None);
    assigned.expect("written under the present term");
}

#[tokio::test]
async fn an_etcd_that_lost_the_epoch_or_holds_nonsense_is_told_again() {
    let etcd = RealEtcd::start().await;
    let (control, mut admin) = (etcd.connect(), raw(&etcd).await);
    control.write_under(3);
    control.assign(&[build::assignment("here")]).await.expect("to assign");
    let epoch = key(&etcd, "epoch");
    admin.delete(epoch.as_str(), None).await.expect("to delete");
    control.assign(&[build::assignment("here")]).await.expect("told again");
    admin.put(epoch.as_str(), "nonsense", None).await.expect("to put");
    control.assign(&[build::assignment("here")]).await.expect("told again");
    let there = admin.get(epoch.as_str(), None).await.expect("an answer");
    assert_eq!(there.kvs().first().expect("the epoch").value(), b"00000000000000000003");
}
