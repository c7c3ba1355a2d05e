//! A host for one test: an installation of its own on the real engine, a data directory, and a worker that can be killed.

use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use control::ports::{
    clock::SystemClock,
    coordination::{Assignment, AssignmentPublisher, Member, Order, Workload},
    engine::{Container, Engine, RunState},
    node::NodeAddress,
};
use docker::DockerEngine;
use domain::{
    InstallationId, InstanceId,
    node::{Notes, Phase},
    subnet,
};
use ipnet::Ipv4Net;
use testkit::build::OfNode as _;
use testkit::{DockerCleanup, MemoryCoordination, build, docklet_init, engine_socket, obtain};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::{Worker, WorkerConfig, container_name, network_name};

use crate::door::Door;

pub(crate) const WORKER: &str = "lab-host";
/// Docker on two busy cores takes its time.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Fields are dropped in this order: first the worker ends, then what is left is removed.
pub(crate) struct Lab {
    running: Option<Running>,
    /// Between the worker and the engine.
    pub(crate) door: Door,
    pub(crate) coordination: MemoryCoordination,
    /// What the test itself looks with.
    pub(crate) engine: DockerEngine,
    pub(crate) config: WorkerConfig,
    pub(crate) cleanup: DockerCleanup,
    _data: tempfile::TempDir,
}

/// On a runtime of its own, so that it can be ended in the middle of anything, as by kill -9.
struct Running {
    worker: Worker,
    end: CancellationToken,
    runtime: Option<Runtime>,
}

impl Lab {
    /// Nothing runs yet; see [`Lab::start`].
    pub(crate) fn new() -> Self {
        Self::on(&engine_socket())
    }

    /// On the engine with this socket.
    pub(crate) fn on(engine: &Path) -> Self {
        let data = tempfile::tempdir().expect("a data directory");
        let name = WORKER.parse().expect("a worker's name");
        let image = "docklet/base".parse().expect("an image");
        let init = docklet_init();
        let mut config = WorkerConfig::new(name, build::installation(), data.path().to_owned(), init, image);
        config.announce_every = Duration::from_millis(200);
        config.sweep_every = Duration::from_secs(1);
        let coordination = MemoryCoordination::default();
        coordination.stand_alone();
        Self {
            running: None,
            door: Door::new(data.path(), engine),
            coordination,
            engine: DockerEngine::new(engine),
            cleanup: DockerCleanup::new(config.installation),
            config,
            _data: data,
        }
    }

    /// With everything published: control has nothing for this worker yet.
    pub(crate) async fn started() -> Self {
        Self::started_on(&engine_socket()).await
    }

    pub(crate) async fn started_on(engine: &Path) -> Self {
        let mut lab = Self::on(engine);
        lab.coordination.assign_all(&[]).await.expect("coordination answers");
        lab.start();
        lab
    }

    pub(crate) fn start(&mut self) {
        let engine: Arc<dyn Engine> = Arc::new(DockerEngine::new(self.door.path()));
        assert!(self.running.is_none(), "the worker runs already");
        let coordination = Arc::new(self.coordination.clone());
        let worker =
            Worker::open(self.config.clone(), engine, coordination, Arc::new(SystemClock)).expect("the worker opens");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let end = CancellationToken::new();
        let (task, stop) = (worker.clone(), end.clone());
        runtime.spawn(async move { task.run(stop).await });
        self.running = Some(Running { worker, end, runtime: Some(runtime) });
    }

    pub(crate) fn worker(&self) -> &Worker {
        &self.running.as_ref().expect("the worker runs").worker
    }

