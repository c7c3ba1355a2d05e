//! The lifecycle, action by action and report by report.

mod moving;
mod recovery;

use std::net::Ipv4Addr;

use uuid::Uuid;

use super::*;
use crate::{
    OperationId,
    node::{Generation, NodeState},
};

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn operation(kind: OperationKind, number: u128) -> Operation {
    Operation::begin(OperationId::new(Uuid::from_u128(number)), kind, now())
}

fn new_nodes(ids: std::ops::Range<u128>) -> Vec<NewNode> {
    let worker = || "here".parse().expect("a worker name");
    ids.map(|id| NewNode { id: NodeId::new(Uuid::from_u128(id)), worker: worker(), runtime: None }).collect()
}

fn created(nodes: u128) -> Vcluster {
    let create = operation(OperationKind::Create, 1);
    let mut vcluster = Vcluster {
        id: VclusterId::new(Uuid::from_u128(1)),
        owner: UserId::new(Uuid::from_u128(1)),
        name: "lab".parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        resources: Resources { cpu_milli: 1000, memory_mib: 512, pids: 512 },
        subnet: "172.20.0.0/27".parse().expect("a subnet"),
        intent: Intent::Running,
        nodes: Vec::new(),
        operation: create.clone(),
        created_at: now(),
        autostart: true,
        description: Description::default(),
    };
    vcluster.add_nodes(new_nodes(0..nodes), create).expect("room for the first nodes");
    vcluster
}

fn report(vcluster: &mut Vcluster, index: usize, phase: Phase) -> Change {
    let Node { id, generation, .. } = vcluster.nodes[index];
    vcluster.observe(id, &Observation::new(generation, phase), now())
}

fn report_all(vcluster: &mut Vcluster, phase: &Phase) {
    let ids: Vec<_> = vcluster.nodes.iter().map(|node| node.id).collect();
    for id in ids {
        let generation = vcluster.node_by_id(id).expect("a node").generation;
        vcluster.observe(id, &Observation::new(generation, phase.clone()), now());
    }
}

fn running() -> Phase {
    Phase::Running { since: now() }
}

fn failed() -> Phase {
    Phase::Failed { reason: "the image has no such platform".into() }
}

#[test]
fn a_new_vcluster_is_creating_until_every_node_runs() {
    let mut vcluster = created(2);
    assert_eq!(vcluster.state(), VclusterState::Creating);
    assert_eq!(vcluster.nodes[1].ip, Ipv4Addr::new(172, 20, 0, 3));
    assert_eq!(report(&mut vcluster, 0, running()), Change::Changed { orders: false });
    assert_eq!(vcluster.state(), VclusterState::Creating);
    report(&mut vcluster, 1, running());
    assert_eq!(vcluster.state(), VclusterState::Running);
    assert_eq!(vcluster.operation.state, OperationState::Succeeded);
}

#[test]
fn a_node_that_fails_makes_it_degraded_and_gives_back_what_it_held() {
    let mut vcluster = created(2);
    report(&mut vcluster, 0, running());
    report(&mut vcluster, 1, failed());
    assert_eq!(vcluster.state(), VclusterState::Degraded);
    assert_eq!(vcluster.reason().as_deref(), Some("node-1: the image has no such platform"));
    assert_eq!(vcluster.operation.state, OperationState::Failed);
    assert!(vcluster.nodes[0].reserved && !vcluster.nodes[1].reserved);
}

#[test]
fn nodes_that_fail_for_the_same_reason_share_one_sentence() {
    let mut vcluster = created(3);
    report_all(&mut vcluster, &failed());
    assert_eq!(vcluster.state(), VclusterState::Failed);
    assert_eq!(vcluster.reason().as_deref(), Some("node-0, node-1, node-2: the image has no such platform"));
}

#[test]
fn start_repairs_what_is_down_and_leaves_the_rest_alone() {
    let mut vcluster = created(2);
    report(&mut vcluster, 0, running());
    report(&mut vcluster, 1, failed());
    assert_eq!(vcluster.start_needs(), [&vcluster.nodes[1]]);
    assert_eq!(vcluster.start(operation(OperationKind::Start, 2)), Ok(true));
    assert_eq!(vcluster.nodes[0].generation, Generation(1));
    assert_eq!(vcluster.nodes[1].generation, Generation(2));
    report(&mut vcluster, 1, running());
    assert_eq!(vcluster.state(), VclusterState::Running);
    assert_eq!(vcluster.start(operation(OperationKind::Start, 3)), Ok(false));
}

