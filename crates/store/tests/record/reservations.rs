//! Reservations under everything at once: two controls, as two processes have them, on one record, and many orders for
//! more than there is. The record holds exactly the accepted ones, and no owner has more than they may.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use control::{
    Control, Error, Policy, Ports,
    actor::Actor,
    jobs::JobPolicy,
    ports::{
        coordination::{WorkerCoordination, WorkerInfo},
        store::{EventReads, VclusterReads},
    },
    vclusters::CreateVcluster,
};
use domain::{
    quota::{Limits, Usage},
    vcluster::Vcluster,
};
use proptest::prelude::*;
use scheduler::Overcommit;
use store::SqlStore;
use testkit::{FakeClock, FakeNodes, MemoryCoordination, SeededEntropy, eventually};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Record;
use crate::fixture::account;

const CASES: u32 = 12;
const LIMITS: Limits = Limits { vclusters: 3, nodes: 6, cpu_milli: 4000, memory_mib: 3072, pids: 5 * PIDS };
/// Of each node. The owners' limits together are more than what the host gives out, which is three quarters of what it has.
const PIDS: u64 = 512;
const HOST_PIDS: u64 = (8 * PIDS * 4).div_ceil(3);
/// Less than the two owners' limits together.
const HOST: (u64, u64) = (6000, 4096);

/// An owner's wish, asked through one of the two controls.
#[derive(Debug, Clone)]
struct Wish {
    owner: usize,
    control: usize,
    create: CreateVcluster,
}

fn wish() -> impl Strategy<Value = Wish> {
    (0..2usize, 0..2usize, 0..5u8, 1..=4i64, 1..=4u8, 1..=4i64).prop_map(
        |(owner, control, name, nodes, cpu, memory)| {
            let (name, image) = (format!("lab-{name}"), "docklet/base".to_owned());
            let create = CreateVcluster {
                name,
                image,
                nodes,
                cpus: f64::from(cpu) * 0.25,
                memory_mib: memory * 256,
                autostart: true,
                description: String::new(),
            };
            Wish { owner, control, create }
        },
    )
}

