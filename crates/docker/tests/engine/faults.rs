//! Every refusal the worker acts on, provoked.

use std::os::unix::net::UnixListener;

use ::docker::DockerEngine;
use control::ports::engine::{Engine, EngineError, NetworkSpec, PullFault};
use domain::UserId;
use futures::StreamExt;
use testkit::build;
use uuid::Uuid;

use crate::bench::{Bench, docker, image};

#[tokio::test]
async fn a_taken_name_is_said_by_its_name() {
    let bench = Bench::new();
    let (_, spec, _) = bench.running().await;
    assert_eq!(bench.engine.create_container(&spec).await, Err(EngineError::NameTaken(spec.name)));
}

#[tokio::test]
async fn a_missing_image_is_said_by_its_name() {
    let bench = Bench::new();
    let missing = image("docklet-test/no-such-image");
    let spec = control::ports::engine::ContainerSpec { image: missing.clone(), ..bench.container(&bench.network(), 0) };
    let refused = bench.engine.create_container(&spec).await;
    assert_eq!(refused, Err(EngineError::NoSuchImage("docklet-test/no-such-image:latest".into())));
    assert_eq!(bench.engine.has_image(&missing).await, Ok(false));
    assert_eq!(bench.engine.has_image(&image("docklet/base")).await, Ok(true));
}

#[tokio::test]
async fn a_missing_runtime_is_said_by_its_name() {
    let bench = Bench::new();
    let network = bench.network();
    let runtime = Some("docklet-no-such-runtime".parse().expect("a runtime"));
    let spec = control::ports::engine::ContainerSpec { runtime, ..bench.container(&network, 0) };
    let refused = bench.engine.create_container(&spec).await;
    assert_eq!(refused, Err(EngineError::NoSuchRuntime("docklet-no-such-runtime".into())));
    let known = bench.engine.info().await.expect("the engine answers").runtimes;
    let usual: domain::name::RuntimeName = "runc".parse().expect("a runtime");
    assert!(known.contains(&usual), "{known:?}");
}

