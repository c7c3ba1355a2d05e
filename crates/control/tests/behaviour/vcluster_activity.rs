//! What was done with a vcluster: who, what, when, how it ended and why.

use control::{Error, ports::store::PageRequest};
use domain::{
    node::Phase,
    operation::{OperationKind, OperationState},
    vcluster::VclusterState,
};

use crate::harness::Harness;
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

    let deeds = harness.control.vclusters.activity(&harness.ada, lab.id, FIRST).await.expect("a history");
    let told: Vec<_> = deeds.iter().map(|deed| (deed.operation.kind, deed.operation.state)).collect();
    assert_eq!(
        told,
        [
            (OperationKind::Stop, OperationState::Running),
            (OperationKind::Start, OperationState::Superseded),
            (OperationKind::Create, OperationState::Failed),
        ]
    );
    assert!(deeds.iter().all(|deed| deed.by.as_ref() == Some(&harness.ada.name)));
    assert_eq!(deeds[2].operation.reason, Some(format!("node-0: {reason}")));

    let page = PageRequest { after: Some(deeds[0].operation.id), limit: 1 };
    let second = harness.control.vclusters.activity(&harness.ada, lab.id, page).await.expect("a page");
    assert_eq!(second, deeds[1..2]);
    let foreign = harness.control.vclusters.activity(&harness.bob, lab.id, FIRST).await;
    assert!(matches!(foreign, Err(Error::NotFound(_))), "{foreign:?}");
}