    /// In the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        let mut running = self.running.take().expect("the worker runs");
        running.runtime.take().expect("its runtime").shutdown_background();
    }

    pub(crate) fn installation(&self) -> InstallationId {
        self.config.installation
    }

    /// Nodes of one new vcluster, on a subnet that no other test has.
    pub(crate) fn vcluster(&self, nodes: u8) -> Vec<Assignment> {
        let subnet = random_subnet();
        build::assignments(WORKER, nodes).into_iter().map(|node| on_subnet(node, subnet)).collect()
    }

    /// Publishes and waits until all run.
    pub(crate) async fn run(&self, nodes: &[Assignment]) {
        self.publish(nodes).await;
        for node in nodes {
            self.phase(node, "running", |phase| matches!(phase, Phase::Running { .. })).await;
        }
    }

    pub(crate) async fn publish(&self, assignments: &[Assignment]) {
        self.coordination.assign(assignments).await.expect("coordination answers");
    }

    /// The same nodes with another order, one generation later; published.
    pub(crate) async fn order(&self, nodes: &[Assignment], order: Order) -> Vec<Assignment> {
        let next = |node: &Assignment| Assignment { order, generation: node.generation.next(), ..node.clone() };
        let next: Vec<Assignment> = nodes.iter().map(next).collect();
        self.publish(&next).await;
        next
    }

    /// Stops and starts them as a restart does; the last orders.
    pub(crate) async fn restart(&self, nodes: &[Assignment]) -> Vec<Assignment> {
        let stopped = self.order(nodes, Order::Stop).await;
        for node in &stopped {
            self.phase(node, "stopped", |phase| *phase == Phase::Stopped).await;
        }
        let started = self.order(&stopped, Order::Run).await;
        for node in &started {
            self.phase(node, "running", |phase| matches!(phase, Phase::Running { .. })).await;
        }
        started
    }

    /// Removes, and waits until they are reported absent.
    pub(crate) async fn remove(&self, nodes: &[Assignment]) {
        for node in self.order(nodes, Order::Remove).await {
            self.phase(&node, "absent", |phase| *phase == Phase::Absent).await;
        }
    }

    /// Waits for a report on this generation in which `holds`.
    pub(crate) async fn phase(&self, node: &Assignment, what: &str, holds: impl Fn(&Phase) -> bool) -> Phase {
        let reported = || {
            let report = self.coordination.report_of(node.instance);
            report
                .filter(|report| report.observation.generation == node.generation)
                .map(|report| report.observation.phase)
        };
        let found =
            tokio::time::timeout(SOON, obtain(what, SOON * 2, || async { reported().filter(|phase| holds(phase)) }))
                .await;
        found.unwrap_or_else(|_| panic!("{} is not {what}, but {:?}", container_name(node), reported()))
    }

    /// Waits until it has failed; returns the reason.
    pub(crate) async fn failure(&self, node: &Assignment) -> String {
        match self.phase(node, "failed", |phase| matches!(phase, Phase::Failed { .. })).await {
            Phase::Failed { reason } => reason,
            other => panic!("{other:?} is no failure"),
        }
    }

    /// What its last report notes.
    pub(crate) fn notes(&self, node: &Assignment) -> Notes {
        self.coordination.report_of(node.instance).expect("it is reported").observation.notes
    }

    pub(crate) async fn container(&self, node: &Assignment) -> Option<Container> {
        self.engine.container(self.installation(), &container_name(node)).await.expect("the engine answers")
    }

    /// Since when it runs, by the engine.
    pub(crate) async fn running_since(&self, node: &Assignment) -> chrono::DateTime<chrono::Utc> {
        match self.container(node).await.map(|container| container.run) {
            Some(RunState::Running { since }) => since,
            other => panic!("{} does not run: {other:?}", node.place().name),
        }
    }

    pub(crate) fn name(&self, node: &Assignment) -> String {
        container_name(node)
    }

    pub(crate) fn network_name(&self, node: &Assignment) -> String {
        network_name(&node.place().vcluster_name, node.place().vcluster)
    }

    /// Waits until the worker has looked everything over, from the beginning to the end.
    pub(crate) async fn looked_over(&self) {
        let enough = self.door.lists() + 2;
        testkit::eventually("everything is looked over", SOON, || async { self.door.lists() >= enough }).await;
    }

    /// Nothing but homes.
    pub(crate) async fn nothing_is_left(&self) {
        let left = self.cleanup.present();
        assert!(left.iter().all(|thing| thing.starts_with("volume ")), "only homes stay: {left:?}");
        let directories = std::fs::read_dir(self.config.data_dir.join("nodes")).expect("listed").count();
        assert_eq!(directories, 0, "no directory of a node stays");
    }

    pub(crate) fn run_dir(&self, instance: InstanceId) -> PathBuf {
        self.config.data_dir.join("nodes").join(instance.to_string())
    }

    /// Runs a shell line in the node; its output, or how it failed.
    pub(crate) fn shell(&self, node: &Assignment, line: &str) -> Result<String, String> {
        docker(&["exec", &container_name(node), "sh", "-c", line])
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.end.cancel();
            let runtime = running.runtime.take().expect("its runtime");
            // From a thread of its own: a runtime must not be waited for inside another.
            let stopped = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(10))).join();
            assert!(stopped.is_ok() || std::thread::panicking(), "the worker's runtime ends");
        }
    }
}

pub(crate) fn address(node: &Assignment) -> NodeAddress {
    NodeAddress { node: node.instance.as_node(), worker: node.worker.clone() }
}

/// The engine's own command line, for what is done to the host outside Docklet.
pub(crate) fn docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output().expect("docker can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr) + &text(&output.stdout)) }
}

/// A /27 out of 10.128.0.0/9.
pub(crate) fn random_subnet() -> Ipv4Net {
    let random = u32::from_be_bytes(Uuid::new_v4().as_bytes()[..4].try_into().expect("four bytes"));
    let address = u32::from(Ipv4Addr::new(10, 128, 0, 0)) | (random & 0x007f_ffe0);
    Ipv4Net::new(Ipv4Addr::from(address), 27).expect("a subnet")
}

/// The same node on another subnet.
pub(crate) fn on_subnet(node: Assignment, subnet: Ipv4Net) -> Assignment {
    let place = node.place();
    let workload = Workload::Node(Member { subnet, ip: subnet::address(subnet, place.name), ..place.clone() });
    Assignment { workload, ..node }
}
