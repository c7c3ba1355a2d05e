//! What publishing does to what is there.

use std::collections::BTreeSet;

use control::ports::coordination::{Answer, Assignment, AssignmentEvent, Newer, Order, Orphan, ReportEvent, Verdict};
use domain::node::{Generation, Phase};
use testkit::build;

use crate::{Sides, next, nothing_but, on_both};

on_both!(
    an_assignment_reaches_its_worker_and_nobody_else,
    the_nodes_of_a_vcluster_come_together,
    a_task_and_its_orphan_come_as_they_were,
    an_older_order_never_replaces_a_newer_one,
    of_several_orders_for_a_node_the_newest_counts,
    what_is_there_already_is_not_told_again,
    withdrawing_takes_the_assignment_and_the_report,
    withdrawing_what_is_not_there_succeeds,
    everything_is_made_exactly_what_is_wanted,
    everything_again_changes_nothing,
    more_than_etcd_takes_at_once_is_published_all_the_same,
    reports_about_nobody_go_when_everything_is_published,
    nothing_is_called_complete_that_was_published_before_the_watch,
    what_was_published_during_a_round_stays,
    an_assignment_newer_than_the_one_taken_back_stays,
    what_belongs_to_a_spared_vcluster_stays,
    answers_come_behind_a_complete_snapshot_and_as_they_are_given,
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
    sides.publisher.assign(std::slice::from_ref(&mine)).await.expect("to assign");
    sides.publisher.assign(std::slice::from_ref(&other)).await.expect("to assign");
    assert_eq!(next(&mut here).await, changed(&mine));
    assert_eq!(next(&mut there).await, changed(&other));
}

async fn the_nodes_of_a_vcluster_come_together(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let mut wanted = build::assignments("here", 16);
    sides.publisher.assign(&wanted).await.expect("to assign");
    let AssignmentEvent::Changed(mut came) = next(&mut events).await else { panic!("a change") };
    wanted.sort_by_key(|assignment| assignment.instance);
    came.sort_by_key(|assignment| assignment.instance);
    assert_eq!(came, wanted);
}

async fn a_task_and_its_orphan_come_as_they_were(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let task = build::task("here", &["sh", "-c", "echo '\"'"]);
    sides.publisher.assign(std::slice::from_ref(&task)).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&task));
    let mut reports = sides.reports().await;
    next(&mut reports).await;
    let (instance, worker, owner) = (task.instance, task.worker.clone(), task.owner);
    let orphan = Orphan { instance, worker, vcluster: None, owner, generation: task.generation };
    sides.coordination.ask(std::slice::from_ref(&orphan)).await.expect("to ask");
    assert_eq!(next(&mut reports).await, ReportEvent::Orphans(vec![orphan]));
}

async fn an_older_order_never_replaces_a_newer_one(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let first = build::assignment("here");
    let stop = newer(&first, Order::Stop);
    sides.publisher.assign(std::slice::from_ref(&stop)).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&stop));
    // Neither alone, nor beside others, which go through, nor with everything.
    let marker = build::assignment("here");
    let known = [Newer { instance: first.instance, generation: stop.generation, order: stop.order }];
    assert_eq!(sides.publisher.assign(std::slice::from_ref(&first)).await.expect("what is there is newer"), known);
    assert_eq!(sides.publisher.assign(&[first.clone(), marker.clone()]).await.expect("no error"), known);
    nothing_but(&mut events, changed(&marker)).await;
    // Nor another one with the same number, as a record has it that was restored from a backup.
    let other = Assignment { order: Order::Remove, ..stop.clone() };
    assert_eq!(sides.publisher.assign(&[other]).await.expect("no error"), known);
    assert_eq!(sides.publisher.assign_all(&[first, marker.clone()]).await.expect("no error"), known);
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
    sides.publisher.assign(&[first.clone(), stop.clone(), first]).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&stop));
}

async fn what_is_there_already_is_not_told_again(sides: Sides) {
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let (first, marker) = (build::assignment("here"), build::assignment("here"));
    for _ in 0..3 {
        sides.publisher.assign(std::slice::from_ref(&first)).await.expect("to assign");
    }
    assert_eq!(next(&mut events).await, changed(&first));
    sides.publisher.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    nothing_but(&mut events, changed(&marker)).await;
    // The same generation with another content is a correction.
    let corrected = Assignment { image: "docklet/full".parse().expect("an image"), ..first };
    sides.publisher.assign(std::slice::from_ref(&corrected)).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&corrected));
}

