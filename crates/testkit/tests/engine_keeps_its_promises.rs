//! The fake engine against the port's words, so that what passes with it has a chance to pass with Docker.

use std::{collections::BTreeMap, sync::Arc};

use control::ports::engine::{
    Attachment, Ceilings, ContainerSpec, Engine, EngineError, EngineEvent, NetworkSpec, RunState, VolumeSpec,
};
use domain::{InstallationId, subnet};
use futures::StreamExt;
use testkit::build::OfNode as _;
use testkit::{Call, FakeClock, FakeEngine, build};

struct Bench {
    engine: FakeEngine,
    installation: InstallationId,
    node: ContainerSpec,
    network: NetworkSpec,
}

fn bench() -> Bench {
    let (assignment, installation) = (build::assignment("here"), build::installation());
    let network = NetworkSpec {
        name: "lab".into(),
        installation,
        owner: assignment.owner,
        vcluster: assignment.place().vcluster,
        subnet: assignment.place().subnet,
        gateway: subnet::gateway(assignment.place().subnet),
        bridge: "lab".into(),
    };
    let node = ContainerSpec {
        name: "lab-node-0".into(),
        installation,
        owner: assignment.owner,
        vcluster: assignment.vcluster(),
        instance: assignment.instance,
        generation: assignment.generation,
        host_name: assignment.place().name.to_string(),
        image: assignment.image.clone(),
        runtime: None,
        resources: assignment.resources,
        ceilings: Ceilings::default(),
        network: Some(Attachment { network: "lab".into(), ip: assignment.place().ip }),
        home: "home".into(),
        init: "/init".into(),
        run_dir: "/run".into(),
        env: BTreeMap::new(),
    };
    Bench { engine: FakeEngine::new(Arc::new(FakeClock::default())), installation, node, network }
}

impl Bench {
    async fn running(&self) -> String {
        self.engine.ensure_network(&self.network).await.expect("a network");
        let id = self.engine.create_container(&self.node).await.expect("a container");
        self.engine.start_container(&id, self.node.ip()).await.expect("to start");
        id
    }

    fn run(&self) -> Option<RunState> {
        self.engine.find(self.installation, "lab-node-0").map(|container| container.run)
    }
}

#[tokio::test]
async fn a_container_lives_as_dockers_do() {
    let bench = bench();
    let id = bench.running().await;
    assert!(matches!(bench.run(), Some(RunState::Running { .. })));
    assert_eq!(bench.engine.create_container(&bench.node).await, Err(EngineError::NameTaken("lab-node-0".into())));
    bench.engine.start_container(&id, bench.node.ip()).await.expect("it runs already");
    bench.engine.stop_container(&id, 10).await.expect("to stop");
    bench.engine.stop_container(&id, 10).await.expect("it is stopped already");
    assert!(matches!(bench.run(), Some(RunState::Exited { code: 143, out_of_memory: false, .. })));
    bench.engine.remove_container(&id).await.expect("to remove");
    bench.engine.remove_container(&id).await.expect("it is gone already");
    bench.engine.stop_container(&id, 10).await.expect("it is gone already");
    assert_eq!(bench.engine.start_container(&id, bench.node.ip()).await, Err(EngineError::Gone(id)));
    assert_eq!(bench.run(), None);
}

#[tokio::test]
async fn others_containers_are_seen_only_by_name_and_as_not_ours() {
    let bench = bench();
    bench.running().await;
    bench.engine.add_foreign_container("theirs");
    let mine = bench.engine.containers(bench.installation).await.expect("containers");
    assert_eq!(mine.iter().map(|container| container.name.as_str()).collect::<Vec<_>>(), ["lab-node-0"]);
    assert_eq!(mine[0].ours.map(|labels| labels.instance), Some(bench.node.instance));
    let theirs = bench.engine.container(bench.installation, "theirs").await.expect("a look").expect("a container");
    assert_eq!(theirs.ours, None);
    assert!(bench.engine.containers(build::installation()).await.expect("containers").is_empty());
}