#[tokio::test]
async fn an_image_no_registry_has_fails_to_be_pulled() {
    let bench = Bench::new();
    // No registry listens there: the answer is the same with and without a way out of this machine.
    let missing = image("127.0.0.1:1/docklet-test/no-such-image");
    let mut pull = bench.engine.pull_image(&missing).await.expect("the engine takes the request");
    let last = async {
        let mut last = None;
        while let Some(item) = pull.next().await {
            last = Some(item);
        }
        last
    };
    match last.await {
        Some(Err(EngineError::PullFailed { image, fault })) => {
            assert_eq!(image, "127.0.0.1:1/docklet-test/no-such-image:latest");
            assert_eq!(fault, PullFault::Unreachable);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_image_that_a_container_was_made_of_is_not_removed() {
    let bench = Bench::new();
    let name = format!("docklet-test/image:{}", bench.installation);
    let archive = bench.init.with_file_name("empty.tar");
    std::fs::write(&archive, [0; 1024]).expect("written");
    let id = docker(&["import", archive.to_str().expect("a path that is text"), &name]);
    let label = format!("docklet.installation={}", bench.installation);
    docker(&["create", "--name", &format!("docklet-test-{}", bench.installation), "--label", &label, &name, "true"]);
    assert_eq!(bench.engine.image_id(&name).await, Ok(Some(id.clone())));
    assert!(bench.engine.images_in_use().await.expect("listed").contains(&id));
    let refused = bench.engine.remove_image(&name).await;
    assert_eq!(refused, Err(EngineError::InUse(format!("the image {name}"))), "stopped is used, too");
    docker(&["rm", &format!("docklet-test-{}", bench.installation)]);
    for _ in 0..2 {
        bench.engine.remove_image(&name).await.expect("removed, or gone");
    }
    assert_eq!(bench.engine.image_id(&id).await, Ok(None));
}

#[tokio::test]
async fn what_is_gone_is_gone_and_taking_it_away_again_succeeds() {
    let bench = Bench::new();
    let (network, spec, id) = bench.running().await;
    for _ in 0..2 {
        bench.engine.stop_container(&id, 1).await.expect("stopped, or gone");
        bench.engine.remove_container(&id).await.expect("removed, or gone");
        bench.engine.remove_network(&network.name).await.expect("removed, or gone");
    }
    assert!(matches!(bench.engine.start_container(&id, spec.ip()).await, Err(EngineError::Gone(_))));
    assert!(matches!(bench.engine.container_log(&id, 5).await, Err(EngineError::Gone(_))));
    assert_eq!(bench.engine.container(bench.installation, &id).await, Ok(None));
}

#[tokio::test]
async fn a_container_whose_network_is_missing_does_not_start() {
    let bench = Bench::new();
    let spec = bench.container(&bench.network(), 0);
    let created = bench.engine.create_container(&spec).await;
    // Newer engines notice at once, older ones at the start.
    let refused = match created {
        Ok(id) => bench.engine.start_container(&id, spec.ip()).await,
        Err(error) => Err(error),
    };
    assert!(matches!(refused, Err(EngineError::Gone(_))), "{refused:?}");
}

#[tokio::test]
async fn a_subnet_of_somebody_else_is_taken() {
    let bench = Bench::new();
    let foreign = bench.network();
    let other = Bench::new();
    bench.engine.ensure_network(&foreign).await.expect("a network");
    let mine = NetworkSpec { subnet: foreign.subnet, gateway: foreign.gateway, ..other.network() };
    assert_eq!(other.engine.ensure_network(&mine).await, Err(EngineError::SubnetTaken(foreign.subnet)));
    let foreign_subnets = other.engine.foreign_subnets(other.installation).await.expect("listed");
    assert!(foreign_subnets.contains(&foreign.subnet));
    let own_view = bench.engine.foreign_subnets(bench.installation).await.expect("listed");
    assert!(!own_view.contains(&foreign.subnet));
}

#[tokio::test]
async fn a_network_in_use_says_by_whom() {
    let bench = Bench::new();
    let (network, spec, id) = bench.running().await;
    let refused = bench.engine.remove_network(&network.name).await.expect_err("in use");
    assert_eq!(refused, EngineError::InUse(format!("the network {} (by {})", network.name, spec.name)));
    bench.engine.remove_container(&id).await.expect("removed");
    bench.engine.remove_network(&network.name).await.expect("removed");
}

#[tokio::test]
async fn a_home_of_somebody_else_is_refused() {
    let bench = Bench::new();
    let home = bench.home(&bench.network());
    assert_eq!(bench.engine.has_volume(&home).await, Ok(false));
    bench.engine.create_volume(&home).await.expect("made");
    bench.engine.create_volume(&home).await.expect("there already");
    assert_eq!(bench.engine.has_volume(&home).await, Ok(true));
    let others = control::ports::engine::VolumeSpec { owner: UserId::new(Uuid::new_v4()), ..home.clone() };
    let elsewhere = control::ports::engine::VolumeSpec { installation: build::installation(), ..home };
    for volume in [others, elsewhere] {
        let refused = EngineError::ForeignVolume(volume.name.clone());
        assert_eq!(bench.engine.create_volume(&volume).await, Err(refused.clone()));
        assert_eq!(bench.engine.has_volume(&volume).await, Err(refused.clone()));
        assert!(refused.to_string().contains("must not be removed"), "no advice leads to the loss of files: {refused}");
    }
}

#[tokio::test]
async fn an_engine_that_is_not_there_or_hangs_up_is_unreachable_until_it_is_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let socket = dir.path().join("docker.sock");
    let engine = DockerEngine::new(&socket);
    let is_unreachable = |outcome: &Result<_, _>| matches!(outcome, Err(EngineError::Unreachable(_)));
    let missing = engine.info().await;
    assert!(is_unreachable(&missing), "{missing:?}");
    let listener = UnixListener::bind(&socket).expect("bound");
    let hang_up = std::thread::spawn(move || drop(listener.accept()));
    let cut = engine.info().await;
    assert!(is_unreachable(&cut), "{cut:?}");
    hang_up.join().expect("joined");
    std::fs::remove_file(&socket).expect("removed");
    std::os::unix::fs::symlink(testkit::engine_socket(), &socket).expect("linked");
    let back = engine.info().await.expect("the engine is back");
    assert!(back.cpus > 0 && back.memory_mib > 0 && !back.version.is_empty());
}
