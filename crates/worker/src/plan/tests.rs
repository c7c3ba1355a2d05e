//! The whole table: every order over everything that can be seen, with every past.

use super::{plan as plan_after, *};

/// Without a restart.
fn plan(order: Order, generation: Generation, seen: Seen, past: &Past) -> Step {
    after_restarts(order, generation, seen, past, &[])
}

fn after_restarts(order: Order, generation: Generation, seen: Seen, past: &Past, restarts: &[Restart]) -> Step {
    plan_after(Wanted { order, generation, runs: Runs::On }, seen, past, restarts)
}

const NOW: Generation = Generation(5);

fn ours(created_for: u64, run: RunState) -> Seen {
    Seen::Ours { id: "c".into(), created_for: Generation(created_for), run }
}

fn running() -> RunState {
    RunState::Running { since: DateTime::UNIX_EPOCH }
}

fn exited(code: i64) -> RunState {
    RunState::Exited { code, out_of_memory: false, at: DateTime::UNIX_EPOCH }
}

fn everything() -> Vec<Seen> {
    let states = [RunState::Created, running(), RunState::Paused, exited(0), RunState::Dead];
    let mut all = vec![Seen::Nothing, Seen::Foreign];
    all.extend(states.into_iter().flat_map(|run| [ours(5, run), ours(4, run)]));
    all
}

fn id() -> String {
    "c".into()
}

fn down(reason: &str) -> Down {
    Down { reason: reason.into(), ended: DateTime::UNIX_EPOCH }
}

fn pasts() -> [Past; 5] {
    let (interrupted, failed) = (Past::Interrupted(down("it went down")), Past::Failed("it broke".into()));
    [Past::Nothing, Past::Unclear, Past::Ran, interrupted, failed]
}

#[test]
fn a_new_order_to_run_brings_the_node_up_from_wherever_it_is() {
    let adopt = Step::Adopt { id: id(), since: DateTime::UNIX_EPOCH };
    for (seen, step) in [
        (Seen::Nothing, Step::Create),
        (Seen::Foreign, Step::Failed(Cause::NameTaken)),
        (ours(5, RunState::Created), Step::Start { id: id() }),
        (ours(4, RunState::Created), Step::Discard { id: id() }),
        (ours(5, running()), adopt.clone()),
        (ours(4, running()), adopt),
        (ours(5, RunState::Paused), Step::Start { id: id() }),
        (ours(4, exited(137)), Step::Start { id: id() }),
        (ours(5, exited(0)), Step::Start { id: id() }),
        (ours(4, RunState::Dead), Step::Discard { id: id() }),
    ] {
        assert_eq!(plan(Order::Run, NOW, seen.clone(), &Past::Nothing), step, "{seen:?}");
    }
}

#[test]
fn a_node_that_ran_and_does_not_any_more_has_failed_and_is_not_started_behind_its_owners_back() {
    for (seen, cause) in [
        (Seen::Nothing, Cause::Removed),
        (Seen::Foreign, Cause::Removed),
        (ours(5, RunState::Created), Cause::Removed),
        (ours(5, RunState::Dead), Cause::Removed),
        (ours(5, RunState::Paused), Cause::Paused),
        (ours(5, exited(137)), Cause::Ended { id: id(), code: 137, out_of_memory: false }),
    ] {
        assert_eq!(plan(Order::Run, NOW, seen.clone(), &Past::Ran), Step::Failed(cause), "{seen:?}");
    }
}

#[test]
fn a_failure_keeps_its_first_reason_until_a_new_order() {
    let past = Past::Failed("it broke".into());
    let again = Step::Failed(Cause::Before("it broke".into()));
    for seen in
        everything().into_iter().filter(|seen| !matches!(seen, Seen::Ours { run: RunState::Running { .. }, .. }))
    {
        assert_eq!(plan(Order::Run, NOW, seen.clone(), &past), again, "{seen:?}");
    }
}

#[test]
fn what_runs_is_adopted_whatever_was_before() {
    for past in pasts() {
        for created_for in [1, 5] {
            let step = plan(Order::Run, NOW, ours(created_for, running()), &past);
            assert_eq!(step, Step::Adopt { id: id(), since: DateTime::UNIX_EPOCH }, "{past:?}");
        }
    }
}