#[tokio::test]
async fn networks_are_made_once_overlap_nothing_and_are_not_removed_under_their_members() {
    let bench = bench();
    let id = bench.running().await;
    let again = bench.engine.ensure_network(&bench.network).await.expect("the same network");
    assert_eq!(bench.engine.networks(bench.installation).await.expect("networks")[0].id, again);
    let other = NetworkSpec {
        vcluster: build::assignment("here").place().vcluster,
        name: "other".into(),
        ..bench.network.clone()
    };
    assert_eq!(bench.engine.ensure_network(&other).await, Err(EngineError::SubnetTaken(other.subnet)));
    let Err(EngineError::InUse(text)) = bench.engine.remove_network(&again).await else { panic!("it is in use") };
    assert!(text.contains("lab-node-0"), "{text}");
    bench.engine.remove_container(&id).await.expect("to remove");
    bench.engine.remove_network(&again).await.expect("to remove");
    bench.engine.remove_network(&again).await.expect("it is gone already");
    let foreign = "172.29.0.0/16".parse().expect("a network");
    bench.engine.add_foreign_network(foreign);
    assert_eq!(bench.engine.foreign_subnets(bench.installation).await, Ok(vec![foreign]));
    assert_eq!(bench.engine.ensure_network(&bench.network).await, Err(EngineError::SubnetTaken(bench.network.subnet)));
}

#[tokio::test]
async fn images_must_be_there_and_are_there_once_pulled() {
    let bench = bench();
    let image = "registry.example/full:1".parse().expect("an image");
    let node = ContainerSpec { image, ..bench.node.clone() };
    assert!(matches!(bench.engine.create_container(&node).await, Err(EngineError::NoSuchImage(_))));
    assert!(matches!(bench.engine.pull_image(&node.image).await, Err(EngineError::PullFailed { .. })));
    bench.engine.offer_image("registry.example/full:1");
    let progress: Vec<_> = bench.engine.pull_image(&node.image).await.expect("a pull").collect().await;
    assert_eq!(progress.len(), 2);
    assert_eq!(bench.engine.has_image(&node.image).await, Ok(true));
    bench.engine.create_container(&node).await.expect("a container");
}

#[tokio::test]
async fn what_happens_is_told_to_whose_it_is() {
    let bench = bench();
    let id = bench.running().await;
    let mut mine = bench.engine.events(bench.installation).await.expect("events");
    let mut others = bench.engine.events(build::installation()).await.expect("events");
    bench.engine.exit("lab-node-0", 1, false);
    bench.engine.remove_by_hand("lab-node-0");
    bench.engine.set_reachable(false);
    for _ in 0..2 {
        assert_eq!(mine.next().await, Some(Ok(EngineEvent::Container(bench.node.instance))));
    }
    for stream in [&mut mine, &mut others] {
        assert!(matches!(stream.next().await, Some(Err(EngineError::Unreachable(_)))));
        assert_eq!(stream.next().await, None);
    }
    assert!(matches!(bench.engine.start_container(&id, bench.node.ip()).await, Err(EngineError::Unreachable(_))));
    bench.engine.set_reachable(true);
    assert_eq!(bench.engine.start_container(&id, bench.node.ip()).await, Err(EngineError::Gone(id)));
}

#[tokio::test]
async fn calls_are_recorded_and_fail_when_told_to() {
    let bench = bench();
    bench.engine.fail_next(Call::CreateContainer("lab-node-0".into()), EngineError::DiskFull);
    assert_eq!(bench.engine.create_container(&bench.node).await, Err(EngineError::DiskFull));
    let id = bench.running().await;
    bench.engine.set_log("lab-node-0", "one\ntwo\nthree");
    assert_eq!(bench.engine.container_log(&id, 2).await.as_deref(), Ok("two\nthree"));
    let volume = VolumeSpec { name: "home".into(), installation: bench.installation, owner: bench.node.owner };
    bench.engine.create_volume(&volume).await.expect("a volume");
    assert_eq!(bench.engine.has_volume(&volume).await, Ok(true));
    let another = VolumeSpec { installation: build::installation(), ..volume };
    assert_eq!(bench.engine.create_volume(&another).await, Err(EngineError::ForeignVolume("home".into())));
    let name = || "lab-node-0".to_owned();
    let expected = [
        Call::CreateContainer(name()),
        Call::EnsureNetwork("lab".into()),
        Call::CreateContainer(name()),
        Call::StartContainer(name()),
        Call::CreateVolume("home".into()),
        Call::CreateVolume("home".into()),
    ];
    assert_eq!(bench.engine.changes(), expected);
    assert_eq!(bench.engine.calls().len(), 8);
}
