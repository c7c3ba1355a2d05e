//! That a stream has no gap: whatever is written while it begins comes, once, either in its snapshot or behind it.

use std::collections::BTreeSet;

use control::ports::coordination::{Assignment, AssignmentEvent};
use domain::{InstanceId, node::Generation};
use futures::future::join;
use testkit::build;

use crate::{Events, Sides, next, on_both};

on_both!(nothing_is_missed_and_nothing_comes_twice, of_many_changes_the_last_one_comes_last);

const WRITES: usize = 200;
const STREAMS: usize = 20;

/// Adds what the next event brings; every node may come only once.
async fn read(events: &mut Events<AssignmentEvent>, seen: &mut BTreeSet<InstanceId>) {
    let came = match next(events).await {
        AssignmentEvent::Snapshot { assignments, .. } if seen.is_empty() => assignments,
        AssignmentEvent::Changed(assignments) => assignments,
        other => panic!("a snapshot and then changes, not {other:?}"),
    };
    for Assignment { instance, .. } in came {
        assert!(seen.insert(instance), "{instance} came twice");
    }
}

async fn nothing_is_missed_and_nothing_comes_twice(sides: Sides) {
    let wanted: Vec<Assignment> = (0..WRITES).map(|_| build::assignment("here")).collect();
    let write = async {
        for assignment in &wanted {
            sides.publisher.assign(std::slice::from_ref(assignment)).await.expect("to assign");
            tokio::task::yield_now().await;
        }
    };
    let watch = async {
        let mut streams = Vec::new();
        // Each begins somewhere in the middle of the writing.
        for _ in 0..STREAMS {
            let (mut events, mut seen) = (sides.assignments_of("here").await, BTreeSet::new());
            read(&mut events, &mut seen).await;
            streams.push((events, seen));
        }
        streams
    };
    let ((), streams) = join(write, watch).await;
    let all: BTreeSet<InstanceId> = wanted.iter().map(|assignment| assignment.instance).collect();
    for (mut events, mut seen) in streams {
        while seen.len() < WRITES {
            read(&mut events, &mut seen).await;
        }
        assert_eq!(seen, all);
    }
}

async fn of_many_changes_the_last_one_comes_last(sides: Sides) {
    let first = build::assignment("here");
    let mut events = sides.assignments_of("here").await;
    next(&mut events).await;
    let write = async {
        for generation in 1..=100 {
            let order = Assignment { generation: Generation(generation), ..first.clone() };
            sides.publisher.assign(&[order]).await.expect("to assign");
        }
    };
    let watch = async {
        let mut last = Generation(0);
        while last < Generation(100) {
            let AssignmentEvent::Changed(changed) = next(&mut events).await else { panic!("a change") };
            assert_eq!(changed.len(), 1, "one node, once: {changed:?}");
            assert!(changed[0].generation > last, "{:?} came after {last:?}", changed[0].generation);
            last = changed[0].generation;
        }
    };
    join(write, watch).await;
}
