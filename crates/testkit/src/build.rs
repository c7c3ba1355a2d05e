//! Ready-made values for tests, with ids of their own each time. Change fields with struct update syntax where it matters.

use std::net::Ipv4Addr;

use chrono::{DateTime, Utc};
use control::ports::coordination::{Assignment, Member, Order, Report, WorkerInfo, Workload};
use domain::{
    InstallationId, InstanceId, NodeId, OperationId, UserId, VclusterId,
    image::{ImageRules, Source},
    job::{Environment, JobSpec, Nice, OutputPath, Retries, TimeLimit},
    name::{NodeName, WorkerName},
    node::{Generation, Observation, Phase},
    operation::{Operation, OperationKind},
    resources::Resources,
    subnet,
    vcluster::{Intent, NewNode, Vcluster},
};
use ipnet::Ipv4Net;
use uuid::Uuid;

const NODE: Resources = Resources { cpu_milli: 500, memory_mib: 256, pids: 512 };

/// An installation of a test's own. The first digits are what scripts/test.sh looks for when it cleans up after a crash.
pub fn installation() -> InstallationId {
    let random = Uuid::new_v4().as_u128() & (u128::MAX >> 32);
    InstallationId::new(Uuid::from_u128((0x7e57_7e57 << 96) | random))
}

/// # Panics
/// When the text is no worker's name.
pub fn worker(name: &str) -> WorkerName {
    name.parse().expect("a worker's name")
}

/// A worker with 8 CPUs and 16 GiB that takes nodes.
pub fn worker_info(name: &str) -> WorkerInfo {
    WorkerInfo {
        name: worker(name),
        cpu_milli: 8000,
        memory_mib: 16 * 1024,
        pids: None,
        runtimes: Default::default(),
        routed: Vec::new(),
        unready: None,
        remark: None,
        stream: None,
        id: None,
    }
}

/// The engine's default registry, and `docklet/base`.
///
/// # Panics
/// Never: both are well written.
pub fn image_rules() -> ImageRules {
    let registry = domain::image::DEFAULT_REGISTRY.parse().expect("a registry");
    ImageRules { registries: vec![registry], base: "docklet/base".parse().expect("an image") }
}

/// `node-0` of a vcluster of its own, to run, first generation.
pub fn assignment(worker: &str) -> Assignment {
    assignments(worker, 1).remove(0)
}

/// The nodes of one new vcluster, to run, first generation.
pub fn assignments(worker: &str, nodes: u8) -> Vec<Assignment> {
    let (vcluster, owner) = (VclusterId::new(Uuid::new_v4()), UserId::new(Uuid::new_v4()));
    let subnet = Ipv4Net::new(Ipv4Addr::new(172, 29, 0, 0), subnet::prefix_for(nodes)).expect("a subnet");
    let node = |ordinal| Assignment {
        instance: InstanceId::new(Uuid::new_v4()),
        worker: self::worker(worker),
        generation: Generation::FIRST,
        order: Order::Run,
        owner,
        image: "docklet/base".parse().expect("an image"),
        source: Source::Engine,
        runtime: None,
        resources: NODE,
        has_home: false,
        workload: Workload::Node(Member {
            vcluster,
            vcluster_name: "lab".parse().expect("a name"),
            name: NodeName::new(ordinal),
            subnet,
            ip: subnet::address(subnet, NodeName::new(ordinal)),
        }),
    };
    (0..nodes).map(node).collect()
}

/// An assignment as one of a node.
pub trait OfNode {
    /// Its place in its vcluster.
    ///
    /// # Panics
    /// When it is a task's.
    fn place(&self) -> &Member;
}

impl OfNode for Assignment {
    fn place(&self) -> &Member {
        self.member().expect("a node's")
    }
}

/// A task that runs this command, first generation.
///
/// # Panics
/// When the command has no program.
pub fn task(worker: &str, command: &[&str]) -> Assignment {
    let words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
    Assignment {
        workload: Workload::Task { command: words.try_into().expect("a command"), begun: false, batch: None },
        ..assignment(worker)
    }
}

