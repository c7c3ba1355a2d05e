//! One node by itself: what is noted of it, what it holds, since when it runs.

use uuid::Uuid;

use super::*;

fn operation() -> OperationId {
    OperationId::new(Uuid::from_u128(1))
}

fn node() -> Node {
    Node {
        id: NodeId::new(Uuid::from_u128(1)),
        name: NodeName::new(0),
        worker: "here".parse().expect("a worker name"),
        ip: Ipv4Addr::new(172, 20, 0, 2),
        generation: Generation::FIRST,
        intent: NodeIntent::Running,
        state: NodeState::Pending,
        reason: None,
        reserved: true,
        running_since: None,
        tries: 0,
        operation: operation(),
        notes: Notes::default(),
        runtime: None,
    }
}

fn out_of_memory(seconds: i64, process: Option<&str>) -> Notes {
    let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
    let told = OutOfMemory { at, process: process.map(str::to_owned), memory_mib: 512 };
    Notes { made_before: true, out_of_memory: Some(told), ..Notes::default() }
}

#[test]
fn news_is_what_was_not_noted_before() {
    let (nothing, first, second) = (Notes::default(), out_of_memory(1, Some("python3")), out_of_memory(2, None));
    for (now, before, news) in [
        (&nothing, &nothing, vec![]),
        (&first, &nothing, vec![OperationKind::MadeBefore, OperationKind::OutOfMemory]),
        (&first, &first, vec![]),
        (&second, &first, vec![OperationKind::OutOfMemory]),
        (&nothing, &first, vec![]),
    ] {
        let kinds: Vec<OperationKind> = now.news(before).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, news, "{now:?} after {before:?}");
    }
    for (notes, process) in [(&first, "python3"), (&second, "a process")] {
        let sentence = format!("{process} was killed because the node ran out of memory (512 MiB)");
        assert_eq!(notes.news(&nothing)[1].1, sentence);
    }
}

#[test]
fn of_a_lost_node_it_is_kept_since_when_it_runs_and_what_is_noted() {
    let (since, noted) = (DateTime::UNIX_EPOCH, out_of_memory(1, None));
    for (phase, kept) in [
        (Phase::Lost { reason: "the host does not answer".into() }, true),
        (Phase::Starting { step: "pulling the image".into() }, false),
        (Phase::Failed { reason: "it ended".into() }, false),
    ] {
        let mut node = node();
        let running = Observation::new(node.generation, Phase::Running { since });
        node.observe(&Observation { notes: noted.clone(), ..running }, since);
        assert_eq!((node.running_since, &node.notes), (Some(since), &noted));
        node.observe(&Observation::new(node.generation, phase.clone()), since);
        assert_eq!((node.running_since.is_some(), node.notes == noted), (kept, kept), "{phase:?}");
    }
}

#[test]
fn a_node_holds_its_place_from_the_order_to_run_on() {
    let mut node = Node { reserved: false, ..node() };
    node.order(NodeIntent::Stopped, operation());
    assert!(!node.reserved);
    node.order(NodeIntent::Running, operation());
    assert!(node.reserved);
}
