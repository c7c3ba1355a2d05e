//! How long a create takes, beside the engine doing the same by itself. Prints both; asserts only what must hold anywhere.

use std::time::{Duration, Instant};

use control::ports::{
    coordination::{Assignment, AssignmentPublisher},
    engine::{Attachment, Ceilings, ContainerSpec, Engine, NetworkSpec, VolumeSpec},
};
use domain::{
    node::{Generation, Phase},
    subnet,
};
use futures::future::try_join_all;
use testkit::build::OfNode as _;

use crate::lab::Lab;

/// Network, volume and containers through the adapter alone: no waiting for docklet-init, no reports.
async fn floor(lab: &Lab, nodes: &[Assignment]) -> Duration {
    let began = Instant::now();
    let first = &nodes[0];
    let installation = lab.installation();
    let network = NetworkSpec {
        name: format!("floor-{}", first.place().vcluster),
        installation,
        owner: first.owner,
        vcluster: first.place().vcluster,
        subnet: first.place().subnet,
        gateway: subnet::gateway(first.place().subnet),
        bridge: worker::bridge_name(installation, first.place().vcluster),
    };
    let id = lab.engine.ensure_network(&network).await.expect("a network");
    let home = format!("floor-{}", first.owner);
    lab.engine
        .create_volume(&VolumeSpec { name: home.clone(), installation, owner: first.owner })
        .await
        .expect("a volume");
    let started = nodes.iter().map(|node| {
        let run_dir = lab.run_dir(node.instance);
        std::fs::create_dir_all(&run_dir).expect("made");
        let spec = ContainerSpec {
            name: format!("floor-{}", node.instance),
            installation,
            owner: node.owner,
            vcluster: node.vcluster(),
            instance: node.instance,
            generation: Generation::FIRST,
            host_name: node.place().name.to_string(),
            image: node.image.clone(),
            runtime: None,
            resources: node.resources,
            ceilings: Ceilings::default(),
            network: Some(Attachment { network: network.name.clone(), ip: node.place().ip }),
            home: home.clone(),
            init: lab.config.init.clone(),
            run_dir,
            env: Default::default(),
        };
        async move {
            let id = lab.engine.create_container(&spec).await?;
            lab.engine.start_container(&id, spec.ip()).await?;
            Ok::<_, control::ports::engine::EngineError>(id)
        }
    });
    let containers = try_join_all(started).await.expect("containers start");
    let took = began.elapsed();
    for container in containers {
        lab.engine.remove_container(&container).await.expect("removed");
    }
    lab.engine.remove_network(&id).await.expect("removed");
    took
}

async fn ours(lab: &Lab, nodes: &[Assignment]) -> Duration {
    let began = Instant::now();
    lab.publish(nodes).await;
    for node in nodes {
        lab.phase(node, "running", |phase| matches!(phase, Phase::Running { .. })).await;
    }
    let took = began.elapsed();
    lab.remove(nodes).await;
    took
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a measurement is for whoever runs it")]
#[ignore = "a measurement; run it alone: cargo test -p worker --test host -- --ignored speed --nocapture"]
async fn speed_beside_the_engine_alone() {
    let bench = Lab::new();
    let lab = Lab::started().await;
    for nodes in [1, 4] {
        let mut table = (Vec::new(), Vec::new());
        for _ in 0..7 {
            table.0.push(floor(&bench, &bench.vcluster(nodes)).await);
            table.1.push(ours(&lab, &lab.vcluster(nodes)).await);
        }
        table.0.sort();
        table.1.sort();
        let (floor, ours) = (table.0[3], table.1[3]);
        eprintln!(
            "{nodes} node(s): ours {ours:?}, engine alone {floor:?}, ratio {:.2}",
            ours.as_secs_f64() / floor.as_secs_f64()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stderr, reason = "a measurement is for whoever runs it")]
#[ignore = "takes minutes: cargo test -p worker --test host -- --ignored two_hundred --nocapture"]
async fn two_hundred_vclusters_fit_on_one_host() {
    let mut lab = Lab::started().await;
    let began = Instant::now();
    let mut all = Vec::new();
    for _ in 0..20 {
        let batch: Vec<Assignment> = (0..10).flat_map(|_| lab.vcluster(1)).collect();
        lab.run(&batch).await;
        all.extend(batch);
        eprintln!("{} vclusters after {:?}", all.len(), began.elapsed());
    }
    lab.kill();
    let began = Instant::now();
    lab.coordination.wipe();
    lab.coordination.assign_all(&all).await.expect("published");
    lab.start();
    lab.run(&all).await;
    eprintln!("all adopted in {:?}", began.elapsed());
    let began = Instant::now();
    lab.remove(&all).await;
    eprintln!("all removed in {:?}", began.elapsed());
    lab.nothing_is_left().await;
}
