//! kill -9 in the middle of whatever is going on, fifty times, and around it what else goes wrong: etcd is killed, loses its
//! data or gets an older copy of them, the engine stands still. After the next start everything is as its owner asked for.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{EtcdProgram, OwnEngine};

use crate::common::{
    client::{Client, order},
    daemon::{Daemon, Options},
    docker::{Container, containers_on, networks_on},
};

const ROUNDS: u32 = 50;
/// From the start of the new process, on a machine that has much else to do: this is no measurement.
const HEALED_WITHIN: Duration = Duration::from_secs(120);
/// How long the engine stands still.
const STANDSTILL: Duration = Duration::from_secs(1);
/// The kill comes within this time from the request: before, in and after every step of creating a container.
const LONGEST_LIFE: Duration = Duration::from_millis(1500);
const MOST_VCLUSTERS: usize = 3;

/// What goes wrong around a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Nothing,
    /// Before dockletd is, so it may have been started again.
    EtcdKilled,
    /// While dockletd is away.
    EtcdLosesAll,
    EtcdIsOlder,
    /// Beginning before the kill, and going on behind the next start.
    EngineStandsStill,
}

impl Fault {
    fn choose(random: &mut StdRng) -> Self {
        match random.random_range(0..10) {
            0 => Self::EtcdKilled,
            1 => Self::EtcdLosesAll,
            2 | 3 => Self::EtcdIsOlder,
            4 => Self::EngineStandsStill,
            _ => Self::Nothing,
        }
    }
}

/// What the daemon stands on.
struct Ground {
    engine: OwnEngine,
    program: EtcdProgram,
    etcd: PathBuf,
    /// What etcd once had.
    older: Option<TempDir>,
}

impl Ground {
    async fn new() -> (Self, Daemon) {
        let (engine, program) = (OwnEngine::start(&[]).await, EtcdProgram::new());
        let options = Options::default().with("worker-docker", engine.socket().display());
        let daemon = options.with("etcd-binary", program.path().display()).start().await;
        let etcd = daemon.data.join("etcd");
        (Self { engine, program, etcd, older: None }, daemon)
    }

    fn containers(&self, daemon: &Daemon) -> Vec<Container> {
        containers_on(&|arguments| self.engine.docker(arguments), daemon.installation)
    }

    fn networks(&self, daemon: &Daemon) -> Vec<String> {
        networks_on(&|arguments| self.engine.docker(arguments), daemon.installation)
    }

    fn before_the_kill(&self, fault: Fault) {
        match fault {
            Fault::EtcdKilled => self.program.kill(&self.etcd),
            Fault::EngineStandsStill => self.engine.freeze(),
            _ => {}
        }
    }

    /// dockletd is away.
    async fn behind_the_kill(&mut self, fault: Fault) {
        match (fault, &self.older) {
            (Fault::EtcdLosesAll, _) => self.program.lose(&self.etcd).await,
            (Fault::EtcdIsOlder, Some(older)) => self.program.put_back(&self.etcd, older).await,
            (Fault::EtcdIsOlder, None) => self.older = Some(self.program.copy(&self.etcd).await),
            _ => {}
        }
    }

    async fn behind_the_start(&mut self, fault: Fault) {
        match fault {
            Fault::EngineStandsStill => {
                tokio::time::sleep(STANDSTILL).await; // this is what is tested, not what is waited for
                self.engine.thaw();
            }
            // The next one gets a copy of what there is by then.
            Fault::EtcdLosesAll => self.older = None,
            _ => {}
        }
    }
}

/// What can be asked for.
#[derive(Debug, Clone)]
enum Action {
    Create(String, u8),
    Stop(String),
    Start(String),
    Restart(String),
    Delete(String),
    AddNode(String),
    RemoveNode(String, String),
}

impl Action {
    /// The vcluster it is about; a new one has no id yet.
    fn vcluster(&self) -> Option<&str> {
        match self {
            Self::Create(..) => None,
            Self::Stop(id) | Self::Start(id) | Self::Restart(id) | Self::Delete(id) | Self::AddNode(id) => Some(id),
            Self::RemoveNode(id, _) => Some(id),
        }
    }

    /// The status of the answer; `None` when the daemon died before it.
    async fn send(&self, client: &Client) -> Option<u16> {
        let at = |id: &str| format!("{}/api/v1/vclusters/{id}", client.url);
        let post = |url: String, body: Value| client.http.post(url).json(&body);
        let request = match self {
            Self::Create(name, nodes) => post(format!("{}/api/v1/vclusters", client.url), order(name, *nodes)),
            Self::Stop(id) => post(at(id) + "/stop", json!({})),
            Self::Start(id) => post(at(id) + "/start", json!({})),
            Self::Restart(id) => post(at(id) + "/restart", json!({})),
            Self::AddNode(id) => post(at(id) + "/nodes", json!({"count": 1})),
            Self::Delete(id) => client.http.delete(at(id)),
            Self::RemoveNode(id, node) => client.http.delete(format!("{}/nodes/{node}", at(id))),
        };
        let token = client.token.as_deref().expect("a token");
        request.bearer_auth(token).send().await.ok().map(|answer| answer.status().as_u16())
    }
}

/// Something that fits what there is.
fn choose(random: &mut StdRng, round: u32, vclusters: &[Value]) -> Action {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let Some(vcluster) = vclusters.choose(random).filter(|_| random.random_bool(0.8)) else {
        return match vclusters {
            full if full.len() >= MOST_VCLUSTERS => Action::Delete(text(&full[0]["id"])),
            _ => Action::Create(format!("lab-{round}"), random.random_range(1..=2)),
        };
    };
    let (id, nodes) = (text(&vcluster["id"]), vcluster["nodes"].as_array().expect("nodes"));
    if vcluster["state"] == "stopped" {
        return if random.random_bool(0.7) { Action::Start(id) } else { Action::Delete(id) };
    }
    match random.random_range(0..6) {
        0 => Action::Stop(id),
        1 => Action::Delete(id),
        2 if nodes.len() > 1 => Action::RemoveNode(id, text(&nodes[0]["name"])),
        3 if nodes.len() < 4 => Action::AddNode(id),
        4 | 5 if vclusters.len() < MOST_VCLUSTERS => Action::Create(format!("lab-{round}"), 1),
        _ => Action::Restart(id),
    }
}

