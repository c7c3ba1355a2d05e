//! What users open in their nodes: told in the activity of the vcluster, once in a while, and in nobody's way.

use std::{net::IpAddr, time::Duration};

use control::{
    actor::{Actor, UsedToken},
    apps::nonce_digest,
    ports::{
        clock::Clock as _,
        store::{ListedOperation, PageRequest},
    },
};
use domain::{
    TokenId,
    name::NodeName,
    operation::{OpenedKind, OperationKind},
    vcluster::Vcluster,
};
use uuid::Uuid;

use crate::harness::{Harness, SOON, address, eventually, obtain};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB ada@home";
const FIRST: NodeName = NodeName::new(0);

/// A vcluster whose nodes all listen on the same ports.
async fn running(nodes: i64) -> (Harness, Vcluster) {
    let harness = Harness::new().await;
    let lab = harness.create("lab", nodes).await;
    let lab = harness.running(lab).await;
    for node in &lab.nodes {
        harness.nodes.listen(node.id, 22, "sshd");
        harness.nodes.listen(node.id, 8080, "python3");
    }
    (harness, lab)
}

/// With an API token of this number, all of which have one name.
fn by_token(actor: &Actor, number: u128, address: IpAddr) -> Actor {
    let token = UsedToken { id: TokenId::new(Uuid::from_u128(number)), name: "laptop".into() };
    Actor { token: Some(token), ..actor.clone().at_address(Some(address)) }
}

async fn openings(harness: &Harness, lab: &Vcluster) -> Vec<ListedOperation> {
    let page = PageRequest { after: None, limit: 200 };
    let listed = harness.control.vclusters.activity(&harness.ada, Some(lab.id), page).await.expect("a history");
    listed.into_iter().filter(|listed| listed.operation.kind == OperationKind::Opened).collect()
}

/// The openings that are told, newest first, once there are so many. Each is written beside what opened it.
async fn told(harness: &Harness, lab: &Vcluster, count: usize) -> Vec<ListedOperation> {
    let told = obtain("what was opened is told", SOON, async || {
        Some(openings(harness, lab).await).filter(|told| told.len() >= count)
    })
    .await;
    assert_eq!(told.len(), count, "{told:?}");
    told
}

fn sentences(told: &[ListedOperation]) -> Vec<String> {
    let opened = told.iter().map(|listed| listed.operation.opened.as_ref().expect("what was opened").to_string());
    let mut sentences: Vec<String> = opened.collect();
    sentences.sort();
    sentences
}

#[tokio::test]
async fn a_thousand_connections_are_one_entry_and_another_way_node_token_or_address_is_another() {
    let (harness, lab) = running(2).await;
    let (nodes, laptop) = (&harness.control.nodes, by_token(&harness.ada, 1, address()));
    for _ in 0..1000 {
        nodes.dial(&laptop, lab.id, FIRST, 8080).await.expect("it listens");
    }
    nodes.dial(&laptop, lab.id, NodeName::new(1), 8080).await.expect("it listens");
    nodes.dial(&laptop, lab.id, FIRST, 22).await.expect("it listens");
    nodes.exec(&laptop, lab.id, FIRST, vec!["true".to_owned()]).await.expect("it is started");
    nodes.authorize_ssh_key(&laptop, lab.id, FIRST, KEY).await.expect("it is let in");
    let elsewhere = IpAddr::from([192, 0, 2, 8]);
    let browser = harness.ada.clone().at_address(Some(address()));
    for other in [by_token(&harness.ada, 2, address()), by_token(&harness.ada, 1, elsewhere), browser] {
        nodes.dial(&other, lab.id, FIRST, 8080).await.expect("it listens");
    }
    let told = told(&harness, &lab, 8).await;
    assert!(told.iter().all(|listed| listed.by.as_ref() == Some(&harness.ada.name)));
    assert_eq!(
        sentences(&told),
        [
            "command on node-0 from 192.0.2.7 with token 'laptop'",
            "port 8080 of node-0 from 192.0.2.7 in a browser",
            "port 8080 of node-0 from 192.0.2.7 with token 'laptop'",
            "port 8080 of node-0 from 192.0.2.7 with token 'laptop'",
            "port 8080 of node-0 from 192.0.2.8 with token 'laptop'",
            "port 8080 of node-1 from 192.0.2.7 with token 'laptop'",
            "ssh key let in to node-0 from 192.0.2.7 with token 'laptop'",
            "ssh to node-0 from 192.0.2.7 with token 'laptop'",
        ]
    );
    let lab = harness.get(lab.id).await.expect("is there");
    assert_eq!(lab.operation.kind, OperationKind::Create, "they take no operation's place");
}

#[tokio::test]
async fn what_goes_on_is_told_again_after_an_hour() {
    let (harness, lab) = running(1).await;
    let begun = harness.clock.now();
    for seconds in [0, 3599, 1] {
        harness.clock.advance(Duration::from_secs(seconds));
        harness.control.nodes.dial(&harness.ada, lab.id, FIRST, 22).await.expect("it listens");
        // Before the clock goes on: an entry says when it was opened, not when it was written.
        told(&harness, &lab, if seconds == 1 { 2 } else { 1 }).await;
    }
    let told = told(&harness, &lab, 2).await;
    let times: Vec<_> = told.iter().map(|listed| (listed.operation.started_at - begun).num_seconds()).collect();
    assert_eq!(times, [3600, 0]);
}

#[tokio::test]
async fn a_record_that_takes_nothing_keeps_nobody_out_and_what_is_opened_later_is_told() {
    let (harness, lab) = running(1).await;
    let dial = async || harness.control.nodes.dial(&harness.ada, lab.id, FIRST, 22).await.map(drop);
    harness.sql("CREATE TRIGGER broken BEFORE INSERT ON operations BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    for _ in 0..10 {
        dial().await.expect("it is opened all the same");
    }
    assert_eq!(openings(&harness, &lab).await, []);
    harness.sql("DROP TRIGGER broken").await;
    eventually("it is told", SOON, async || {
        dial().await.expect("it is opened");
        !openings(&harness, &lab).await.is_empty()
    })
    .await;
    told(&harness, &lab, 1).await;
}

#[tokio::test]
async fn an_app_is_told_when_it_is_entered_and_what_is_refused_is_not_told() {
    let (harness, lab) = running(1).await;
    let Harness { control, ada, bob, .. } = &harness;
    control.nodes.dial(ada, lab.id, FIRST, 9).await.err().expect("nothing listens there");
    control.nodes.dial(bob, lab.id, FIRST, 22).await.err().expect("it is not his");
    control.nodes.exec(ada, lab.id, FIRST, Vec::new()).await.err().expect("it is no command");
    let jupyter = control.apps.list(ada, lab.id).await.expect("a list").remove(0).app;
    let browser = harness.sign_in(ada).await;
    let entered = control.apps.enter(ada, &browser.key, jupyter.label.as_str(), &nonce_digest("a nonce")).await;
    entered.expect("a code");
    let told = told(&harness, &lab, 1).await;
    let opened = told[0].operation.opened.as_ref().expect("what was opened");
    assert_eq!((opened.what, opened.port, opened.node), (OpenedKind::App, Some(jupyter.port), FIRST));
}