#[test]
fn stop_then_start_goes_through_every_state() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    assert_eq!(vcluster.stop(operation(OperationKind::Stop, 2)), Ok(true));
    assert_eq!(vcluster.state(), VclusterState::Stopping);
    assert!(vcluster.state().is_busy());
    assert!(vcluster.nodes[0].reserved, "held until the worker has stopped it");
    report(&mut vcluster, 0, Phase::Stopped);
    assert_eq!(vcluster.state(), VclusterState::Stopped);
    assert!(!vcluster.state().is_busy());
    assert!(!vcluster.nodes[0].reserved);
    assert_eq!(vcluster.start(operation(OperationKind::Start, 3)), Ok(true));
    assert_eq!(vcluster.state(), VclusterState::Starting);
    report(&mut vcluster, 0, running());
    assert_eq!(vcluster.state(), VclusterState::Running);
}

#[test]
fn a_restart_stops_each_node_and_starts_it_again_without_letting_go_of_its_place() {
    let mut vcluster = created(2);
    report_all(&mut vcluster, &running());
    assert_eq!(vcluster.restart(operation(OperationKind::Restart, 2)), Ok(true));
    assert_eq!(report(&mut vcluster, 0, Phase::Stopped), Change::Changed { orders: true });
    assert_eq!(vcluster.nodes[0].intent, NodeIntent::Running);
    assert!(vcluster.nodes[0].reserved);
    assert_eq!(vcluster.state(), VclusterState::Starting);
    report(&mut vcluster, 0, running());
    report(&mut vcluster, 1, Phase::Stopped);
    report(&mut vcluster, 1, running());
    assert_eq!(vcluster.state(), VclusterState::Running);
    assert_eq!(vcluster.operation.state, OperationState::Succeeded);
}

#[test]
fn a_failed_node_that_is_restarted_holds_its_place_again() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, failed());
    assert_eq!(vcluster.restart(operation(OperationKind::Restart, 2)), Ok(true));
    assert!(vcluster.nodes[0].reserved);
}

#[test]
fn reports_about_an_older_order_change_nothing() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    vcluster.stop(operation(OperationKind::Stop, 2)).expect("a running vcluster can be stopped");
    let old = Observation::new(Generation(1), running());
    let id = vcluster.nodes[0].id;
    assert_eq!(vcluster.observe(id, &old, now()), Change::None);
    assert_eq!(vcluster.state(), VclusterState::Stopping);
}

#[test]
fn a_stop_overtakes_a_create() {
    let mut vcluster = created(2);
    report(&mut vcluster, 0, running());
    assert_eq!(vcluster.stop(operation(OperationKind::Stop, 2)), Ok(true));
    report_all(&mut vcluster, &Phase::Stopped);
    assert_eq!(vcluster.state(), VclusterState::Stopped);
    assert_eq!(vcluster.operation.kind, OperationKind::Stop);
}

#[test]
fn a_node_that_is_down_is_what_a_stop_asked_for() {
    let mut vcluster = created(2);
    report(&mut vcluster, 0, failed());
    vcluster.stop(operation(OperationKind::Stop, 2)).expect("it can be stopped");
    report_all(&mut vcluster, &failed());
    assert_eq!(vcluster.state(), VclusterState::Stopped);
    assert_eq!(vcluster.reason(), None);
}

#[test]
fn delete_is_done_when_the_last_node_is_gone() {
    let mut vcluster = created(2);
    report_all(&mut vcluster, &running());
    assert!(vcluster.delete(operation(OperationKind::Delete, 2)));
    assert!(!vcluster.delete(operation(OperationKind::Delete, 3)), "asking again changes nothing");
    assert_eq!(vcluster.start(operation(OperationKind::Start, 4)), Err(ActionRefused::BeingDeleted("lab".into())));
    assert_eq!(report(&mut vcluster, 0, Phase::Absent), Change::Changed { orders: false });
    let stuck = Phase::Stuck { reason: "the network is still in use by container web".into() };
    report(&mut vcluster, 0, stuck);
    assert_eq!(vcluster.state(), VclusterState::Deleting);
    assert!(vcluster.reason().expect("a reason").contains("still in use"));
    assert_eq!(report(&mut vcluster, 0, Phase::Absent), Change::Gone);
}

#[test]
fn nodes_are_added_under_the_lowest_free_names_while_it_stays_running() {
    let mut vcluster = created(3);
    report_all(&mut vcluster, &running());
    vcluster.remove_node(NodeName::new(1), operation(OperationKind::RemoveNode, 2)).expect("not the last one");
    assert_eq!(vcluster.state(), VclusterState::Running);
    report(&mut vcluster, 1, Phase::Absent);
    assert_eq!(vcluster.operation.state, OperationState::Succeeded);
    vcluster.add_nodes(new_nodes(10..12), operation(OperationKind::AddNodes, 3)).expect("room");
    let names: Vec<String> = vcluster.nodes.iter().map(|node| node.name.to_string()).collect();
    assert_eq!(names, ["node-0", "node-1", "node-2", "node-3"]);
    assert_eq!(vcluster.state(), VclusterState::Running);
    report_all(&mut vcluster, &running());
    assert_eq!(vcluster.operation.state, OperationState::Succeeded);
}