#[test]
fn a_stop_stops_what_runs_and_keeps_the_container() {
    for past in pasts() {
        for seen in everything() {
            let step = plan(Order::Stop, NOW, seen.clone(), &past);
            let moves = matches!(seen, Seen::Ours { run: RunState::Running { .. } | RunState::Paused, .. });
            assert_eq!(step, if moves { Step::Stop { id: id() } } else { Step::Stopped }, "{seen:?}");
        }
    }
}

#[test]
fn a_removal_removes_ours_and_never_a_foreign_container() {
    for past in pasts() {
        for seen in everything() {
            let step = plan(Order::Remove, NOW, seen.clone(), &past);
            let there = matches!(seen, Seen::Ours { .. });
            assert_eq!(step, if there { Step::Remove { id: id() } } else { Step::Clear }, "{seen:?}");
        }
    }
}

#[test]
fn when_it_is_unclear_what_was_only_what_cannot_have_run_is_brought_up() {
    let ended = Cause::Ended { id: id(), code: 255, out_of_memory: false };
    for (seen, step) in [
        (Seen::Nothing, Step::Create),
        (Seen::Foreign, Step::Failed(Cause::NameTaken)),
        (ours(5, RunState::Created), Step::Start { id: id() }),
        (ours(5, RunState::Dead), Step::Discard { id: id() }),
        (ours(5, exited(255)), Step::Failed(ended)),
        (ours(5, RunState::Paused), Step::Failed(Cause::Paused)),
    ] {
        assert_eq!(plan(Order::Run, NOW, seen.clone(), &Past::Unclear), step, "{seen:?}");
    }
}

#[test]
fn an_order_older_than_the_container_is_refused_whatever_it_is() {
    for order in [Order::Run, Order::Stop, Order::Remove] {
        for run in [RunState::Created, running(), RunState::Paused, exited(0), RunState::Dead] {
            for past in pasts() {
                assert_eq!(
                    plan(order, NOW, ours(6, run), &past),
                    Step::Refuse { known: Generation(6) },
                    "{order:?} {run:?}"
                );
            }
        }
    }
}

/// One at the moment at which everything in these tests has ended.
fn restart() -> Restart {
    let moment = "1970-01-01T00:00:00Z";
    let restart = serde_json::json!({"last_seen": moment, "back": moment, "of_host": true});
    serde_json::from_value(restart).expect("a restart")
}

#[test]
fn what_went_down_with_the_engine_says_so_whatever_was_said_of_it_before() {
    let after = |seen: Seen, past: &Past| after_restarts(Order::Run, NOW, seen, past, &[restart()]);
    let interrupted = Step::Interrupted(down("the host was restarted"));
    for past in [Past::Unclear, Past::Ran, Past::Failed("the node was stopped outside Docklet".into())] {
        for code in [0, 137, 143, 255] {
            assert_eq!(after(ours(5, exited(code)), &past), interrupted, "{past:?} {code}");
        }
        assert!(matches!(after(ours(5, exited(1)), &past), Step::Failed(_)), "it ended by itself: {past:?}");
        assert!(matches!(after(ours(5, RunState::Paused), &past), Step::Failed(_)), "{past:?}");
    }
    assert_eq!(after(ours(5, exited(0)), &Past::Nothing), Step::Start { id: id() }, "it is not known to have run");
    assert_eq!(after(Seen::Nothing, &Past::Ran), Step::Failed(Cause::Removed));
}

#[test]
fn what_was_said_to_have_gone_down_stays_so_until_a_new_order() {
    let past = Past::Interrupted(down("the host was restarted"));
    let step = plan(Order::Run, NOW, ours(5, exited(0)), &past);
    assert_eq!(step, Step::Interrupted(down("the host was restarted")));
    assert_eq!(plan(Order::Run, NOW, Seen::Nothing, &past), Step::Failed(Cause::Removed), "and is not made anew");
}

#[test]
fn a_restart_before_this_worker_came_takes_nothing_that_was_called_failed() {
    let moment = "1970-01-01T00:00:00Z";
    let guess = serde_json::json!({"last_seen": moment, "back": moment, "of_host": false, "guessed": true});
    let guess: Restart = serde_json::from_value(guess).expect("a restart");
    let after = |past: Past| after_restarts(Order::Run, NOW, ours(5, exited(255)), &past, &[guess]);
    assert!(matches!(after(Past::Ran), Step::Interrupted(..)));
    let failed = "the node ended while the Docker Engine was away (exit code 255)";
    assert_eq!(after(Past::Failed(failed.into())), Step::Failed(Cause::Before(failed.into())));
}

