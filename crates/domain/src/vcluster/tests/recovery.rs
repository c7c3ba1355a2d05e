//! Nodes that run again by themselves, and those that do not.

use super::*;
use crate::node::{MOST_TRIES, STEADY};

fn interrupted(ended: DateTime<Utc>) -> Phase {
    Phase::Interrupted { reason: "the host was restarted".into(), ended }
}

/// What control makes of a report: says whether the node was started again.
fn recover(vcluster: &mut Vcluster, index: usize, phase: Phase, at: DateTime<Utc>) -> bool {
    let Node { id, generation, .. } = vcluster.nodes[index];
    let observation = Observation::new(generation, phase);
    let comes_back = vcluster.comes_back(id, &observation, at);
    if comes_back {
        let host = "here".parse().expect("a worker");
        let operation = Operation::recover(OperationId::new(Uuid::from_u128(99)), host, at);
        vcluster.bring_back(id, &observation.phase, operation, at);
    } else {
        vcluster.observe(id, &observation, at);
    }
    comes_back
}

#[test]
fn what_went_down_with_its_host_runs_again_and_one_restart_is_one_operation() {
    let mut vcluster = created(2);
    report_all(&mut vcluster, &running());
    let later = now() + STEADY;
    assert!(
        recover(&mut vcluster, 0, interrupted(later), later) && recover(&mut vcluster, 1, interrupted(later), later)
    );
    assert_eq!((vcluster.operation.kind, vcluster.state()), (OperationKind::Recover, VclusterState::Starting));
    assert!(vcluster.nodes.iter().all(|node| node.operation == vcluster.operation.id && node.reserved));
    report_all(&mut vcluster, &running());
    assert_eq!((vcluster.operation.state, vcluster.state()), (OperationState::Succeeded, VclusterState::Running));
}

#[test]
fn what_was_called_failed_while_its_host_went_down_runs_again_all_the_same() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    report(&mut vcluster, 0, failed());
    assert!(recover(&mut vcluster, 0, interrupted(now()), now()));
}

#[test]
fn what_ended_by_itself_is_stopped_or_is_not_to_run_again_stays_down() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    assert!(!recover(&mut vcluster, 0, failed(), now()), "by itself");
    vcluster.autostart = false;
    assert!(!recover(&mut vcluster, 0, interrupted(now()), now()), "its owner does not want it");
    assert_eq!(vcluster.reason().as_deref(), Some("node-0: the host was restarted"));
    vcluster.autostart = true;
    vcluster.stop(operation(OperationKind::Stop, 2)).expect("it can be stopped");
    assert!(!recover(&mut vcluster, 0, interrupted(now()), now()), "stopped");
    assert_eq!(vcluster.state(), VclusterState::Stopped);
}

#[test]
fn what_comes_up_and_falls_three_times_stays_down_and_says_why() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    assert!(recover(&mut vcluster, 0, interrupted(now()), now()));
    for _ in 1..MOST_TRIES {
        report(&mut vcluster, 0, running());
        assert!(recover(&mut vcluster, 0, failed(), now()));
    }
    report(&mut vcluster, 0, running());
    assert!(!recover(&mut vcluster, 0, failed(), now()));
    let reason = vcluster.reason().expect("a reason");
    assert!(reason.contains("no such platform; it was started again 3 times"), "{reason}");
    assert_eq!(vcluster.start(operation(OperationKind::Start, 5)), Ok(true));
    assert_eq!(vcluster.nodes[0].tries, 0, "its owner begins anew");
}

#[test]
fn what_has_run_for_long_after_a_restart_ends_by_itself_and_goes_down_with_the_next_one() {
    let mut vcluster = created(1);
    report(&mut vcluster, 0, running());
    for _ in 0..5 {
        assert!(recover(&mut vcluster, 0, interrupted(now() + STEADY), now() + STEADY), "each restart is another one");
        report(&mut vcluster, 0, running());
    }
    assert!(!recover(&mut vcluster, 0, failed(), now() + STEADY), "it ended by itself");
}

#[test]
fn what_takes_its_host_down_stays_down_in_the_end_however_long_the_host_is_away() {
    let mut vcluster = created(1);
    let (ended, back) = (now() + STEADY / 2, now() + STEADY * 3);
    for _ in 0..MOST_TRIES {
        recover(&mut vcluster, 0, running(), now());
        recover(&mut vcluster, 0, Phase::Lost { reason: "the host does not answer".into() }, back);
        // The last report holds again when its worker is back, until there is a newer one.
        recover(&mut vcluster, 0, running(), back);
        assert!(recover(&mut vcluster, 0, interrupted(ended), back));
    }
    recover(&mut vcluster, 0, running(), now());
    assert!(!recover(&mut vcluster, 0, interrupted(ended), back));
    let reason = vcluster.reason().expect("a reason");
    assert!(reason.contains("restarted; it was started again 3 times"), "{reason}");
}

#[test]
fn a_host_s_restart_joins_what_brings_nodes_up_and_takes_the_place_of_anything_else() {
    let mut vcluster = created(2);
    assert!(recover(&mut vcluster, 0, interrupted(now()), now()));
    assert_eq!(vcluster.operation.kind, OperationKind::Create);
    report_all(&mut vcluster, &running());
    vcluster.remove_node(NodeName::new(1), operation(OperationKind::RemoveNode, 2)).expect("not the last one");
    assert!(recover(&mut vcluster, 0, interrupted(now()), now()));
    assert_eq!(vcluster.operation.kind, OperationKind::Recover);
}
