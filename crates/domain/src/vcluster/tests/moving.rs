//! A vcluster whose subnet another network on the host has taken.

use chrono::TimeDelta;

use super::*;

/// Whether a report that its subnet is taken moves the vcluster.
fn moves(vcluster: &Vcluster, generation: Generation) -> bool {
    let taken = Phase::SubnetTaken { reason: "the subnet overlaps another network".into() };
    vcluster.is_displaced(vcluster.nodes[0].id, &Observation::new(generation, taken), now())
}

#[test]
fn an_operation_moves_it_within_ten_seconds_and_a_clock_that_was_set_back_not_for_ever() {
    let mut vcluster = created(1);
    let year = TimeDelta::days(365);
    for (ago, within) in [
        (TimeDelta::zero(), true),
        (TimeDelta::seconds(9), true),
        (TimeDelta::seconds(10), false),
        (year, false),
        // It began a year from now.
        (-year, false),
    ] {
        vcluster.operation.started_at = now() - ago;
        assert_eq!(moves(&vcluster, Generation::FIRST), within, "{ago}");
    }
}

#[test]
fn it_stays_where_a_node_stands_and_where_nothing_is_being_brought_up() {
    let vcluster = created(2);
    assert!(moves(&vcluster, Generation::FIRST));
    assert!(!moves(&vcluster, Generation(0)), "about an older order");
    let other = Observation::new(Generation::FIRST, failed());
    assert!(!vcluster.is_displaced(vcluster.nodes[0].id, &other, now()), "for another reason");
    let mut standing = vcluster.clone();
    report(&mut standing, 1, running());
    assert!(!moves(&standing, Generation::FIRST));
    let mut over = vcluster;
    over.operation.finish(OperationState::Failed, None, now());
    assert!(!moves(&over, Generation::FIRST));
}

#[test]
fn every_node_gets_an_address_in_the_other_subnet_and_an_order_where_it_is_to_run() {
    let mut vcluster = created(2);
    vcluster.remove_node(NodeName::new(1), operation(OperationKind::RemoveNode, 2)).expect("not the last one");
    let before = vcluster.clone();
    vcluster.move_to("172.20.0.32/27".parse().expect("a subnet"));
    assert_eq!(vcluster.subnet.to_string(), "172.20.0.32/27");
    let [runs, leaves] = [0, 1].map(|index| vcluster.nodes[index].clone());
    assert_eq!((runs.ip, runs.generation), (Ipv4Addr::new(172, 20, 0, 34), Generation(2)));
    assert_eq!(runs.operation, before.nodes[0].operation, "for the same operation");
    assert_eq!(leaves, Node { ip: Ipv4Addr::new(172, 20, 0, 35), ..before.nodes[1].clone() });
}
