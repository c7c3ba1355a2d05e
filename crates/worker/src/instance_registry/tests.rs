//! What is desired, and which drivers hear of it.

use control::ports::coordination::{Assignment, Order};
use domain::node::Generation;
use testkit::build;
use testkit::build::OfNode as _;

use super::*;

fn generation_of(handle: &DriverHandle) -> u64 {
    match &*handle.desired.borrow() {
        Desired::Assigned(assignment) => assignment.generation.0,
        other => panic!("{other:?} is no assignment"),
    }
}

fn later(assignment: &Assignment, generation: u64, order: Order) -> Assignment {
    Assignment { generation: Generation(generation), order, ..assignment.clone() }
}

#[test]
fn only_a_later_order_is_passed_on() {
    let instances = InstanceRegistry::default();
    let first = build::assignment("here");
    let mut handle = instances.assign(later(&first, 5, Order::Run)).expect("a new node");
    for refused in [later(&first, 4, Order::Remove), later(&first, 5, Order::Stop)] {
        assert!(instances.assign(refused).is_none());
        assert!(!handle.desired.has_changed().expect("the registry is there"));
    }
    assert!(instances.assign(later(&first, 6, Order::Stop)).is_none());
    assert!(handle.desired.has_changed().expect("the registry is there"));
    handle.desired.mark_unchanged();
    assert_eq!(generation_of(&handle), 6);
}

#[test]
fn a_withdrawn_node_leaves_unless_it_is_wanted_again() {
    let instances = InstanceRegistry::default();
    let assignment = build::assignment("here");
    let handle = instances.assign(assignment.clone()).expect("a new node");
    assert!(!instances.leave(handle.instance), "it is assigned");
    instances.withdraw(handle.instance);
    assert_eq!(instances.assigned(), []);
    // The same generation again: nothing is known of it any more, so it counts.
    assert!(instances.assign(assignment.clone()).is_none(), "its driver is still there");
    assert!(!instances.leave(handle.instance));
    instances.withdraw(handle.instance);
    assert!(instances.leave(handle.instance));
    assert!(instances.assign(assignment).is_some(), "it needs a driver");
}

#[test]
fn an_orphan_never_takes_the_place_of_an_assignment() {
    let instances = InstanceRegistry::default();
    let assignment = build::assignment("here");
    let (node, vcluster) = (assignment.instance, Some(assignment.place().vcluster));
    assert!(instances.orphan(node, vcluster, Some("c".into())).is_none(), "not all assignments are known yet");
    let (mut handles, gone) = instances.replace(vec![assignment.clone()], true);
    assert_eq!(gone, []);
    let handle = handles.pop().expect("a new node");
    assert!(instances.orphan(node, vcluster, Some("c".into())).is_none());
    assert_eq!(generation_of(&handle), 1);
    instances.withdraw(node);
    assert!(instances.orphan(node, vcluster, Some("c".into())).is_none(), "its driver does it");
    assert!(matches!(&*handle.desired.borrow(), Desired::Orphan { container: Some(id) } if id == "c"));
    instances.assign(assignment);
    instances.forget_orphan(node);
    assert_eq!(generation_of(&handle), 1, "assigned meanwhile");
}

#[test]
fn a_network_stays_while_a_node_stays_and_the_last_one_knows_that_it_is() {
    let instances = InstanceRegistry::default();
    let [one, two] = build::assignments("here", 2).try_into().expect("two");
    let vcluster = one.place().vcluster;
    let _handles = [instances.assign(one.clone()), instances.assign(two.clone())];
    instances.assign(later(&one, 2, Order::Remove));
    assert!(instances.stays(vcluster));
    instances.assign(later(&two, 2, Order::Remove));
    assert!(!instances.stays(vcluster) && instances.knows(vcluster));
    assert!(instances.others_are_leaving(vcluster, one.instance));
    instances.set_cleared(two.instance);
    assert!(!instances.others_are_leaving(vcluster, one.instance));
}

#[test]
fn a_node_whose_driver_broke_off_is_found() {
    let instances = InstanceRegistry::default();
    let assignment = build::assignment("here");
    let handle = instances.assign(assignment.clone()).expect("a new node");
    assert!(instances.take_out_broken().is_empty());
    drop(handle);
    let broken = instances.take_out_broken();
    assert_eq!(broken.iter().map(|a| a.instance).collect::<Vec<_>>(), [assignment.instance]);
    assert!(instances.assign(assignment).is_some());
}

#[test]
fn nothing_is_believed_of_a_snapshot_that_is_not_complete() {
    let instances = InstanceRegistry::default();
    let [one, two] = build::assignments("here", 2).try_into().expect("two");
    let (handles, gone) = instances.replace(vec![one.clone(), two.clone()], false);
    assert_eq!((handles.len(), gone, instances.is_complete()), (0, vec![], false));
    let (handles, _) = instances.replace(vec![one.clone(), two.clone()], true);
    assert_eq!(handles.len(), 2);
    let older = later(&one, 7, Order::Remove);
    let (handles, gone) = instances.replace(vec![older], false);
    assert_eq!((handles.len(), gone, instances.is_complete()), (0, vec![], false));
    assert!(instances.wants(two.instance), "it is missing in what may be an older copy");
    let (handles, gone) = instances.replace(vec![one], true);
    assert_eq!((handles.len(), gone, instances.is_complete()), (0, vec![two.instance], true));
}
