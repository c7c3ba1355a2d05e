//! What has no assignment is asked about, and goes when the record says so; what is not ours is never touched.

use std::collections::BTreeSet;

use control::ports::{
    coordination::{Answer, Assignment, AssignmentPublisher, Verdict},
    engine::{Engine, RunState},
};
use domain::node::Generation;
use testkit::build::OfNode as _;
use testkit::{DockerCleanup, build, eventually};

use crate::lab::{Lab, SOON, docker, on_subnet};

fn answer(node: &Assignment, verdict: Verdict) -> Answer {
    Answer { instance: node.instance, worker: node.worker.clone(), verdict }
}

impl Lab {
    async fn asks_about(&self, nodes: &[Assignment]) {
        eventually("control is asked", SOON, || async {
            let asked: BTreeSet<_> = self.coordination.orphans().into_iter().map(|orphan| orphan.instance).collect();
            asked == nodes.iter().map(|node| node.instance).collect()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_assignment_stays_until_the_record_says_that_it_is_to_go() {
    let mut lab = Lab::started().await;
    let (kept, lost) = (lab.vcluster(1), lab.vcluster(2));
    lab.run(&kept).await;
    lab.run(&lost).await;
    let since = lab.running_since(&lost[0]).await;
    lab.kill();
    lab.coordination.wipe();
    // Control has published everything, and only one of them is in it.
    lab.coordination.assign_all(&kept).await.expect("published");
    lab.start();
    lab.asks_about(&lost).await;
    lab.looked_over().await;
    assert_eq!(lab.running_since(&lost[0]).await, since, "nothing happens for want of an assignment");

    // An order older than the container is none.
    let newer = Verdict::Remove { generation: Generation(0) };
    lab.coordination.answer(&[answer(&lost[0], newer)]).await.expect("answered");
    lab.looked_over().await;
    assert_eq!(lab.running_since(&lost[0]).await, since);

    let remove = Verdict::Remove { generation: Generation(2) };
    let answers: Vec<Answer> = lost.iter().map(|node| answer(node, remove)).collect();
    lab.coordination.answer(&answers).await.expect("answered");
    eventually("only what is assigned is left", SOON, || async {
        let containers = lab.engine.containers(lab.installation()).await.expect("listed");
        let networks = lab.engine.networks(lab.installation()).await.expect("listed");
        containers.len() == 1 && networks.len() == 1
    })
    .await;
    assert!(docker(&["volume", "inspect", &worker::home_name(lost[0].owner)]).is_ok(), "homes are kept");
    assert!(lab.container(&kept[0]).await.is_some());
    eventually("its directories are gone", SOON, || async {
        !lost.iter().any(|node| lab.run_dir(node.instance).exists())
    })
    .await;
    lab.asks_about(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_record_claims_is_paused_and_goes_on_when_one_does() {
    let mut lab = Lab::started().await;
    let lost = lab.vcluster(1);
    lab.run(&lost).await;
    lab.shell(&lost[0], "echo mine > /opt/file").expect("written");
    lab.kill();
    lab.coordination.wipe();
    lab.coordination.assign_all(&[]).await.expect("published");
    lab.start();
    lab.asks_about(&lost).await;
    lab.coordination.answer(&[answer(&lost[0], Verdict::Keep)]).await.expect("answered");
    eventually("it is paused", SOON, || async {
        lab.container(&lost[0]).await.is_some_and(|container| container.run == RunState::Paused)
    })
    .await;
    lab.looked_over().await;
    assert_eq!(lab.engine.networks(lab.installation()).await.expect("listed").len(), 1, "with its network");
    // The right record is back.
    lab.run(&lost).await;
    assert_eq!(lab.shell(&lost[0], "cat /opt/file").as_deref(), Ok("mine"));
    lab.asks_about(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_while_the_worker_is_away_is_not_asked_about_any_more_when_it_is_back() {
    let mut lab = Lab::started().await;
    let lost = lab.vcluster(2);
    lab.run(&lost).await;
    lab.kill();
    lab.coordination.wipe();
    lab.coordination.assign_all(&[]).await.expect("published");
    lab.start();
    lab.asks_about(&lost).await;
    lab.kill();
    docker(&["rm", "--force", &lab.name(&lost[0])]).expect("removed");
    lab.start();
    lab.asks_about(&lost[1..]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn until_everything_is_published_nothing_is_asked_and_nothing_is_done() {
    let mut lab = Lab::started().await;
    let (early, late) = (lab.vcluster(1), lab.vcluster(1));
    lab.run(&early).await;
    lab.run(&late).await;
    let since = lab.running_since(&late[0]).await;
    lab.kill();
    // Coordination was lost, and control has only begun to publish again.
    lab.coordination.wipe();
    lab.start();
    eventually("it watches", SOON, || async { lab.coordination.watchers().0 == 1 }).await;
    lab.run(&early).await;
    lab.looked_over().await;
    assert_eq!(lab.running_since(&late[0]).await, since);
    assert_eq!(lab.coordination.orphans(), []);
    let both = [early, late.clone()].concat();
    lab.coordination.assign_all(&both).await.expect("published");
    lab.run(&both).await;
    assert_eq!(lab.running_since(&late[0]).await, since, "it was never touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_labelled_ours_is_never_touched() {
    let lab = Lab::new();
    let other = build::installation();
    let _cleanup = DockerCleanup::new(other);
    let label = format!("docklet.installation={other}");
    let node = lab.vcluster(1).remove(0);
    let names = [format!("foreign-a-{}", node.instance), format!("foreign-b-{}", node.instance)];
    let labels = [vec!["--label", label.as_str()], Vec::new()];
    for (name, labels) in names.iter().zip(labels) {
        let create = [&["create", "--name", name][..], &labels, &["docklet/base", "true"]].concat();
        docker(&create).expect("a container");
        docker(
            &[
                &["network", "create", "--subnet", &crate::lab::random_subnet().to_string()][..],
                &labels,
                &[name.as_str()],
            ]
            .concat(),
        )
        .expect("a network");
    }
    let mut lab = lab;
    lab.coordination.assign_all(&[]).await.expect("published");
    lab.start();
    lab.looked_over().await;
    for name in &names {
        docker(&["inspect", name]).expect("the container is there");
        docker(&["network", "inspect", name]).expect("the network is there");
        docker(&["rm", name]).expect("removed");
        docker(&["network", "rm", name]).expect("removed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_left_behind_gives_its_subnet_to_the_next_vcluster() {
    let mut lab = Lab::started().await;
    let old = lab.vcluster(1);
    lab.run(&old).await;
    lab.kill();
    docker(&["rm", "--force", &lab.name(&old[0])]).expect("removed");
    lab.coordination.wipe();
    let next: Vec<_> = lab.vcluster(1).into_iter().map(|node| on_subnet(node, old[0].place().subnet)).collect();
    lab.coordination.assign_all(&next).await.expect("published");
    lab.start();
    lab.run(&next).await;
}
