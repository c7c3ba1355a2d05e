//! Control with a real SQLite record, in-memory coordination, and a worker that is the test itself.

use std::{net::IpAddr, sync::Arc, time::Duration};

use control::{
    Control, Error, Policy, Ports,
    actor::Actor,
    jobs::JobPolicy,
    ports::{
        clock::Clock as _,
        coordination::{Order, Report, Verdict, WorkerCoordination, WorkerInfo},
        store::{PageRequest, SessionKey},
    },
    vclusters::CreateVcluster,
};
use domain::{
    InstanceId, NodeId, VclusterId,
    node::{Generation, Notes, Observation, Phase},
    quota::Limits,
    user::Role,
    vcluster::{Vcluster, VclusterState},
};
use scheduler::Overcommit;
use store::{SessionStore, SqlStore, StoreConfig};
use testkit::{FakeClock, FakeNodes, MemoryCoordination, SeededEntropy};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_sessions_core::{
    SessionStore as _,
    session::{Id, Record},
};

pub(crate) use testkit::{eventually, obtain};

pub(crate) const SOON: Duration = Duration::from_secs(30);

pub(crate) struct Harness {
    pub(crate) control: Control,
    pub(crate) coordination: MemoryCoordination,
    pub(crate) clock: FakeClock,
    pub(crate) nodes: FakeNodes,
    pub(crate) store: SqlStore,
    pub(crate) ada: Actor,
    pub(crate) bob: Actor,
    ports: Ports,
    policy: Policy,
    reconciler: Option<(CancellationToken, JoinHandle<()>)>,
    data: tempfile::TempDir,
}

pub(crate) const LIMITS: Limits = Limits { vclusters: 3, nodes: 8, cpu_milli: 8000, memory_mib: 8192, pids: 8192 };

pub(crate) fn policy() -> Policy {
    Policy {
        quota_policy: LIMITS.into(),
        cluster_net: "172.20.0.0/24".parse().expect("a network"),
        overcommit: Overcommit { cpu: 4.0, memory: 1.0 },
        images: testkit::build::image_rules(),
        pids: 512,
        jobs: JobPolicy::default(),
    }
}

impl Harness {
    pub(crate) async fn new() -> Self {
        Self::with(policy()).await
    }

    /// Control with its reconciler running, and one worker `here` with 4 CPUs and 16 GiB that has announced itself.
    pub(crate) async fn with(policy: Policy) -> Self {
        // All that control is made of would otherwise lie in every test's own future.
        Box::pin(Self::make(policy)).await
    }

