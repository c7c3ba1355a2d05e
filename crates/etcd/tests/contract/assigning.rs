//! What publishing does to what is there.

use control::ports::coordination::{Assignment, AssignmentEvent, Order};
use domain::node::{Generation, Phase};
use testkit::build;

use crate::{Sides, next, nothing_but, on_both};

on_both!(
    an_assignment_reaches_its_worker_and_nobody_else,
    the_nodes_of_a_vcluster_come_together,
    an_older_order_never_replaces_a_newer_one,
    of_several_orders_for_a_node_the_newest_counts,
    what_is_there_already_is_not_told_again,
    withdrawing_takes_the_assignment_and_the_report,
    withdrawing_what_is_not_there_succeeds,
    everything_is_made_exactly_what_is_wanted,
    everything_again_changes_nothing,
    reports_about_nobody_go_when_everything_is_published,
);

fn snapshot(assignments: Vec<Assignment>, complete: bool) -> AssignmentEvent {
    AssignmentEvent::Snapshot { assignments, complete }
}

fn changed(assignment: &Assignment) -> AssignmentEvent {
    AssignmentEvent::Changed(vec![assignment.clone()])
}

fn newer(assignment: &Assignment, order: Order) -> Assignment {
    Assignment { generation: assignment.generation.next(), order, ..assignment.clone() }
}

async fn an_assignment_reaches_its_worker_and_nobody_else(sides: Sides) {
    let (mut here, mut there) = (sides.assignments_of("here").await, sides.assignments_of("here-2").await);
    assert_eq!(next(&mut here).await, snapshot(vec![], false));
    assert_eq!(next(&mut there).await, snapshot(vec![], false));
    let (mine, other) = (build::assignment("here"), build::assignment("here-2"));
    sides.dispatch.assign(std::slice::from_ref(&mine)).await.expect("to assign");
    sides.dispatch.assign(std::slice::from_ref(&other)).await.expect("to assign");
    assert_eq!(next(&mut here).await, changed(&mine));
    assert_eq!(next(&mut there).await, changed(&other));
}

async fn the_nodes_of_a_vcluster_come_together(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let mut wanted = build::assignments("here", 16);
    sides.dispatch.assign(&wanted).await.expect("to assign");
    let AssignmentEvent::Changed(mut came) = next(&mut events).await else { panic!("a change") };
    wanted.sort_by_key(|assignment| assignment.node);
    came.sort_by_key(|assignment| assignment.node);
    assert_eq!(came, wanted);
}

async fn an_older_order_never_replaces_a_newer_one(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let first = build::assignment("here");
    let stop = newer(&first, Order::Stop);
    sides.dispatch.assign(std::slice::from_ref(&stop)).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&stop));
    // Neither alone, nor beside others, which go through, nor with everything.
    let marker = build::assignment("here");
    sides.dispatch.assign(std::slice::from_ref(&first)).await.expect("no error: what is there is newer");
    sides.dispatch.assign(&[first.clone(), marker.clone()]).await.expect("no error");
    nothing_but(&mut events, changed(&marker)).await;
    sides.dispatch.assign_all(&[first, marker.clone()]).await.expect("no error");
    let AssignmentEvent::Snapshot { assignments, complete: true } = next(&mut events).await else {
        panic!("a snapshot")
    };
    assert!(assignments.contains(&stop) && assignments.contains(&marker) && assignments.len() == 2, "{assignments:?}");
}

async fn of_several_orders_for_a_node_the_newest_counts(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let first = build::assignment("here");
    let stop = newer(&first, Order::Stop);
    sides.dispatch.assign(&[first.clone(), stop.clone(), first]).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&stop));
}

async fn what_is_there_already_is_not_told_again(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let (first, marker) = (build::assignment("here"), build::assignment("here"));
    for _ in 0..3 {
        sides.dispatch.assign(std::slice::from_ref(&first)).await.expect("to assign");
    }
    assert_eq!(next(&mut events).await, changed(&first));
    sides.dispatch.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    nothing_but(&mut events, changed(&marker)).await;
    // The same generation with another content is a correction.
    let corrected = Assignment { image: "docklet/full".parse().expect("an image"), ..first };
    sides.dispatch.assign(std::slice::from_ref(&corrected)).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&corrected));
}

async fn withdrawing_takes_the_assignment_and_the_report(sides: Sides) {
    let gone = build::assignment("here");
    sides.dispatch.assign(std::slice::from_ref(&gone)).await.expect("to assign");
    sides.duty.report(&[build::report(&gone, Phase::Absent)]).await.expect("to report");
    let mut events = sides.assignments_of("here").await;
    assert_eq!(next(&mut events).await, snapshot(vec![gone.clone()], false));
    sides.dispatch.withdraw(&[(gone.worker.clone(), gone.node)]).await.expect("to withdraw");
    assert_eq!(next(&mut events).await, AssignmentEvent::Withdrawn(vec![gone.node]));
    assert_eq!(sides.duty.last_reports(&gone.worker).await.expect("reports"), []);
}

async fn withdrawing_what_is_not_there_succeeds(sides: Sides) {
    let never = build::assignment("here");
    let place = (never.worker, never.node);
    sides.dispatch.withdraw(&[place.clone(), place]).await.expect("nothing to do");
    sides.dispatch.withdraw(&[]).await.expect("nothing to do");
}

async fn everything_is_made_exactly_what_is_wanted(sides: Sides) {
    let [kept, surplus, missing] = [(); 3].map(|()| build::assignment("here"));
    sides.dispatch.assign(&[kept.clone(), surplus.clone()]).await.expect("to assign");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    sides.dispatch.assign_all(&[kept.clone(), missing.clone()]).await.expect("to assign everything");
    assert_eq!(next(&mut events).await, changed(&missing));
    assert_eq!(next(&mut events).await, AssignmentEvent::Withdrawn(vec![surplus.node]));
    let AssignmentEvent::Snapshot { assignments, complete: true } = next(&mut events).await else {
        panic!("a snapshot")
    };
    assert!(assignments.contains(&kept) && assignments.contains(&missing) && assignments.len() == 2, "{assignments:?}");
    // Who comes later sees the same.
    let AssignmentEvent::Snapshot { assignments, complete: true } = next(&mut sides.assignments_of("here").await).await
    else {
        panic!("a complete snapshot")
    };
    assert_eq!(assignments.len(), 2);
    // A worker without assignments knows that it has none.
    assert_eq!(next(&mut sides.assignments_of("elsewhere").await).await, snapshot(vec![], true));
}

async fn everything_again_changes_nothing(sides: Sides) {
    let wanted = build::assignments("here", 3);
    sides.dispatch.assign_all(&wanted).await.expect("to assign everything");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    sides.dispatch.assign_all(&wanted).await.expect("to assign everything");
    let marker = Assignment { generation: Generation(9), ..wanted[0].clone() };
    sides.dispatch.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    nothing_but(&mut events, changed(&marker)).await;
}

async fn reports_about_nobody_go_when_everything_is_published(sides: Sides) {
    let (kept, gone) = (build::assignment("here"), build::assignment("here"));
    let report = build::report(&kept, Phase::Stopped);
    sides.duty.report(&[report.clone(), build::report(&gone, Phase::Absent)]).await.expect("to report");
    sides.dispatch.assign_all(std::slice::from_ref(&kept)).await.expect("to assign everything");
    assert_eq!(sides.duty.last_reports(&kept.worker).await.expect("reports"), [report]);
}