async fn withdrawing_takes_the_assignment_and_the_report(sides: Sides) {
    let gone = build::assignment("here");
    sides.publisher.assign(std::slice::from_ref(&gone)).await.expect("to assign");
    sides.coordination.report(&[build::report(&gone, Phase::Absent)]).await.expect("to report");
    let mut events = sides.assignments_of("here").await;
    assert_eq!(next(&mut events).await, snapshot(vec![gone.clone()], false));
    sides.publisher.withdraw(&[(gone.worker.clone(), gone.instance, gone.generation)]).await.expect("to withdraw");
    assert_eq!(next(&mut events).await, AssignmentEvent::Withdrawn(vec![gone.instance]));
    assert_eq!(sides.coordination.last_reports(&gone.worker).await.expect("reports"), []);
}

async fn withdrawing_what_is_not_there_succeeds(sides: Sides) {
    let never = build::assignment("here");
    let place = (never.worker, never.instance, never.generation);
    sides.publisher.withdraw(&[place.clone(), place]).await.expect("nothing to do");
    sides.publisher.withdraw(&[]).await.expect("nothing to do");
}

async fn everything_is_made_exactly_what_is_wanted(sides: Sides) {
    let [kept, surplus, missing] = [(); 3].map(|()| build::assignment("here"));
    sides.publisher.assign(&[kept.clone(), surplus.clone()]).await.expect("to assign");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    sides.publisher.assign_all(&[kept.clone(), missing.clone()]).await.expect("to assign everything");
    assert_eq!(next(&mut events).await, changed(&missing));
    assert_eq!(next(&mut events).await, AssignmentEvent::Withdrawn(vec![surplus.instance]));
    let AssignmentEvent::Snapshot { assignments, complete: true } = next(&mut events).await else {
        panic!("a snapshot")
    };
    assert!(assignments.contains(&kept) && assignments.contains(&missing) && assignments.len() == 2, "{assignments:?}");
    // A worker without assignments is told so, too, once everything is published behind the beginning of its watch.
    let mut elsewhere = sides.assignments_of("elsewhere").await;
    assert_eq!(next(&mut elsewhere).await, snapshot(vec![], false));
    sides.publisher.assign_all(&[kept, missing]).await.expect("to assign everything");
    assert_eq!(next(&mut elsewhere).await, snapshot(vec![], true));
}

async fn more_than_etcd_takes_at_once_is_published_all_the_same(sides: Sides) {
    let long = "x".repeat(30 * 1024);
    let mut wanted: Vec<Assignment> = (0..60).map(|_| build::task("here", &[&long])).collect();
    wanted.sort_by_key(|assignment| assignment.instance);
    sides.publisher.assign_all(&wanted).await.expect("to assign everything");
    let mut events = sides.assignments_of("here").await;
    let AssignmentEvent::Snapshot { mut assignments, .. } = next(&mut events).await else { panic!("a snapshot") };
    assignments.sort_by_key(|assignment| assignment.instance);
    assert!(assignments == wanted, "{} of {} have come as they were", assignments.len(), wanted.len());
}

async fn nothing_is_called_complete_that_was_published_before_the_watch(sides: Sides) {
    let wanted = build::assignments("here", 2);
    sides.publisher.assign_all(&wanted).await.expect("to assign everything");
    let round = sides.publisher.open_round().await.expect("a round");
    let mut events = sides.assignments_of("here").await;
    let AssignmentEvent::Snapshot { assignments, complete: false } = next(&mut events).await else {
        panic!("a snapshot that may be an older copy")
    };
    assert_eq!(assignments.len(), 2);
    // The round began before the watch did: what it has read may be older than what the worker has seen.
    sides.publisher.close_round(round, &wanted, &BTreeSet::new()).await.expect("to assign everything");
    let marker = build::assignment("here");
    sides.publisher.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    nothing_but(&mut events, changed(&marker)).await;
}

async fn what_was_published_during_a_round_stays(sides: Sides) {
    let surplus = build::assignment("here");
    sides.publisher.assign(std::slice::from_ref(&surplus)).await.expect("to assign");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let round = sides.publisher.open_round().await.expect("a round");
    // Another control has committed and published these; the record that was read knows neither.
    let (fresh, newer) = (build::assignment("here"), newer(&surplus, Order::Stop));
    sides.publisher.assign(std::slice::from_ref(&fresh)).await.expect("to assign");
    sides.publisher.assign(std::slice::from_ref(&newer)).await.expect("to assign");
    assert_eq!(next(&mut events).await, changed(&fresh));
    assert_eq!(next(&mut events).await, changed(&newer));
    sides.publisher.close_round(round, &[], &BTreeSet::new()).await.expect("to assign everything");
    let AssignmentEvent::Snapshot { mut assignments, complete: true } = next(&mut events).await else {
        panic!("nothing is withdrawn")
    };
    assignments.sort_by_key(|assignment| assignment.instance);
    let mut both = vec![fresh, newer];
    both.sort_by_key(|assignment| assignment.instance);
    assert_eq!(assignments, both);
}

