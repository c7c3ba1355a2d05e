//! Wishes and which drivers hear of them.

use control::ports::coordination::{Assignment, Order};
use domain::node::Generation;
use testkit::build;

use super::*;

fn generation_of(seat: &Seat) -> u64 {
    match &*seat.wish.borrow() {
        Wish::Assigned(assignment) => assignment.generation.0,
        other => panic!("{other:?} is no assignment"),
    }
}

fn later(assignment: &Assignment, generation: u64, order: Order) -> Assignment {
    Assignment { generation: Generation(generation), order, ..assignment.clone() }
}

#[test]
fn only_a_later_order_is_passed_on() {
    let roster = Roster::default();
    let first = build::assignment("here");
    let mut seat = roster.assign(later(&first, 5, Order::Run)).expect("a new node");
    for refused in [later(&first, 4, Order::Remove), later(&first, 5, Order::Stop)] {
        assert!(roster.assign(refused).is_none());
        assert!(!seat.wish.has_changed().expect("the roster is there"));
    }
    assert!(roster.assign(later(&first, 6, Order::Stop)).is_none());
    assert!(seat.wish.has_changed().expect("the roster is there"));
    seat.wish.mark_unchanged();
    assert_eq!(generation_of(&seat), 6);
}

#[test]
fn a_withdrawn_node_leaves_unless_it_is_wanted_again() {
    let roster = Roster::default();
    let assignment = build::assignment("here");
    let seat = roster.assign(assignment.clone()).expect("a new node");
    assert!(!roster.leave(seat.node), "it is assigned");
    roster.withdraw(seat.node);
    assert_eq!(roster.assigned(), []);
    // The same generation again: nothing is known of it any more, so it counts.
    assert!(roster.assign(assignment.clone()).is_none(), "its driver is still there");
    assert!(!roster.leave(seat.node));
    roster.withdraw(seat.node);
    assert!(roster.leave(seat.node));
    assert!(roster.assign(assignment).is_some(), "it needs a driver");
}

#[test]
fn an_orphan_never_takes_the_place_of_an_assignment() {
    let roster = Roster::default();
    let assignment = build::assignment("here");
    let (node, vcluster) = (assignment.node, Some(assignment.vcluster));
    assert!(roster.orphan(node, vcluster, Some("c".into())).is_none(), "not all assignments are known yet");
    let (mut seats, gone) = roster.replace(vec![assignment.clone()], true);
    assert_eq!(gone, []);
    let seat = seats.pop().expect("a new node");
    assert!(roster.orphan(node, vcluster, Some("c".into())).is_none());
    assert_eq!(generation_of(&seat), 1);
    roster.withdraw(node);
    assert!(roster.orphan(node, vcluster, Some("c".into())).is_none(), "its driver does it");
    assert!(matches!(&*seat.wish.borrow(), Wish::Orphan { container: Some(id) } if id == "c"));
    roster.assign(assignment);
    roster.forget_orphan(node);
    assert_eq!(generation_of(&seat), 1, "assigned meanwhile");
}

#[test]
fn a_network_stays_while_a_node_stays_and_the_last_one_knows_that_it_is() {
    let roster = Roster::default();
    let [one, two] = build::assignments("here", 2).try_into().expect("two");
    let vcluster = one.vcluster;
    let _seats = [roster.assign(one.clone()), roster.assign(two.clone())];
    roster.assign(later(&one, 2, Order::Remove));
    assert!(roster.stays(vcluster));
    roster.assign(later(&two, 2, Order::Remove));
    assert!(!roster.stays(vcluster) && roster.knows(vcluster));
    assert!(roster.others_are_leaving(vcluster, one.node));
    roster.set_cleared(two.node);
    assert!(!roster.others_are_leaving(vcluster, one.node));
}

#[test]
fn a_node_whose_driver_broke_off_is_found() {
    let roster = Roster::default();
    let assignment = build::assignment("here");
    let seat = roster.assign(assignment.clone()).expect("a new node");
    assert!(roster.take_out_broken().is_empty());
    drop(seat);
    let broken = roster.take_out_broken();
    assert_eq!(broken.iter().map(|a| a.node).collect::<Vec<_>>(), [assignment.node]);
    assert!(roster.assign(assignment).is_some());
}

#[test]
fn nothing_is_believed_of_a_snapshot_that_is_not_complete() {
    let roster = Roster::default();
    let [one, two] = build::assignments("here", 2).try_into().expect("two");
    let (seats, gone) = roster.replace(vec![one.clone(), two.clone()], false);
    assert_eq!((seats.len(), gone, roster.is_complete()), (0, vec![], false));
    let (seats, _) = roster.replace(vec![one.clone(), two.clone()], true);
    assert_eq!(seats.len(), 2);
    let older = later(&one, 7, Order::Remove);
    let (seats, gone) = roster.replace(vec![older], false);
    assert_eq!((seats.len(), gone, roster.is_complete()), (0, vec![], false));
    assert!(roster.wants(two.node), "it is missing in what may be an older copy");
    let (seats, gone) = roster.replace(vec![one], true);
    assert_eq!((seats.len(), gone, roster.is_complete()), (0, vec![two.node], true));
}
