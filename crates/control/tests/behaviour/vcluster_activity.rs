//! What was done with a vcluster: who, what, when, how it ended and why.

use control::{Error, ports::store::PageRequest};
use domain::{
    node::{Notes, OutOfMemory, Phase},
    operation::{OperationKind, OperationState},
    vcluster::VclusterState,
};

use crate::harness::{Harness, SOON, chrono_epoch, eventually, order};
use control::ports::coordination::Order;

const FIRST: PageRequest<domain::OperationId> = PageRequest { after: None, limit: 100 };

#[tokio::test]
async fn every_action_is_told_with_who_asked_and_how_it_ended() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let reason = "the image has no such platform";
    harness.work(lab.nodes[0].id, Order::Run, Phase::Failed { reason: reason.into() }).await;
    harness.until(lab.id, "a failed vcluster", |lab| lab.state() == VclusterState::Failed).await;
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("accepted");
    harness.control.vclusters.stop(&harness.ada, lab.id).await.expect("accepted");

    let records = harness.control.vclusters.activity(&harness.ada, Some(lab.id), FIRST).await.expect("a history");
    let told: Vec<_> = records.iter().map(|record| (record.operation.kind, record.operation.state)).collect();
    assert_eq!(
        told,
        [
            (OperationKind::Stop, OperationState::Running),
            (OperationKind::Start, OperationState::Superseded),
            (OperationKind::Create, OperationState::Failed),
        ]
    );
    assert!(records.iter().all(|record| record.by.as_ref() == Some(&harness.ada.name)));
    assert_eq!(records[2].operation.reason, Some(format!("node-0: {reason}")));

    let page = PageRequest { after: Some(records[0].operation.id), limit: 1 };
    let second = harness.control.vclusters.activity(&harness.ada, Some(lab.id), page).await.expect("a page");
    assert_eq!(second, records[1..2]);
    let foreign = harness.control.vclusters.activity(&harness.bob, Some(lab.id), FIRST).await;
    assert!(matches!(foreign, Err(Error::NotFound(_))), "{foreign:?}");
}

#[tokio::test]
async fn all_activity_of_a_user_is_told_with_the_names_of_vclusters_that_are_gone_and_nobody_elses() {
    let harness = Harness::new().await;
    let old = harness.create("old", 1).await;
    let old = harness.running(old).await;
    let lab = harness.create("lab", 1).await;
    let theirs = harness.control.vclusters.create(&harness.bob, order("theirs", 1), None).await.expect("accepted");
    harness.control.vclusters.delete(&harness.ada, old.id).await.expect("accepted");
    harness.remove_all(&old).await;
    eventually("it is gone", SOON, async || harness.get(old.id).await.is_none()).await;

    let all = harness.control.vclusters.activity(&harness.ada, None, FIRST).await.expect("a history");
    let told: Vec<_> = all
        .iter()
        .map(|one| (one.operation.kind, one.vcluster, one.vcluster_name.as_ref().map(ToString::to_string)))
        .collect();
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(
        told,
        [
            (OperationKind::Delete, old.id, named("old")),
            (OperationKind::Create, lab.id, named("lab")),
            (OperationKind::Create, old.id, named("old")),
        ]
    );
    let page = PageRequest { after: Some(all[0].operation.id), limit: 1 };
    let second = harness.control.vclusters.activity(&harness.ada, None, page).await.expect("a page");
    assert_eq!(second, all[1..2]);
    let others = harness.control.vclusters.activity(&harness.bob, None, FIRST).await.expect("a history");
    assert_eq!(others.iter().map(|one| one.vcluster).collect::<Vec<_>>(), [theirs.id]);
}

#[tokio::test]
async fn memory_that_is_used_up_is_noted_at_the_node_and_told_once() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let node = lab.nodes[0].id;
    let told = OutOfMemory { at: chrono_epoch(), process: Some("python3".into()), memory_mib: 512 };
    let notes = Notes { made_before: false, out_of_memory: Some(told.clone()), begun: false };
    for minute in 0..2 {
        // The second report says nothing new about it.
        let since = chrono_epoch() + chrono::TimeDelta::minutes(minute);
        harness.work_with(node, Order::Run, Phase::Running { since }, notes.clone()).await;
        harness.until(lab.id, "the report", |lab| lab.nodes[0].running_since == Some(since)).await;
    }
    let noted = harness.get(lab.id).await.expect("is there");
    assert_eq!(noted.nodes[0].notes, notes);
    assert_eq!(noted.operation.kind, OperationKind::Create, "it takes no operation's place");
    let records = harness.control.vclusters.activity(&harness.ada, Some(lab.id), FIRST).await.expect("a history");
    let kinds: Vec<_> = records.iter().map(|record| record.operation.kind).collect();
    assert_eq!(kinds, [OperationKind::OutOfMemory, OperationKind::Create]);
    let sentence = "node-0: python3 was killed because the node ran out of memory (512 MiB)";
    assert_eq!((records[0].operation.reason.as_deref(), &records[0].by), (Some(sentence), &None));
    // What is known no more is not kept.
    harness.work(node, Order::Run, Phase::Running { since: chrono_epoch() }).await;
    harness.until(lab.id, "nothing to note", |lab| lab.nodes[0].notes == Notes::default()).await;
}

#[tokio::test]
async fn a_node_that_an_older_docklet_made_is_told_once() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let mut lab = harness.running(lab).await;
    let node = lab.nodes[0].id;
    let notes = Notes { made_before: true, ..Notes::default() };
    for minute in 0..3 {
        // It is reported again and again: by the same worker, after a restart of dockletd, after one of the node.
        match minute {
            1 => harness.restart().await,
            2 => {
                harness.control.vclusters.restart(&harness.ada, lab.id).await.expect("accepted");
                harness.work_with(node, Order::Stop, Phase::Stopped, notes.clone()).await;
            }
            _ => {}
        }
        let since = chrono_epoch() + chrono::TimeDelta::minutes(minute + 1);
        harness.work_with(node, Order::Run, Phase::Running { since }, notes.clone()).await;
        lab = harness.until(lab.id, "the report", |lab| lab.nodes[0].running_since == Some(since)).await;
    }
    assert!(lab.nodes[0].notes.made_before);
    let records = harness.control.vclusters.activity(&harness.ada, Some(lab.id), FIRST).await.expect("a history");
    let kinds: Vec<_> = records.iter().map(|record| record.operation.kind).collect();
    assert_eq!(kinds, [OperationKind::Restart, OperationKind::MadeBefore, OperationKind::Create]);
    let found = &records[1].operation;
    let sentence = "node-0: created by an older Docklet; remove it and add another node to get new features";
    assert_eq!((found.state, found.reason.as_deref()), (OperationState::Succeeded, Some(sentence)));
    assert_eq!((&records[1].by, found.finished_at), (&None, Some(found.started_at)));
}
