//! Which apps an owner sees: what listens is found, what they care for stays, and no other user sees any of it.

use std::collections::BTreeMap;

use control::{
    Error, Policy,
    apps::{AppChange, AppView},
    ports::node::ServiceState,
};
use domain::{
    AppId,
    app::{AppKind, AppState, JUPYTER_SERVICE, MOST_PER_NODE},
    name::NodeName,
    quota_policy::Shares,
    vcluster::Vcluster,
};

use crate::harness::{Harness, policy};

async fn list(harness: &Harness, lab: &Vcluster) -> Vec<AppView> {
    harness.control.apps.list(&harness.ada, lab.id).await.expect("a list")
}

fn shown(views: &[AppView]) -> Vec<(String, AppState)> {
    views.iter().map(|view| (view.app.title(), view.state())).collect()
}

async fn update(harness: &Harness, lab: &Vcluster, app: AppId, change: AppChange) {
    harness.control.apps.update(&harness.ada, lab.id, app, change).await.expect("a change");
}

#[tokio::test]
async fn jupyter_is_there_from_the_beginning_whatever_its_node_does() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    let before = list(&harness, &lab).await;
    assert_eq!(shown(&before), [("JupyterLab".to_owned(), AppState::Stopped)]);
    assert_eq!(before[0].reason().as_deref(), Some("node-0 is pending"));
    let lab = harness.running(lab).await;
    let node = lab.nodes[0].id;
    for (service, state) in [
        (ServiceState::Stopped, AppState::Stopped),
        (ServiceState::Starting, AppState::Starting),
        (ServiceState::BackingOff, AppState::Failed),
        (ServiceState::Unavailable, AppState::Failed),
    ] {
        harness.nodes.service(node, JUPYTER_SERVICE, service, Some("a reason"));
        let views = list(&harness, &lab).await;
        assert_eq!((views[0].state(), views[0].reason().as_deref()), (state, Some("a reason")), "{service:?}");
    }
    harness.nodes.listen(node, 8888, "jupyter-lab");
    let views = list(&harness, &lab).await;
    assert_eq!((views[0].app.kind, views[0].state()), (AppKind::Jupyter, AppState::Ready));
    assert_eq!(views[0].app.id, before[0].app.id, "the record is the one from the beginning");
}

#[tokio::test]
async fn a_port_that_listens_is_found_and_finds_its_label_again_when_it_comes_back() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    let lab = harness.running(lab).await;
    let node = lab.nodes[1].id;
    harness.nodes.listen(node, 8050, "python3\u{1b}[31m");
    harness.nodes.listen(node, 22, "sshd");
    let views = list(&harness, &lab).await;
    assert_eq!(
        shown(&views),
        [("JupyterLab".to_owned(), AppState::Stopped), ("python3[31m:8050".to_owned(), AppState::Ready)]
    );
    let label = views[1].app.label.clone();
    harness.nodes.close(node, 8050);
    assert_eq!(list(&harness, &lab).await.len(), 1, "nothing listens there, and its owner has not asked to keep it");
    harness.nodes.listen(node, 8050, "node");
    let back = list(&harness, &lab).await;
    assert_eq!((&back[1].app.label, back[1].app.process.as_deref()), (&label, Some("node")));
}

#[tokio::test]
async fn what_is_pinned_named_or_published_stays_listed() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let apps = &harness.control.apps;
    let node = NodeName::new(0);
    let published = apps.publish(&harness.ada, lab.id, node, 8050, Some(" Board ")).await.expect("an app");
    let again = apps.publish(&harness.ada, lab.id, node, 8050, None).await.expect("the same app");
    assert_eq!((again.id, again.name.as_ref().map(ToString::to_string).as_deref()), (published.id, Some("Board")));
    assert_eq!(shown(&list(&harness, &lab).await)[1], ("Board".to_owned(), AppState::Stopped));

    let unpin = AppChange { pinned: Some(false), name: Some(None), ..AppChange::default() };
    update(&harness, &lab, published.id, unpin).await;
    assert_eq!(list(&harness, &lab).await.len(), 1);
    harness.nodes.listen(lab.nodes[0].id, 8050, "python3");
    let back = list(&harness, &lab).await;
    assert_eq!((back[1].app.id, &back[1].app.label), (published.id, &published.label));

    let off = AppChange { enabled: Some(false), ..AppChange::default() };
    update(&harness, &lab, published.id, off).await;
    assert_eq!(list(&harness, &lab).await[1].state(), AppState::Off);
}

#[tokio::test]
async fn what_cannot_be_an_app_is_refused_by_field() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let apps = &harness.control.apps;
    for (port, name, fields) in [
        (0, None, vec!["port"]),
        (22, None, vec!["port"]),
        (65536, Some(""), vec!["port", "name"]),
        (8050, Some("a\u{202e}b"), vec!["name"]),
    ] {
        let refused = apps.publish(&harness.ada, lab.id, NodeName::new(0), port, name).await;
        let Err(Error::Invalid(faults)) = refused else { panic!("{port} {name:?}: {refused:?}") };
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields, "{port} {name:?}");
    }
    let nowhere = apps.publish(&harness.ada, lab.id, NodeName::new(7), 8050, None).await;
    assert!(matches!(nowhere, Err(Error::NotFound("node"))), "{nowhere:?}");
}

