//! What nodes are run with: the image's runtime, else the group's; decided once for each node.

use std::collections::{BTreeMap, BTreeSet};

use control::{
    Error, Policy,
    actor::Actor,
    ports::coordination::{Order, WorkerInfo},
    vclusters::CreateVcluster,
};
use domain::{
    name::{GroupName, RuntimeName},
    node::{Generation, Phase},
    quota::OwnLimits,
    vcluster::Vcluster,
};

use crate::harness::{Harness, SOON, eventually, host, obtain, order, policy};

const SECOND: &str = "io.containerd.runc.v2";

fn runtime(name: &str) -> RuntimeName {
    name.parse().expect("a runtime")
}

fn group() -> GroupName {
    "students".parse().expect("a name")
}

/// Ada is a student, and students' nodes run with `runsc`; the host has that and two others. And an administrator.
async fn of_students() -> (Harness, Actor) {
    let groups: BTreeMap<_, _> = [(group(), OwnLimits::default())].into();
    let quota_policy = policy().quota_policy.with_groups(groups).with_runtimes([(group(), runtime("runsc"))].into());
    let harness = Harness::with(Policy { quota_policy, ..policy() }).await;
    harness.control.accounts.set_group("ada", "students").await.expect("a student");
    let root = harness.root().await;
    has(&harness, &root, &["runc", "runsc", SECOND]).await;
    (harness, root)
}

/// The host's engine has these now, and control knows it.
async fn has(harness: &Harness, root: &Actor, runtimes: &[&str]) {
    let runtimes: BTreeSet<RuntimeName> = runtimes.iter().copied().map(runtime).collect();
    harness.announce_as(&WorkerInfo { runtimes: runtimes.clone(), ..host() }).await;
    eventually("control to hear of the runtimes", SOON, async || {
        let hosts = harness.control.installation.hosts(root).await.expect("hosts");
        hosts[0].info.as_ref().is_some_and(|info| info.runtimes == runtimes)
    })
    .await;
}

async fn make(harness: &Harness, name: &str, image: &str) -> Result<Vcluster, Error> {
    let create = CreateVcluster { image: image.into(), ..order(name, 1) };
    harness.control.vclusters.create(&harness.ada, create, None).await
}

fn of(vcluster: &Vcluster, index: usize) -> Option<&str> {
    vcluster.nodes[index].runtime.as_ref().map(RuntimeName::as_str)
}

#[tokio::test]
async fn an_image_s_runtime_goes_before_the_group_s_and_reaches_the_worker() {
    let (harness, root) = of_students().await;
    let lab = make(&harness, "lab", "docklet/base").await.expect("a vcluster");
    assert_eq!(of(&lab, 0), Some("runsc"), "the group's");
    harness.control.images.allow(&root, "lab/*", None).await.expect("a line without a runtime");
    harness.control.images.allow(&root, "lab/t*", Some(SECOND)).await.expect("a line with one");
    let tools = make(&harness, "tools", "lab/tools").await.expect("a vcluster");
    assert_eq!(of(&tools, 0), Some(SECOND), "the image's");
    let node = tools.nodes[0].id;
    let assignment = obtain("an assignment", SOON, async || harness.coordination.assignment(node)).await;
    assert_eq!(assignment.runtime, Some(runtime(SECOND)));
    let other = make(&harness, "other", "lab/other").await.expect("a vcluster");
    assert_eq!(of(&other, 0), Some("runsc"), "its line names none");
    harness.control.images.allow(&root, "lab/*", Some("runc")).await.expect("the same line with a runtime");
    let tools = harness.control.vclusters.add_nodes(&harness.ada, tools.id, 1).await.expect("one more");
    assert_eq!(of(&tools, 1), Some(SECOND), "the longest line that matches");
}

#[tokio::test]
async fn a_node_keeps_what_it_was_ordered_with_whatever_is_set_later() {
    let (mut harness, root) = of_students().await;
    let lab = make(&harness, "lab", "docklet/base").await.expect("a vcluster");
    let lab = harness.running(lab).await;
    harness.restart_with(policy()).await;
    harness.control.images.allow(&root, "docklet/base", Some(SECOND)).await.expect("set");
    let lab = harness.control.vclusters.add_nodes(&harness.ada, lab.id, 1).await.expect("one more");
    assert_eq!((of(&lab, 0), of(&lab, 1)), (Some("runsc"), Some(SECOND)));
    let node = lab.nodes[1].id;
    obtain("the new one's assignment", SOON, async || harness.coordination.assignment(node)).await;
    let old = harness.coordination.assignment(lab.nodes[0].id).expect("an assignment");
    assert_eq!(
        (old.runtime, old.generation),
        (Some(runtime("runsc")), Generation::FIRST),
        "no new order for the old one"
    );
}

#[tokio::test]
async fn a_runtime_that_no_host_has_is_refused_by_name_and_told_to_administrators() {
    let (harness, root) = of_students().await;
    harness.control.images.allow(&root, "lab/*", Some("kata")).await.expect("it may be installed later");
    let refused = make(&harness, "lab", "lab/tools").await;
    let Err(Error::NoRoom(faults)) = refused else { panic!("must be refused: {refused:?}") };
    assert_eq!(faults[0].field, "image");
    assert!(faults[0].message.contains("runtime kata") && faults[0].message.contains("ask an administrator"));
    let notices = harness.control.installation.notices(&root).await.expect("notices");
    let told: Vec<_> = notices.iter().filter(|notice| notice.text.starts_with("the runtime kata is set")).collect();
    assert_eq!(told.len(), 1, "{notices:?}");
    assert!(told[0].text.contains("host here does not have it"), "{told:?}");
    let fault = harness.control.images.allow(&root, "lab/*", Some("/usr/bin/runsc")).await;
    assert!(matches!(&fault, Err(Error::Invalid(faults)) if faults[0].field == "runtime"), "{fault:?}");
}

#[tokio::test]
async fn a_stopped_node_whose_runtime_is_gone_is_not_started() {
    let (harness, root) = of_students().await;
    let lab = make(&harness, "lab", "docklet/base").await.expect("a vcluster");
    let lab = harness.running(lab).await;
    harness.control.vclusters.stop(&harness.ada, lab.id).await.expect("stopped");
    harness.work(lab.nodes[0].id, Order::Stop, Phase::Stopped).await;
    harness.until(lab.id, "it to stop", |lab| !lab.nodes[0].reserved).await;
    has(&harness, &root, &["runc"]).await;
    let refused = harness.control.vclusters.start(&harness.ada, lab.id).await;
    assert!(
        matches!(&refused, Err(Error::NoRoom(faults)) if faults[0].message.contains("runtime runsc")),
        "{refused:?}"
    );
    has(&harness, &root, &["runc", "runsc"]).await;
    harness.control.vclusters.start(&harness.ada, lab.id).await.expect("it is there again");
}