async fn an_assignment_newer_than_the_one_taken_back_stays(sides: Sides) {
    let first = build::assignment("here");
    let newer = newer(&first, Order::Run);
    sides.publisher.assign(std::slice::from_ref(&newer)).await.expect("to assign");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    sides.publisher.withdraw(&[(first.worker, first.instance, first.generation)]).await.expect("to withdraw");
    let marker = build::assignment("here");
    sides.publisher.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    nothing_but(&mut events, changed(&marker)).await;
}

async fn what_belongs_to_a_spared_vcluster_stays(sides: Sides) {
    let (spared, surplus) = (build::assignment("here"), build::assignment("here"));
    sides.publisher.assign(&[spared.clone(), surplus.clone()]).await.expect("to assign");
    let report = build::report(&spared, Phase::Stopped);
    sides.coordination.report(std::slice::from_ref(&report)).await.expect("to report");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let round = sides.publisher.open_round().await.expect("a round");
    let unreadable = BTreeSet::from([spared.subject()]);
    sides.publisher.close_round(round, &[], &unreadable).await.expect("to assign everything");
    assert_eq!(next(&mut events).await, AssignmentEvent::Withdrawn(vec![surplus.instance]));
    assert_eq!(next(&mut events).await, snapshot(vec![spared.clone()], true));
    assert_eq!(sides.coordination.last_reports(&spared.worker).await.expect("reports"), [report]);
}

async fn answers_come_behind_a_complete_snapshot_and_as_they_are_given(sides: Sides) {
    let (early, late) = (build::assignment("here"), build::assignment("here"));
    let remove = Verdict::Remove { generation: Generation(3) };
    let answer = |node: &Assignment, verdict| Answer { instance: node.instance, worker: node.worker.clone(), verdict };
    sides.publisher.answer(&[answer(&early, remove)]).await.expect("to answer");
    let mut events = sides.assignments_of("here").await;
    assert_eq!(next(&mut events).await, snapshot(vec![], false), "an older copy may hold older answers");
    sides.publisher.assign_all(&[]).await.expect("to assign everything");
    assert_eq!(next(&mut events).await, snapshot(vec![], true));
    assert_eq!(next(&mut events).await, AssignmentEvent::Answered(vec![answer(&early, remove)]));
    sides.publisher.answer(&[answer(&late, Verdict::Keep)]).await.expect("to answer");
    assert_eq!(next(&mut events).await, AssignmentEvent::Answered(vec![answer(&late, Verdict::Keep)]));
    sides.publisher.take_back(&[(early.worker.clone(), early.instance)]).await.expect("to take back");
    let mut again = sides.assignments_of("here").await;
    next(&mut again).await;
    sides.publisher.assign_all(&[]).await.expect("to assign everything");
    assert_eq!(next(&mut again).await, snapshot(vec![], true));
    assert_eq!(next(&mut again).await, AssignmentEvent::Answered(vec![answer(&late, Verdict::Keep)]));
}

async fn everything_again_changes_nothing(sides: Sides) {
    let wanted = build::assignments("here", 3);
    sides.publisher.assign_all(&wanted).await.expect("to assign everything");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    sides.publisher.assign_all(&wanted).await.expect("to assign everything");
    assert!(matches!(next(&mut events).await, AssignmentEvent::Snapshot { complete: true, .. }));
    sides.publisher.assign_all(&wanted).await.expect("to assign everything");
    let marker = Assignment { generation: Generation(9), ..wanted[0].clone() };
    sides.publisher.assign(std::slice::from_ref(&marker)).await.expect("to assign");
    nothing_but(&mut events, changed(&marker)).await;
}

async fn reports_about_nobody_go_when_everything_is_published(sides: Sides) {
    let (kept, gone) = (build::assignment("here"), build::assignment("here"));
    let report = build::report(&kept, Phase::Stopped);
    sides.coordination.report(&[report.clone(), build::report(&gone, Phase::Absent)]).await.expect("to report");
    sides.publisher.assign_all(std::slice::from_ref(&kept)).await.expect("to assign everything");
    assert_eq!(sides.coordination.last_reports(&kept.worker).await.expect("reports"), [report]);
}