#[tokio::test]
async fn somebody_elses_apps_are_not_there() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let app = list(&harness, &lab).await[0].app.id;
    let (apps, bob) = (&harness.control.apps, &harness.bob);
    assert!(matches!(apps.list(bob, lab.id).await, Err(Error::NotFound(_))));
    assert!(matches!(apps.view(bob, lab.id, app).await, Err(Error::NotFound(_))));
    assert!(matches!(apps.publish(bob, lab.id, NodeName::new(0), 8050, None).await, Err(Error::NotFound(_))));
    assert!(matches!(apps.update(bob, lab.id, app, AppChange::default()).await, Err(Error::NotFound(_))));
    assert!(matches!(apps.start(bob, lab.id, app).await, Err(Error::NotFound(_))));
    assert!(matches!(apps.usage(bob, lab.id).await, Err(Error::NotFound(_))));
    assert!(matches!(apps.live(bob, lab.id).await.err(), Some(Error::NotFound(_))));
    let bobs = harness.control.vclusters.create(bob, crate::harness::order("lab", 1), None).await.expect("bob's lab");
    let crossed = apps.update(bob, bobs.id, app, AppChange::default()).await;
    assert!(matches!(crossed, Err(Error::NotFound("app"))), "an app of another vcluster: {crossed:?}");
}

#[tokio::test]
async fn a_node_has_at_most_so_many_apps_and_gives_up_those_nobody_cares_for() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let (node, apps) = (lab.nodes[0].id, &harness.control.apps);
    for port in 0..200 {
        harness.nodes.listen(node, 10_000 + port, "many");
    }
    assert_eq!(list(&harness, &lab).await.len(), MOST_PER_NODE, "JupyterLab among them");
    for port in 0..63 {
        apps.publish(&harness.ada, lab.id, NodeName::new(0), 2000 + port, None).await.expect("room is made");
    }
    let refused = apps.publish(&harness.ada, lab.id, NodeName::new(0), 3000, None).await;
    assert!(matches!(&refused, Err(Error::TooManyApps(node)) if node == "node-0"), "{refused:?}");
    assert_eq!(list(&harness, &lab).await.len(), MOST_PER_NODE);
}

#[tokio::test]
async fn a_node_that_does_not_answer_does_not_hide_what_is_known() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    harness.control.apps.publish(&harness.ada, lab.id, NodeName::new(0), 8050, None).await.expect("an app");
    harness.nodes.cut(lab.nodes[0].id);
    assert_eq!(shown(&list(&harness, &lab).await).len(), 2);
}

#[tokio::test]
async fn jupyter_is_started_by_who_may_and_only_where_it_can() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let (apps, ada) = (&harness.control.apps, &harness.ada);
    let app = list(&harness, &lab).await[0].app.id;
    assert!(matches!(apps.start(ada, lab.id, app).await, Err(Error::NodeNotRunning { .. })));
    let lab = harness.running(lab).await;
    harness.nodes.service(lab.nodes[0].id, JUPYTER_SERVICE, ServiceState::Stopped, None);
    let started = apps.start(ada, lab.id, app).await.expect("it starts").expect("a service");
    assert_eq!(started.state, ServiceState::Starting);
    let port = apps.publish(ada, lab.id, NodeName::new(0), 8050, None).await.expect("an app");
    assert_eq!(apps.start(ada, lab.id, port.id).await.expect("nothing to do"), None);
    update(&harness, &lab, app, AppChange { enabled: Some(false), ..AppChange::default() }).await;
    assert!(matches!(apps.start(ada, lab.id, app).await, Err(Error::AppOff(_))));
}

#[tokio::test]
async fn one_user_pins_as_many_apps_as_their_group_may() {
    let shares = Shares { apps: 3, ..Shares::default() };
    let usual = policy();
    let policy = Policy { quota_policy: usual.quota_policy.clone().with_shares(shares, BTreeMap::new()), ..usual };
    let harness = Harness::with(policy).await;
    let (lab, apps) = (harness.create("lab", 1).await, &harness.control.apps);
    let publish = |port| apps.publish(&harness.ada, lab.id, NodeName::new(0), port, None);
    let mut pinned = Vec::new();
    for port in 2000..2003 {
        pinned.push(publish(port).await.expect("room"));
    }
    assert!(matches!(publish(2003).await, Err(Error::TooManyPins(3))));
    publish(2000).await.expect("it is pinned already");
    let unpin = AppChange { pinned: Some(false), ..AppChange::default() };
    apps.update(&harness.ada, lab.id, pinned[0].id, unpin).await.expect("a change");
    publish(2003).await.expect("there is room again");
    let pin = AppChange { pinned: Some(true), ..AppChange::default() };
    let refused = apps.update(&harness.ada, lab.id, pinned[0].id, pin).await;
    assert!(matches!(refused, Err(Error::TooManyPins(3))), "{refused:?}");
    let bobs =
        harness.control.vclusters.create(&harness.bob, crate::harness::order("lab", 1), None).await.expect("his lab");
    apps.publish(&harness.bob, bobs.id, NodeName::new(0), 2000, None).await.expect("another owner has room");
}
