//! Apps in the record: kept as they are, found by label, gone with their node.

use control::ports::store::{AppReads, StoreError};
use domain::{
    AppId,
    app::{App, AppKind, AppLabel},
    name::NodeName,
    operation::OperationKind,
    vcluster::Vcluster,
};
use uuid::Uuid;

use super::Record;
use crate::fixture::{at, operation, user_id, vcluster, vcluster_id};

/// An app of one of the vcluster's nodes, owned by user 1. Its id and label follow from its vcluster, node and port.
pub(crate) fn app(vcluster: &Vcluster, node: u8, port: u16) -> App {
    let node = vcluster.node(NodeName::new(node)).expect("a node");
    let number =
        vcluster.id.as_uuid().as_u128() * 1_000_000 + u128::from(node.name.ordinal()) * 100_000 + u128::from(port);
    App {
        id: AppId::new(Uuid::from_u128(number)),
        label: AppLabel::from_random(u64::try_from(number).expect("a small number")),
        vcluster: vcluster.id,
        owner: user_id(1),
        node: node.name,
        node_id: node.id,
        port,
        kind: if port == 8888 { AppKind::Jupyter } else { AppKind::Port },
        name: None,
        pinned: false,
        enabled: true,
        process: None,
        created_at: at(3),
    }
}

pub(crate) async fn insert(record: &Record, apps: &[App]) {
    let mut transaction = record.begin().await;
    for app in apps {
        transaction.insert_app(app).await.expect("a new app");
    }
    transaction.commit().await.expect("a commit");
}

#[tokio::test]
async fn an_app_comes_back_as_it_was_saved_and_in_the_order_of_nodes_and_ports() {
    let record = Record::of([1]).await;
    let lab = vcluster(1, 1, 12);
    record.save(&lab).await;
    let apps = [app(&lab, 2, 9000), app(&lab, 10, 80), app(&lab, 0, 8888), app(&lab, 2, 8050)];
    insert(&record, &apps).await;
    let listed = record.store.apps_of(lab.id).await.expect("a read");
    assert_eq!(listed, [apps[2].clone(), apps[3].clone(), apps[0].clone(), apps[1].clone()]);

    let changed = App {
        name: Some("Übersicht 主机".parse().expect("a name")),
        pinned: true,
        enabled: false,
        process: Some("python3".into()),
        ..apps[0].clone()
    };
    let mut transaction = record.begin().await;
    transaction.save_app(&changed).await.expect("a change");
    assert_eq!(transaction.app(changed.id).await.expect("a read"), Some(changed.clone()));
    assert_eq!(transaction.app_labelled(&changed.label).await.expect("a read"), Some(changed.clone()));
    assert_eq!(transaction.app_labelled(&AppLabel::from_random(1)).await.expect("a read"), None);
    transaction.remove_app(changed.id).await.expect("a removal");
    assert_eq!(transaction.apps_of(lab.id).await.expect("a read").len(), 3);
}

#[tokio::test]
async fn labels_and_ports_are_given_once() {
    let record = Record::of([1]).await;
    let lab = vcluster(1, 1, 2);
    record.save(&lab).await;
    let first = app(&lab, 0, 8050);
    insert(&record, std::slice::from_ref(&first)).await;
    let same_label = App { label: first.label.clone(), ..app(&lab, 1, 8050) };
    let same_port = App { id: AppId::new(Uuid::from_u128(9)), label: AppLabel::from_random(1), ..first };
    for (app, what) in [(same_label, "label"), (same_port, "port")] {
        let mut transaction = record.begin().await;
        let refused = transaction.insert_app(&app).await;
        assert!(matches!(&refused, Err(StoreError::Taken(taken)) if *taken == what), "{what}: {refused:?}");
    }
}

#[tokio::test]
async fn apps_go_with_their_node_and_with_their_vcluster_and_no_others() {
    let record = Record::of([1]).await;
    let (mut lab, other) = (vcluster(1, 1, 2), vcluster(1, 2, 1));
    record.save(&lab).await;
    record.save(&other).await;
    let apps = [app(&lab, 0, 8888), app(&lab, 1, 8050), app(&other, 0, 8888)];
    insert(&record, &apps).await;

    lab.nodes.pop();
    lab.operation = operation(5, OperationKind::RemoveNode);
    record.save(&lab).await;
    assert_eq!(record.store.apps_of(lab.id).await.expect("a read"), [apps[0].clone()]);
    // Saving a vcluster again and again takes nothing from the nodes it keeps.
    record.save(&lab).await;
    assert_eq!(record.store.apps_of(lab.id).await.expect("a read"), [apps[0].clone()]);

    let mut transaction = record.begin().await;
    transaction.remove_vcluster(lab.id, at(9)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.apps_of(vcluster_id(1)).await.expect("a read"), []);
    assert_eq!(record.store.apps_of(vcluster_id(2)).await.expect("a read"), [apps[2].clone()]);
}

#[tokio::test]
async fn an_app_nobody_would_have_written_is_named_and_hides_no_other_vcluster() {
    let record = Record::of([1]).await;
    let (lab, other) = (vcluster(1, 1, 1), vcluster(1, 2, 1));
    record.save(&lab).await;
    record.save(&other).await;
    insert(&record, &[app(&lab, 0, 8050), app(&other, 0, 8050)]).await;
    for column in ["label = 'UPPER'", "port = 70000", "kind = 'ftp'", "name = ''", "node_name = 'node-x'"] {
        record
            .run(&format!("UPDATE apps SET {column} WHERE vcluster = (SELECT id FROM vclusters WHERE name = 'lab-1')"))
            .await;
        let read = record.store.apps_of(lab.id).await;
        assert!(matches!(read, Err(StoreError::Unreadable { what: "app", .. })), "{column}: {read:?}");
        assert_eq!(record.store.apps_of(other.id).await.expect("a read").len(), 1);
    }
}
