//! The lifecycle of a task: what reports and wishes make of it.

use uuid::Uuid;

use super::*;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;
const CODE_3: Outcome = Outcome { exit: Exit::Code(3), out_of_memory: false, timed_out: false, used: None };

fn task() -> Task {
    let new = NewTask {
        id: TaskId::new(Uuid::from_u128(1)),
        worker: "here".parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        runtime: None,
        resources: Resources { cpu_milli: 500, memory_mib: 256, pids: 512 },
        command: vec!["true".to_owned()].try_into().expect("a command"),
        batch: None,
    };
    new.of(UserId::new(Uuid::from_u128(2)))
}

fn told(generation: u64, phase: Phase) -> Observation {
    Observation::new(Generation(generation), phase)
}

#[test]
fn an_end_is_taken_in_once_and_nothing_changes_it() {
    let mut task = task();
    let running = told(1, Phase::Running { since: NOW });
    assert_eq!(task.observe(&running, NOW), TaskChange::Changed { orders: false });
    assert_eq!(task.observe(&told(1, Phase::Exited(CODE_3)), NOW), TaskChange::Changed { orders: true });
    let ended = task.clone();
    assert_eq!(
        (&ended.state, ended.intent, ended.generation),
        (&TaskState::Ended(CODE_3), TaskIntent::Absent, Generation(2))
    );
    let other = Outcome { exit: Exit::Code(0), out_of_memory: false, timed_out: false, used: None };
    for late in [
        running,
        told(1, Phase::Exited(CODE_3)),
        told(2, Phase::Exited(other)),
        told(2, Phase::Failed { reason: "gone".into() }),
        told(2, Phase::Stopping),
    ] {
        assert_eq!(task.observe(&late, NOW), TaskChange::None, "{late:?}");
    }
    assert_eq!(task.observe(&told(2, Phase::Absent), NOW), TaskChange::Cleared);
    assert_eq!(task, Task { cleared: true, ..ended }, "the record keeps how it ended");
}

#[test]
fn how_a_cancelled_command_ended_counts() {
    let mut running = task();
    running.observe(&told(1, Phase::Running { since: NOW }), NOW);
    assert!(running.cancel());
    assert!(!running.cancel(), "once");
    let killed = Outcome { exit: Exit::Signal(15), out_of_memory: false, timed_out: false, used: None };
    assert_eq!(running.observe(&told(1, Phase::Exited(CODE_3)), NOW), TaskChange::None, "told again for the new order");
    running.observe(&told(2, Phase::Exited(killed)), NOW);
    assert_eq!(running.state, TaskState::Ended(killed));

    let mut fresh = task();
    fresh.cancel();
    fresh.observe(&told(2, Phase::Stopped), NOW);
    assert_eq!((fresh.state, fresh.finished_at), (TaskState::Cancelled, Some(NOW)));
}

#[test]
fn what_is_over_cannot_be_cancelled() {
    let mut task = task();
    task.observe(&told(1, Phase::Failed { reason: "no such image".into() }), NOW);
    assert!(!task.cancel());
    assert_eq!(task.state, TaskState::Failed { reason: "no such image".into() });
}

#[test]
fn with_its_host_goes_what_had_not_ended() {
    let mut running = task();
    running.observe(&told(1, Phase::Running { since: NOW }), NOW);
    assert!(running.lose_host("hera is gone", NOW));
    assert!(!running.lose_host("hera is gone", NOW), "once");
    assert_eq!(running.state, TaskState::Failed { reason: "hera is gone".into() });
    let mut ended = task();
    ended.observe(&told(1, Phase::Exited(CODE_3)), NOW);
    assert!(ended.lose_host("hera is gone", NOW));
    assert_eq!((ended.state, ended.cleared), (TaskState::Ended(CODE_3), true));
}

#[test]
fn a_record_that_is_behind_runs_nothing_again() {
    let mut behind = task();
    assert!(behind.catch_up(Generation(2), NOW));
    assert_eq!((behind.generation, behind.intent), (Generation(3), TaskIntent::Absent));
    assert!(matches!(behind.state, TaskState::Failed { .. }));
    assert!(!behind.catch_up(Generation(2), NOW), "once");
    let mut reported = task();
    assert_eq!(reported.observe(&told(2, Phase::Absent), NOW), TaskChange::Changed { orders: true });
    assert_eq!(reported, behind);
    let mut ended = task();
    ended.observe(&told(1, Phase::Exited(CODE_3)), NOW);
    assert!(ended.catch_up(Generation(2), NOW));
    assert_eq!((ended.state, ended.generation), (TaskState::Ended(CODE_3), Generation(3)));
}

#[test]
fn what_was_seen_running_has_begun_whatever_comes_after() {
    let mut task = task();
    let starting = told(1, Phase::Starting { step: "pulling".into() });
    assert_eq!(task.observe(&starting, NOW), TaskChange::Changed { orders: false });
    assert_eq!(task.observe(&starting, NOW), TaskChange::None, "told again");
    task.observe(&told(1, Phase::Lost { reason: "away".into() }), NOW);
    assert!(!task.begun);
    task.observe(&told(1, Phase::Running { since: NOW }), NOW);
    task.observe(&told(1, Phase::Lost { reason: "away".into() }), NOW);
    assert!(task.begun);
}

#[test]
fn of_what_had_begun_and_is_gone_it_is_not_said_that_it_never_ran() {
    let mut task = task();
    let mut starting = told(1, Phase::Starting { step: "waiting for docklet-init".into() });
    starting.notes.begun = true;
    task.observe(&starting, NOW);
    assert!(task.begun);
    task.cancel();
    task.observe(&told(2, Phase::Stopped), NOW);
    assert!(matches!(&task.state, TaskState::Failed { reason } if reason.contains("not known")), "{task:?}");
}