#[test]
fn the_last_node_and_unknown_nodes_cannot_be_removed() {
    let mut vcluster = created(2);
    let remove = |vcluster: &mut Vcluster, name| {
        vcluster.remove_node(NodeName::new(name), operation(OperationKind::RemoveNode, 2))
    };
    assert_eq!(remove(&mut vcluster, 1), Ok(true));
    assert_eq!(vcluster.state(), VclusterState::Starting, "one is on its way in, the other out");
    assert_eq!(remove(&mut vcluster, 1), Ok(false), "asking again changes nothing");
    assert!(matches!(remove(&mut vcluster, 0), Err(ActionRefused::LastNode(..))));
    assert!(matches!(remove(&mut vcluster, 7), Err(ActionRefused::NoSuchNode(..))));
}

#[test]
fn more_than_the_most_nodes_and_nodes_for_a_stopped_vcluster_are_refused() {
    let mut vcluster = created(15);
    let add = operation(OperationKind::AddNodes, 2);
    let refused = vcluster.add_nodes(new_nodes(20..22), add.clone()).expect_err("17 are too many");
    assert!(refused.to_string().contains("at most 1 can be added"), "{refused}");
    assert_eq!(created(8).add_nodes(new_nodes(20..28), add.clone()), Ok(()), "16 are not too many");
    vcluster.stop(operation(OperationKind::Stop, 3)).expect("it can be stopped");
    assert!(matches!(vcluster.add_nodes(new_nodes(20..21), add), Err(ActionRefused::Stopped(_))));
}

#[test]
fn a_host_that_does_not_answer_loses_nodes_and_finds_them_again() {
    let mut vcluster = created(2);
    report_all(&mut vcluster, &running());
    let lost = Phase::Lost { reason: "the Docker Engine on host hera does not answer".into() };
    report(&mut vcluster, 1, lost);
    assert_eq!(vcluster.state(), VclusterState::Degraded);
    assert!(vcluster.nodes[1].reserved, "it may well be running");
    report(&mut vcluster, 1, running());
    assert_eq!(vcluster.state(), VclusterState::Running);
}

#[test]
fn a_node_stopped_by_another_hand_says_so() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    report(&mut vcluster, 0, Phase::Stopped);
    assert_eq!(vcluster.nodes[0].state, NodeState::Failed);
    assert_eq!(vcluster.reason().as_deref(), Some("node-0: the node was stopped outside Docklet"));
    assert_eq!(vcluster.operation.state, OperationState::Succeeded, "what is over stays as it ended");
}

#[test]
fn a_failed_node_that_somebody_starts_by_hand_holds_again_what_it_takes() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, failed());
    assert!(!vcluster.nodes[0].reserved);
    report(&mut vcluster, 0, running());
    assert!(vcluster.nodes[0].reserved);
    assert_eq!(vcluster.state(), VclusterState::Running);
}

#[test]
fn a_record_that_is_behind_numbers_its_order_above_what_is_known_and_keeps_it() {
    let mut vcluster = created(2);
    report_all(&mut vcluster, &running());
    let (before, id) = (vcluster.clone(), vcluster.nodes[0].id);
    assert!(!vcluster.catch_up(id, Generation(0)), "what is older is no news");
    assert!(vcluster.catch_up(id, Generation(7)));
    assert_eq!(vcluster.nodes[0].generation, Generation(8));
    assert_eq!(vcluster.nodes[1], before.nodes[1]);
    assert_eq!((vcluster.state(), &vcluster.operation), (before.state(), &before.operation));
    // The same number with another order: what is published under it counts no more.
    assert!(vcluster.catch_up(id, Generation(8)));
    assert_eq!(vcluster.nodes[0].generation, Generation(9));
}

#[test]
fn what_is_left_of_it_when_a_host_is_gone_goes_on() {
    let mut vcluster = created(2);
    report(&mut vcluster, 0, running());
    let elsewhere: WorkerName = "elsewhere".parse().expect("a worker name");
    assert_eq!(vcluster.forget_host(&elsewhere, now()), Change::None);
    vcluster.nodes[1].worker = elsewhere.clone();
    assert_eq!(vcluster.forget_host(&elsewhere, now()), Change::Changed { orders: false });
    assert_eq!((vcluster.nodes.len(), vcluster.state()), (1, VclusterState::Running));
    assert_eq!(vcluster.operation.state, OperationState::Succeeded, "nothing more is waited for");
    let here = vcluster.nodes[0].worker.clone();
    assert_eq!(vcluster.forget_host(&here, now()), Change::Gone);
}