/// A script that greets, with the usual time and output.
///
/// # Panics
/// Never: all of it is well written.
pub fn job_spec() -> JobSpec {
    JobSpec {
        name: "hello".parse().expect("a job's name"),
        image: "docklet/base".parse().expect("an image"),
        runtime: None,
        resources: NODE,
        script: "#!/bin/bash\necho hello\n".parse().expect("a script"),
        command: vec!["hello".to_owned()].try_into().expect("a command"),
        time_limit: TimeLimit::USUAL,
        output: OutputPath::USUAL.parse().expect("a path"),
        array: None,
        after: None,
        begin_at: None,
        deadline: None,
        nice: Nice::default(),
        environment: Environment::default(),
        directory: None,
        warning: None,
        retries: Retries::default(),
        tags: Default::default(),
    }
}

/// What the worker says about this very assignment.
pub fn report(assignment: &Assignment, phase: Phase) -> Report {
    let observation = Observation::new(assignment.generation, phase);
    Report { instance: assignment.instance, worker: assignment.worker.clone(), observation }
}

/// A vcluster that is being created on one worker: every node pending.
///
/// # Panics
/// When it is to have more nodes than a vcluster may have.
pub fn vcluster(name: &str, owner: UserId, nodes: u8, now: DateTime<Utc>) -> Vcluster {
    let create = Operation::begin(OperationId::new(Uuid::now_v7()), OperationKind::Create, now);
    let mut vcluster = Vcluster {
        id: VclusterId::new(Uuid::now_v7()),
        owner,
        name: name.parse().expect("a vcluster's name"),
        image: "docklet/base".parse().expect("an image"),
        resources: NODE,
        subnet: Ipv4Net::new(Ipv4Addr::new(172, 29, 0, 0), subnet::prefix_for(nodes)).expect("a subnet"),
        intent: Intent::Running,
        nodes: Vec::new(),
        operation: create.clone(),
        created_at: now,
        autostart: true,
        description: Default::default(),
    };
    let new_node = |_| NewNode { id: NodeId::new(Uuid::now_v7()), worker: worker("here"), runtime: None };
    let new = (0..nodes).map(new_node).collect();
    vcluster.add_nodes(new, create).expect("room for the nodes");
    vcluster
}

/// The same, every node running since `now` and the operation done.
pub fn running_vcluster(name: &str, owner: UserId, nodes: u8, now: DateTime<Utc>) -> Vcluster {
    let mut vcluster = vcluster(name, owner, nodes, now);
    let orders: Vec<(NodeId, Generation)> = vcluster.nodes.iter().map(|node| (node.id, node.generation)).collect();
    for (node, generation) in orders {
        vcluster.observe(node, &Observation::new(generation, Phase::Running { since: now }), now);
    }
    vcluster
}

#[cfg(test)]
mod tests {
    use control::ports::clock::Clock;
    use domain::{operation::OperationState, vcluster::VclusterState};

    use super::*;
    use crate::FakeClock;

    #[test]
    fn a_tests_installation_can_be_told_from_a_real_one() {
        assert!(installation().to_string().starts_with("7e577e57-"));
        assert_ne!(installation(), installation());
    }

    #[test]
    fn assignments_of_one_vcluster_differ_as_nodes_do() {
        let [first, second] = assignments("here", 2).try_into().expect("two");
        assert_eq!((first.vcluster(), first.owner), (second.vcluster(), second.owner));
        let (one, other) = (first.place(), second.place());
        assert!(first.instance != second.instance && one.ip != other.ip && one.name != other.name);
    }

    #[test]
    fn a_running_vcluster_is_running() {
        let now = FakeClock::default().now();
        let owner = UserId::new(Uuid::new_v4());
        assert_eq!(vcluster("lab", owner, 3, now).state(), VclusterState::Creating);
        let running = running_vcluster("lab", owner, 3, now);
        assert_eq!((running.state(), running.operation.state), (VclusterState::Running, OperationState::Succeeded));
    }
}