async fn list(client: &Client) -> Vec<Value> {
    client.get("/api/v1/vclusters").await.ok(200).json()["items"].as_array().cloned().expect("items")
}

/// Why things are not yet as they should be.
async fn faults(ground: &Ground, daemon: &Daemon, client: &Client) -> Vec<String> {
    let vclusters = list(client).await;
    let mut faults = Vec::new();
    let mut expected = BTreeMap::new();
    for vcluster in &vclusters {
        let (id, state) = (vcluster["id"].as_str().expect("an id"), vcluster["state"].as_str().expect("a state"));
        if !matches!(state, "running" | "stopped") || vcluster["operation"]["state"] == "running" {
            faults.push(format!("{id} is {state}: {}, {}", vcluster["reason"], vcluster["operation"]));
        }
        for node in vcluster["nodes"].as_array().expect("nodes") {
            expected
                .insert((id.to_owned(), node["name"].as_str().expect("a name").to_owned()), node["state"] == "running");
        }
    }
    let real: BTreeMap<(String, String), bool> = ground
        .containers(daemon)
        .into_iter()
        .map(|container| ((container.vcluster, container.host_name), container.running))
        .collect();
    // A node that was stopped before it was ever made has no container, and needs none.
    let wrong = expected.iter().filter(|(node, runs)| real.get(*node).copied().unwrap_or(false) != **runs);
    faults.extend(wrong.map(|(node, runs)| format!("{node:?} should run: {runs}")));
    faults.extend(real.keys().filter(|node| !expected.contains_key(*node)).map(|node| format!("an orphan: {node:?}")));
    let strangers = ground.networks(daemon).into_iter().filter(|id| !vclusters.iter().any(|v| v["id"] == **id));
    faults.extend(strangers.map(|id| format!("an orphaned network of {id}")));
    let usage = client.get("/api/v1/session").await.ok(200).json()["usage"].clone();
    let running = expected.values().filter(|runs| **runs).count();
    if usage["nodes"] != running || usage["vclusters"] != vclusters.len() {
        faults.push(format!("{running} nodes of {} vclusters run, and {usage} is reserved", vclusters.len()));
    }
    faults
}

/// What was accepted must hold, whatever happened then.
async fn assert_kept(client: &Client, action: &Action) {
    let vclusters = list(client).await;
    let find = |id: &str| vclusters.iter().find(|vcluster| vcluster["id"] == id);
    let names = |vcluster: &Value| vcluster["nodes"].as_array().expect("nodes").clone();
    let kept = match action {
        Action::Create(name, nodes) => {
            vclusters.iter().any(|vcluster| vcluster["name"] == **name && names(vcluster).len() == usize::from(*nodes))
        }
        Action::Stop(id) => find(id).is_some_and(|vcluster| vcluster["state"] == "stopped"),
        Action::Start(id) | Action::Restart(id) | Action::AddNode(id) => {
            find(id).is_some_and(|vcluster| vcluster["state"] == "running")
        }
        Action::Delete(id) => find(id).is_none(),
        Action::RemoveNode(id, node) => find(id).is_some_and(|v| names(v).iter().all(|n| n["name"] != **node)),
    };
    assert!(kept, "{action:?} was accepted, and then: {vclusters:#?}");
}

/// Nodes of the vclusters that the action does not touch.
fn untouched(all: &[Container], action: &Action) -> Vec<Container> {
    all.iter().filter(|container| Some(container.vcluster.as_str()) != action.vcluster()).cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_fifty_kills_at_random_moments_everything_is_as_its_owner_asked_for() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (mut ground, mut daemon) = Ground::new().await;
    let client = daemon.admin();
    for round in 0..ROUNDS {
        let action = choose(&mut random, round, &list(&client).await);
        let fault = Fault::choose(&mut random);
        let life = LONGEST_LIFE.mul_f64(random.random::<f64>().powi(2));
        let before = untouched(&ground.containers(&daemon), &action);
        let asked = tokio::spawn({
            let (action, client) = (action.clone(), client.clone());
            async move { action.send(&client).await }
        });
        tokio::time::sleep(life / 2).await;
        ground.before_the_kill(fault);
        tokio::time::sleep(life / 2).await;
        daemon.kill();
        let answer = asked.await.expect("no panic");
        ground.behind_the_kill(fault).await;
        let begun = Instant::now();
        daemon.start_unready().await;
        ground.behind_the_start(fault).await;
        let mut left = vec!["not looked at yet".to_owned()];
        while !left.is_empty() {
            assert!(
                begun.elapsed() < HEALED_WITHIN,
                "round {round}, {fault:?}, {action:?}, killed after {life:?}: {left:#?}"
            );
            left = faults(&ground, &daemon, &client).await;
        }
        println!(
            "round {round}: {fault:?}, {action:?} → {answer:?}, killed after {life:?}, whole again after {:?}",
            begun.elapsed()
        );
        if answer.is_some_and(|status| status == 202) {
            assert_kept(&client, &action).await;
        }
        let after = untouched(&ground.containers(&daemon), &action);
        assert!(
            before.iter().all(|container| after.contains(container)),
            "nodes nobody touched were restarted: {before:#?} {after:#?}"
        );
    }
}
