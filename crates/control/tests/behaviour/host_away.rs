//! A host that does not answer any more, for a while or for good.

use control::actor::Actor;
use domain::{VclusterId, name::WorkerName, vcluster::VclusterState};

use crate::harness::{Harness, SOON, eventually};

fn here() -> WorkerName {
    "here".parse().expect("a name")
}

impl Harness {
    /// Control has begun another watch, and has taken in what was there when it began.
    async fn watched_again(&self, root: &Actor) {
        eventually("another watch", SOON, async || self.coordination.watchers().1 == 1).await;
        self.announce_as("mark").await;
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