    async fn make(policy: Policy) -> Self {
        let data = tempfile::tempdir().expect("a directory");
        let store = store::connect(&StoreConfig::at(data.path().join("docklet.sqlite"))).await.expect("a database");
        store::migrate(&store).await.expect("a schema");
        let (coordination, clock, nodes) = (MemoryCoordination::default(), FakeClock::default(), FakeNodes::default());
        let ports = Ports {
            store: Arc::new(store.clone()),
            publisher: Arc::new(coordination.clone()),
            nodes: Arc::new(nodes.clone()),
            usages: Arc::new(nodes.clone()),
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SeededEntropy::default()),
        };
        let (control, reconciler) = Control::new(&ports, policy.clone());
        let ada = actor(&control, "ada").await;
        let bob = actor(&control, "bob").await;
        let mut harness =
            Self { control, coordination, clock, nodes, store, ada, bob, ports, policy, reconciler: None, data };
        harness.spawn(reconciler);
        harness.announce().await;
        harness
    }

    fn spawn(&mut self, reconciler: control::reconcile::Reconciler) {
        let stop = CancellationToken::new();
        let task = tokio::spawn(reconciler.run(stop.clone()));
        self.reconciler = Some((stop, task));
    }

    /// Ends control as kill -9 would, without finishing anything, and starts another with another configuration.
    pub(crate) async fn restart_with(&mut self, policy: Policy) {
        self.policy = policy;
        self.restart().await;
    }

    /// Ends control as kill -9 would, without finishing anything.
    pub(crate) fn stop(&mut self) {
        if let Some((_, task)) = self.reconciler.take() {
            task.abort();
        }
    }

    /// The same, and starts another on the same record.
    pub(crate) async fn restart(&mut self) {
        self.stop();
        self.start();
        self.host_known().await;
    }

    /// Another one on the same record, wherever the worker is.
    pub(crate) fn start(&mut self) {
        let (control, reconciler) = Control::new(&self.ports, self.policy.clone());
        self.control = control;
        self.spawn(reconciler);
    }

    /// What a person with the database could do.
    pub(crate) async fn sql(&self, statement: &str) {
        let file = self.data.path().join("docklet.sqlite");
        // At once for writing: who only reads first, and finds the record changed then, is not let wait.
        let statement = format!("BEGIN IMMEDIATE; {statement}; COMMIT");
        let mut sqlite3 = std::process::Command::new("sqlite3");
        sqlite3.args(["-cmd", ".timeout 60000"]).arg(file).arg(&statement);
        // Beside this thread, which control's own transactions may need to end.
        let output = tokio::task::spawn_blocking(move || sqlite3.output()).await.expect("no panic");
        let output = output.expect("sqlite3 is installed");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) async fn announce(&self) {
        self.announce_as(&host()).await;
        self.host_known().await;
    }

    /// The host says something else of itself.
    pub(crate) async fn announce_as(&self, info: &WorkerInfo) {
        self.coordination.announce(info).await.expect("coordination answers");
    }

    /// Placement has heard of the worker: a create is not refused for want of a host.
    async fn host_known(&self) {
        let probe = CreateVcluster { cpus: 4096.0, ..order("probe", 1) };
        let what = "control to hear of the worker";
        eventually(what, SOON, async || {
            !matches!(self.control.vclusters.create(&self.ada, probe.clone(), None).await, Err(Error::NoHost))
        })
        .await;
    }

    pub(crate) async fn create(&self, name: &str, nodes: i64) -> Vcluster {
        self.control.vclusters.create(&self.ada, order(name, nodes), None).await.expect("a vcluster")
    }

    /// An administrator.
    pub(crate) async fn root(&self) -> Actor {
        let new = self.control.accounts.add_user("root", Some("correct horse"), Role::Admin).await.expect("a user");
        Actor::of(new.user).expect("a user who is not locked")
    }

    pub(crate) async fn get(&self, id: VclusterId) -> Option<Vcluster> {
        match self.control.vclusters.get(&self.ada, id).await {
            Ok(vcluster) => Some(vcluster),
            Err(Error::NotFound(_)) => None,
            Err(error) => panic!("the record fails: {error}"),
        }
    }

    /// What control has answered about this node.
    pub(crate) async fn verdict(&self, instance: impl Into<InstanceId>) -> Verdict {
        let instance = instance.into();
        obtain("an answer", SOON, async || self.coordination.answer_about(instance)).await
    }

    /// Waits for the assignment of this node that carries `order` and is its newest, and reports `phase` about it.
    pub(crate) async fn work(&self, node: NodeId, order: Order, phase: Phase) {
        self.work_with(node, order, phase, Notes::default()).await;
    }

    /// The same with something to note.
    pub(crate) async fn work_with(&self, node: NodeId, order: Order, phase: Phase, notes: Notes) {
        let assignment = obtain(&format!("an assignment {order:?} for {node}"), SOON, async || {
            let newest = self.generation(node).await?;
            let published = self.coordination.assignment(node)?;
            (published.order == order && published.generation == newest).then_some(published)
        })
        .await;
        let observation = Observation { notes, ..Observation::new(assignment.generation, phase) };
        let report = Report { instance: node.into(), worker: assignment.worker, observation };
        self.coordination.report(&[report]).await.expect("coordination answers");
    }

    async fn generation(&self, node: NodeId) -> Option<Generation> {
        let all = PageRequest { after: None, limit: 100 };
        let vclusters = self.control.vclusters.list(&self.ada, all).await.expect("the record answers");
        vclusters.vclusters.iter().find_map(|vcluster| vcluster.node_by_id(node)).map(|node| node.generation)
    }

    pub(crate) async fn run_all(&self, vcluster: &Vcluster) {
        for node in &vcluster.nodes {
            self.work(node.id, Order::Run, Phase::Running { since: chrono_epoch() }).await;
        }
    }

    /// The same vcluster, every node running.
    pub(crate) async fn running(&self, vcluster: Vcluster) -> Vcluster {
        self.run_all(&vcluster).await;
        self.until(vcluster.id, "a running vcluster", |vcluster| vcluster.state() == VclusterState::Running).await
    }

    /// Reports that nothing is left of the nodes of a vcluster that is being deleted.
    pub(crate) async fn remove_all(&self, vcluster: &Vcluster) {
        for node in &vcluster.nodes {
            self.work(node.id, Order::Remove, Phase::Absent).await;
        }
    }

    /// Waits until the record says this of the vcluster.
    pub(crate) async fn until(&self, id: VclusterId, what: &str, holds: impl Fn(&Vcluster) -> bool) -> Vcluster {
        obtain(what, SOON, async || self.get(id).await.filter(|vcluster| holds(vcluster))).await
    }
}

/// Browsers.
impl Harness {
    /// A portal session of this user, for a day.
    pub(crate) async fn sign_in(&self, actor: &Actor) -> Browser {
        let mut record = Record {
            id: Id::default(),
            data: [(store::SESSION_USER.to_owned(), serde_json::json!(actor.user))].into(),
            expiry_date: time::OffsetDateTime::from_unix_timestamp(self.clock.now().timestamp()).expect("a time")
                + time::Duration::DAY,
        };
        self.sessions().create(&mut record).await.expect("a session");
        Browser { id: record.id, key: store::session_key(&record.id) }
    }

    pub(crate) async fn sign_out(&self, browser: &Browser) {
        self.sessions().delete(&browser.id).await.expect("the session ends");
    }

    fn sessions(&self) -> SessionStore {
        SessionStore::new(self.store.clone(), Arc::new(self.clock.clone()))
    }
}

/// One browser that is signed in.
pub(crate) struct Browser {
    id: Id,
    pub(crate) key: SessionKey,
}

impl Drop for Harness {
    fn drop(&mut self) {
        if let Some((_, task)) = self.reconciler.take() {
            task.abort();
        }
    }
}

/// The host as it announces itself: 4 CPUs, 16 GiB.
pub(crate) fn host() -> WorkerInfo {
    WorkerInfo {
        cpu_milli: 4000,
        routed: vec!["172.20.0.0/27".parse().expect("a network")],
        ..testkit::build::worker_info("here")
    }
}

pub(crate) fn order(name: &str, nodes: i64) -> CreateVcluster {
    CreateVcluster {
        name: name.into(),
        image: "docklet/base".into(),
        nodes,
        cpus: 1.0,
        memory_mib: 512,
        autostart: true,
        description: String::new(),
    }
}

pub(crate) fn address() -> IpAddr {
    IpAddr::from([192, 0, 2, 7])
}

pub(crate) fn chrono_epoch() -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::UNIX_EPOCH
}

async fn actor(control: &Control, name: &str) -> Actor {
    let new = control.accounts.add_user(name, Some("correct horse"), Role::User).await.expect("a user");
    Actor::of(new.user).expect("a user who is not locked")
}
