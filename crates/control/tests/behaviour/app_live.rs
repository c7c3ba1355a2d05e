//! Watching a vcluster's apps: what changes is told soon, nodes are asked once for all watchers, and it ends with the vcluster.

use std::{sync::Arc, time::Duration};

use control::{
    apps::{AppChange, AppView, Live},
    ports::{clock::Clock as _, usage::Sample},
};
use domain::vcluster::Vcluster;
use futures::{Stream, StreamExt};
use tokio::time::timeout;

use crate::harness::{Harness, SOON, eventually};

async fn watch(harness: &Harness, lab: &Vcluster) -> impl Stream<Item = Live> + Unpin + use<> {
    Box::pin(harness.control.apps.live(&harness.ada, lab.id).await.expect("a stream"))
}

/// Waits until the watcher is told a list like this.
async fn told(
    live: &mut (impl Stream<Item = Live> + Unpin),
    what: &str,
    like: impl Fn(&[AppView]) -> bool,
) -> Arc<Vec<AppView>> {
    let waiting = async {
        while let Some(live) = live.next().await {
            if let Live::Apps(apps) = live
                && like(&apps)
            {
                return apps;
            }
        }
        panic!("the stream has ended before {what}");
    };
    timeout(SOON, waiting).await.unwrap_or_else(|_| panic!("not told: {what}"))
}

fn listens(apps: &[AppView], port: u16) -> bool {
    apps.iter().any(|view| view.app.port == port && view.listening)
}

#[tokio::test]
async fn what_begins_and_ends_to_listen_is_told() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    let lab = harness.running(lab).await;
    let mut live = watch(&harness, &lab).await;
    told(&mut live, "the list as it is", |apps| apps.len() == 1).await;
    harness.nodes.listen(lab.nodes[1].id, 8050, "python3");
    told(&mut live, "a port that listens", |apps| listens(apps, 8050)).await;
    harness.nodes.close(lab.nodes[1].id, 8050);
    told(&mut live, "a port that is closed", |apps| !listens(apps, 8050)).await;
}

#[tokio::test]
async fn what_an_owner_changes_is_told_to_every_watcher_and_the_node_is_asked_once() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let mut watchers = Vec::new();
    for _ in 0..20 {
        let mut live = watch(&harness, &lab).await;
        told(&mut live, "the list as it is", |apps| apps.len() == 1).await;
        watchers.push(live);
    }
    assert_eq!(harness.nodes.watches(lab.nodes[0].id), 1);
    let app = harness.control.apps.list(&harness.ada, lab.id).await.expect("a list")[0].app.id;
    let change = AppChange { name: Some(Some("Notebooks".into())), ..AppChange::default() };
    harness.control.apps.update(&harness.ada, lab.id, app, change).await.expect("a name");
    for live in &mut watchers {
        told(live, "a new name", |apps| apps[0].app.title() == "Notebooks").await;
    }
    drop(watchers);
    let what = "the watch to end with its last watcher";
    eventually(what, SOON, async || harness.nodes.watches(lab.nodes[0].id) == 0).await;
    let mut live = watch(&harness, &lab).await;
    told(&mut live, "the list for one who comes later", |apps| apps.len() == 1).await;
}

#[tokio::test]
async fn a_node_that_comes_back_is_watched_again() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let node = lab.nodes[0].id;
    let mut live = watch(&harness, &lab).await;
    harness.nodes.listen(node, 8050, "python3");
    told(&mut live, "a port that listens", |apps| listens(apps, 8050)).await;
    harness.nodes.cut(node);
    told(&mut live, "a node that says nothing", |apps| !listens(apps, 8050)).await;
    harness.nodes.mend(node);
    told(&mut live, "the port again", |apps| listens(apps, 8050)).await;
}

#[tokio::test]
async fn it_ends_when_the_vcluster_is_gone() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let mut live = watch(&harness, &lab).await;
    told(&mut live, "the list as it is", |apps| apps.len() == 1).await;
    harness.control.vclusters.delete(&harness.ada, lab.id).await.expect("accepted");
    harness.remove_all(&lab).await;
    let ended = timeout(SOON, async { while live.next().await.is_some() {} }).await;
    ended.expect("the stream must end");
}

#[tokio::test]
async fn each_sample_is_told_once() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 2).await;
    let lab = harness.running(lab).await;
    let now = harness.clock.now();
    let sample = |second: i64| Sample { at: now + chrono::TimeDelta::seconds(second), cpu_milli: 250, memory_bytes: 1 };
    for second in 0..3 {
        harness.nodes.sample(lab.nodes[0].id, sample(second));
    }
    let mut live = watch(&harness, &lab).await;
    let next = async |live: &mut (dyn Stream<Item = Live> + Unpin)| loop {
        match timeout(SOON, live.next()).await.expect("in time").expect("not the end") {
            Live::Samples(usage) => return usage,
            Live::Apps(_) => {}
        }
    };
    let first = next(&mut live).await;
    assert_eq!(first.len(), 1, "only nodes that have samples");
    assert_eq!((first[0].node, first[0].samples.len()), (lab.nodes[0].name, 3));
    harness.nodes.sample(lab.nodes[0].id, sample(3));
    harness.nodes.sample(lab.nodes[1].id, sample(2));
    let second = next(&mut live).await;
    let told: Vec<_> = second.iter().map(|usage| (usage.node.ordinal(), usage.samples.as_slice())).collect();
    assert_eq!(told, [(0, &[sample(3)][..]), (1, &[sample(2)][..])]);
    let all = harness.control.apps.usage(&harness.ada, lab.id).await.expect("the last hour");
    assert_eq!(all.iter().map(|usage| usage.samples.len()).collect::<Vec<_>>(), [4, 1]);
}

/// A node that flaps is not looked at as fast as it flaps.
#[tokio::test]
async fn a_node_that_changes_all_the_time_is_looked_at_with_pauses() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    let mut live = watch(&harness, &lab).await;
    told(&mut live, "the list as it is", |apps| apps.len() == 1).await;
    let before = harness.nodes.asked();
    let flapping = async {
        for round in 0..2000_u16 {
            harness.nodes.listen(lab.nodes[0].id, 2000 + round, "flapping");
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    timeout(SOON, flapping).await.expect("telling is not held up");
    assert!(harness.nodes.asked() - before < 100, "{} questions", harness.nodes.asked() - before);
    told(&mut live, "some of it", |apps| apps.len() == domain::app::MOST_PER_NODE).await;
}