struct Scene {
    record: Record,
    controls: Vec<Control>,
    owners: Vec<Actor>,
    stop: CancellationToken,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Scene {
    async fn new() -> Self {
        let record = Record::of([1, 2]).await;
        let other = record.elsewhere(Duration::from_secs(30)).await;
        let coordination = MemoryCoordination::default();
        let (cpu_milli, memory_mib) = HOST;
        announce(&coordination, cpu_milli, memory_mib).await;
        let (stop, entropy) = (CancellationToken::new(), SeededEntropy::default());
        let mut controls = Vec::new();
        for store in [record.store.clone(), other] {
            controls.push(control(store, &coordination, &entropy, &stop));
        }
        let owners = [1, 2].map(|number| Actor::of(account(number).user).expect("nobody is locked"));
        for control in &controls {
            until_host_is_known(control, &owners[0]).await;
        }
        Self { record, controls, owners: owners.into(), stop }
    }

    /// All at once; what was accepted.
    async fn grant(&self, wishes: Vec<Wish>) -> Vec<Vcluster> {
        let asked = wishes.into_iter().map(|wish| {
            let (control, owner) = (self.controls[wish.control].clone(), self.owners[wish.owner].clone());
            tokio::spawn(async move { control.vclusters.create(&owner, wish.create, None).await })
        });
        let mut accepted = Vec::new();
        for answer in futures::future::join_all(asked).await {
            match answer.expect("no panic") {
                Ok(vcluster) => accepted.push(vcluster),
                Err(Error::LimitExceeded(_) | Error::NoRoom(_) | Error::NameTaken(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        accepted
    }
}

/// Control with its reconciler on a record, a host, and the record's first user. Ends when it is dropped.
pub(super) struct Lab {
    pub(super) control: Control,
    pub(super) coordination: MemoryCoordination,
    pub(super) owner: Actor,
    _running: DropGuard,
}

impl Lab {
    pub(super) async fn on(store: SqlStore) -> Self {
        let (coordination, stop) = (MemoryCoordination::default(), CancellationToken::new());
        announce(&coordination, 4000, 4096).await;
        let control = control(store, &coordination, &SeededEntropy::default(), &stop);
        let owner = Actor::of(account(1).user).expect("nobody is locked");
        until_host_is_known(&control, &owner).await;
        Self { control, coordination, owner, _running: stop.drop_guard() }
    }

    pub(super) async fn create(&self, name: &str) -> Vcluster {
        self.control.vclusters.create(&self.owner, order(name), None).await.expect("a vcluster")
    }
}

/// One small node.
pub(super) fn order(name: &str) -> CreateVcluster {
    CreateVcluster {
        name: name.into(),
        image: "a".into(),
        nodes: 1,
        cpus: 0.5,
        memory_mib: 64,
        autostart: true,
        description: String::new(),
    }
}

/// A host of this size is there.
async fn announce(coordination: &MemoryCoordination, cpu_milli: u64, memory_mib: u64) {
    let name = "here".parse().expect("a name");
    let host = WorkerInfo { name, cpu_milli, memory_mib, pids: Some(HOST_PIDS), ..testkit::build::worker_info("here") };
    coordination.announce(&host).await.expect("coordination answers");
}

async fn until_host_is_known(control: &Control, actor: &Actor) {
    let probe = CreateVcluster { cpus: 4096.0, ..order("probe") };
    eventually("control to hear of the host", Duration::from_secs(10), async || {
        !matches!(control.vclusters.create(actor, probe.clone(), None).await, Err(Error::NoHost))
    })
    .await;
}

/// With its reconciler running.
fn control(
    store: SqlStore,
    coordination: &MemoryCoordination,
    entropy: &SeededEntropy,
    stop: &CancellationToken,
) -> Control {
    let nodes = Arc::new(FakeNodes::default());
    let ports = Ports {
        store: Arc::new(store),
        publisher: Arc::new(coordination.clone()),
        nodes: nodes.clone(),
        usages: nodes,
        clock: Arc::new(FakeClock::default()),
        entropy: Arc::new(entropy.clone()),
    };
    let overcommit = Overcommit { cpu: 1.0, memory: 1.0 };
    let cluster_net = "172.20.0.0/24".parse().expect("a network");
    let images = testkit::build::image_rules();
    let (pids, jobs) = (PIDS as u32, JobPolicy::default());
    let policy = Policy { quota_policy: LIMITS.into(), cluster_net, overcommit, images, pids, jobs };
    let (control, reconciler) = Control::new(&ports, policy);
    tokio::spawn(reconciler.run(stop.clone()));
    control
}

fn total<'a>(vclusters: impl Iterator<Item = &'a Vcluster>) -> Usage {
    vclusters.fold(Usage::default(), |sum, vcluster| {
        let nodes = u32::try_from(vcluster.nodes.len()).expect("a small number");
        sum.plus(Usage::of_nodes(nodes, vcluster.resources).with_vcluster())
    })
}

async fn nobody_gets_more(wishes: Vec<Wish>) {
    let scene = Scene::new().await;
    let accepted = scene.grant(wishes).await;
    let store = &scene.record.store;

    let recorded: BTreeSet<_> = store.all_vclusters().await.expect("a read").vclusters.iter().map(|it| it.id).collect();
    assert_eq!(recorded, accepted.iter().map(|it| it.id).collect(), "who was told yes has it, and nobody else");
    for owner in &scene.owners {
        let held = store.usage(owner.user).await.expect("a read");
        assert_eq!(held, total(accepted.iter().filter(|it| it.owner == owner.user)), "no reservation was lost");
        LIMITS.check(Usage::default(), held).expect("within the limits");
        let events = store.events_after(owner.user, 0, 100).await.expect("a read").expect("all of them");
        assert_eq!(events.len(), accepted.iter().filter(|it| it.owner == owner.user).count());
    }
    let on_host = total(accepted.iter());
    assert!((on_host.cpu_milli, on_host.memory_mib) <= HOST && on_host.memory_mib <= HOST.1, "{on_host:?}");
    assert!(on_host.pids <= scheduler::offered_pids(HOST_PIDS), "{on_host:?}");
    let subnets: Vec<_> = accepted.iter().map(|it| it.subnet).collect();
    let overlap =
        |one: usize, other: usize| subnets[one].contains(&subnets[other]) || subnets[other].contains(&subnets[one]);
    assert!((0..subnets.len()).all(|one| (0..one).all(|other| !overlap(one, other))), "{subnets:?}");
}

#[test]
fn however_many_create_at_once_nobody_gets_more_than_there_is() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(wishes in prop::collection::vec(wish(), 2..16))| {
        runtime.block_on(nobody_gets_more(wishes));
    });
}