const USED: Option<domain::job::Used> = Some(domain::job::Used { cpu_ms: 7, peak_memory_bytes: 9 });
const RAN: Outcome = Outcome { exit: domain::task::Exit::Code(3), out_of_memory: false, timed_out: false, used: USED };

fn once(order: Order, seen: Seen, past: &Past, begun: bool) -> Step {
    plan_after(Wanted { order, generation: NOW, runs: Runs::Once { begun } }, seen, past, &[])
}

/// The only steps after which a command runs.
fn runs_it(step: &Step) -> bool {
    matches!(step, Step::Create | Step::Start { .. } | Step::Discard { .. })
}

fn concluded(code: i64, down: Option<Down>) -> Step {
    Step::Conclude { end: End { id: id(), code, out_of_memory: false, at: DateTime::UNIX_EPOCH }, down }
}

#[test]
fn a_task_that_can_have_run_is_not_run_again_whatever_is_known_of_it() {
    for past in pasts().into_iter().chain([Past::Ended(RAN)]) {
        for begun in [false, true] {
            for code in [0, 3, 137, 255] {
                let step = once(Order::Run, ours(5, exited(code)), &past, begun);
                assert!(!runs_it(&step), "{past:?} {step:?}");
                if matches!(past, Past::Nothing | Past::Unclear | Past::Ran) {
                    assert_eq!(step, concluded(code, None), "{past:?}");
                }
            }
            for seen in [Seen::Nothing, Seen::Foreign, ours(5, RunState::Dead)] {
                let unknown = matches!(past, Past::Nothing | Past::Unclear);
                let step = once(Order::Run, seen.clone(), &past, begun);
                assert_eq!(runs_it(&step), unknown && !begun && seen == Seen::Nothing, "{past:?} {begun} {seen:?}");
            }
        }
    }
}

#[test]
fn a_task_that_is_paused_outside_goes_on_when_it_is_continued_there() {
    for past in [Past::Ran, Past::Unclear] {
        assert_eq!(once(Order::Run, ours(5, RunState::Paused), &past, true), Step::Wait, "{past:?}");
    }
    let claimed = once(Order::Run, ours(5, RunState::Paused), &Past::Nothing, true);
    assert_eq!(claimed, Step::Start { id: id() }, "this worker has paused it itself, for want of a record");
}

#[test]
fn a_task_that_was_never_started_is_started() {
    let adopt = Step::Adopt { id: id(), since: DateTime::UNIX_EPOCH };
    for (past, begun) in [(Past::Nothing, false), (Past::Unclear, false), (Past::Nothing, true)] {
        assert_eq!(once(Order::Run, ours(5, RunState::Created), &past, begun), Step::Start { id: id() }, "{past:?}");
    }
    assert_eq!(once(Order::Run, Seen::Nothing, &Past::Nothing, false), Step::Create);
    assert_eq!(once(Order::Run, ours(5, running()), &Past::Nothing, false), adopt);
}

#[test]
fn how_a_task_ended_is_told_again_whatever_is_left_of_it() {
    for order in [Order::Run, Order::Stop] {
        for seen in
            everything().into_iter().filter(|seen| !matches!(seen, Seen::Ours { created_for: Generation(6..), .. }))
        {
            assert_eq!(once(order, seen.clone(), &Past::Ended(RAN), true), Step::Ended(RAN), "{order:?} {seen:?}");
        }
    }
}

#[test]
fn a_task_that_is_to_end_is_stopped_and_tells_how_it_ended() {
    assert_eq!(once(Order::Stop, ours(5, running()), &Past::Ran, true), Step::Stop { id: id() });
    assert_eq!(once(Order::Stop, ours(5, exited(143)), &Past::Nothing, true), concluded(143, None));
    for seen in [Seen::Nothing, ours(5, RunState::Created)] {
        assert_eq!(once(Order::Stop, seen, &Past::Nothing, false), Step::Stopped);
    }
}

#[test]
fn a_task_that_went_down_with_the_engine_says_so_unless_it_had_ended() {
    let wanted = Wanted { order: Order::Run, generation: NOW, runs: Runs::Once { begun: true } };
    for past in [Past::Nothing, Past::Unclear, Past::Ran] {
        let step = plan_after(wanted, ours(5, exited(137)), &past, &[restart()]);
        assert_eq!(step, concluded(137, Some(down("the host was restarted"))), "{past:?}");
    }
}
