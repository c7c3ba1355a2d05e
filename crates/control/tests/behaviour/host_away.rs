//! A host that does not answer any more, for a while or for good.

use control::{
    Error,
    actor::Actor,
    ports::{
        clock::Clock as _,
        coordination::{Orphan, Verdict, WorkerCoordination as _},
    },
};
use domain::{
    VclusterId,
    name::WorkerName,
    vcluster::{Vcluster, VclusterState},
};

use crate::harness::{Harness, SOON, eventually};

fn here() -> WorkerName {
    "here".parse().expect("a name")
}

impl Harness {
    /// Control has begun another watch, and has taken in what was there when it began.
    async fn watched_again(&self, root: &Actor) {
        eventually("another watch", SOON, async || self.coordination.watchers().1 == 1).await;
        self.announce_as(&testkit::build::worker_info("mark")).await;
        eventually("control to hear of what came last", SOON, async || {
            let hosts = self.control.installation.hosts(root).await.expect("hosts");
            hosts.iter().any(|host| host.name.as_str() == "mark")
        })
        .await;
    }

    async fn lost(&self, lab: VclusterId) {
        let lost = self.until(lab, "its nodes to be lost", |lab| lab.state() == VclusterState::Failed).await;
        assert_eq!(lost.reason().as_deref(), Some("node-0: host here does not answer"));
    }
}

#[tokio::test]
async fn nodes_of_a_host_that_is_away_stay_lost_when_the_watch_begins_anew() {
    let harness = Harness::new().await;
    let (root, lab) = (harness.root().await, harness.create("lab", 1).await);
    let lab = harness.running(lab).await;
    harness.coordination.expire(&here());
    harness.lost(lab.id).await;
    harness.coordination.end_streams();
    harness.watched_again(&root).await;
    let now = harness.get(lab.id).await.expect("the vcluster");
    assert_eq!(now.reason().as_deref(), Some("node-0: host here does not answer"), "its last report is an old one");
    harness.announce().await;
    harness.until(lab.id, "it to be found again", |lab| lab.state() == VclusterState::Running).await;
}

#[tokio::test]
async fn a_host_that_goes_while_the_watch_is_down_is_lost_the_first_time_and_the_second() {
    let harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    for _ in 0..2 {
        harness.coordination.cut();
        harness.coordination.expire(&here());
        harness.coordination.mend();
        harness.lost(lab.id).await;
        harness.announce().await;
        harness.until(lab.id, "it to be found again", |lab| lab.state() == VclusterState::Running).await;
    }
}

/// The host is back, and asks about a container that it has no order for.
async fn verdict_on(harness: &Harness, vcluster: &Vcluster) -> Verdict {
    let node = &vcluster.nodes[0];
    let (vcluster, owner) = (vcluster.id, vcluster.owner);
    let orphan = Orphan {
        instance: node.id.into(),
        worker: here(),
        vcluster: Some(vcluster),
        owner,
        generation: node.generation,
    };
    harness.coordination.ask(&[orphan]).await.expect("coordination answers");
    harness.verdict(node.id).await
}

#[tokio::test]
async fn a_host_that_is_declared_gone_gives_back_what_was_held_on_it() {
    let harness = Harness::new().await;
    let root = harness.root().await;
    let (lab, unwanted) = (harness.create("lab", 2).await, harness.create("unwanted", 1).await);
    let (lab, unwanted) = (harness.running(lab).await, harness.running(unwanted).await);
    let installation = &harness.control.installation;
    let refused = installation.forget_host(&root, "here").await;
    assert!(matches!(refused, Err(Error::HostAnswers(_))), "{refused:?}");
    let week = chrono::TimeDelta::days(7);
    let unheard = control::installation::forget_host(&harness.store, &here(), harness.clock.now(), week).await;
    assert!(matches!(unheard, Err(Error::HostNotLost(_))), "by the command line neither: {unheard:?}");
    harness.coordination.expire(&here());
    harness.lost(unwanted.id).await;
    harness.control.vclusters.delete(&harness.ada, unwanted.id).await.expect("it can be deleted");
    assert!(installation.forget_host(&harness.ada, "here").await.is_err(), "it is not hers");
    let gone = installation.forget_host(&root, "here").await.expect("it does not answer");
    assert_eq!((gone.nodes.len(), gone.vclusters), (3, 2));
    assert!(harness.get(lab.id).await.is_none() && harness.get(unwanted.id).await.is_none());
    let (_, usage) = harness.control.accounts.holdings(&harness.ada).await.expect("holdings");
    assert_eq!((usage.vclusters, usage.nodes, usage.cpu_milli), (0, 0, 0));
    assert_eq!(installation.hosts(&root).await.expect("hosts"), []);
    eventually("no orders", SOON, async || harness.coordination.assignments().is_empty()).await;
    let again = installation.forget_host(&root, "here").await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");

    harness.announce().await;
    assert_eq!(verdict_on(&harness, &lab).await, Verdict::Keep, "its owner has not let go of it");
    assert!(matches!(verdict_on(&harness, &unwanted).await, Verdict::Remove { .. }));
}
