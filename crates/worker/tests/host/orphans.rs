//! What nobody assigned goes, but only when all assignments are known, and never what is not ours.

use control::ports::{coordination::Dispatch, engine::Engine};
use testkit::{DockerCleanup, build, eventually};

use crate::lab::{Lab, SOON, docker};

#[tokio::test(flavor = "multi_thread")]
async fn containers_and_networks_nobody_assigned_go_and_homes_stay() {
    let mut lab = Lab::started().await;
    let (kept, lost) = (lab.vcluster(1), lab.vcluster(2));
    lab.run(&kept).await;
    lab.run(&lost).await;
    lab.kill();
    lab.coordination.wipe();
    // Control knows of one of them only.
    lab.coordination.assign_all(&kept).await.expect("published");
    lab.start();
    eventually("only what is assigned is left", SOON, || async {
        let containers = lab.engine.containers(lab.installation()).await.expect("listed");
        let networks = lab.engine.networks(lab.installation()).await.expect("listed");
        containers.len() == 1 && networks.len() == 1
    })
    .await;
    let owners = |name: &str| docker(&["volume", "inspect", name]).is_ok();
    assert!(owners(&worker::home_name(lost[0].owner)), "homes are kept");
    assert!(lab.container(&kept[0]).await.is_some());
    eventually("its directories are gone", SOON, || async { !lost.iter().any(|node| lab.run_dir(node.node).exists()) })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn until_everything_is_published_nothing_is_removed() {
    let mut lab = Lab::started().await;
    let (early, late) = (lab.vcluster(1), lab.vcluster(1));
    lab.run(&early).await;
    lab.run(&late).await;
    let since = lab.running_since(&late[0]).await;
    lab.kill();
    // Coordination was lost, and control has only begun to publish again.
    lab.coordination.wipe();
    lab.publish(&early).await;
    lab.start();
    lab.run(&early).await;
    lab.looked_over().await;
    assert_eq!(lab.running_since(&late[0]).await, since);
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
    let names = [format!("foreign-a-{}", node.node), format!("foreign-b-{}", node.node)];
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
    let next: Vec<_> = lab
        .vcluster(1)
        .into_iter()
        .map(|node| control::ports::coordination::Assignment { subnet: old[0].subnet, ip: old[0].ip, ..node })
        .collect();
    lab.coordination.assign_all(&next).await.expect("published");
    lab.start();
    lab.run(&next).await;
}
