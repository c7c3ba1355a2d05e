//! The whole table: every order over everything that can be seen, with every past.

use super::{plan as plan_after, *};

/// Without a restart.
fn plan(order: Order, generation: Generation, seen: Seen, past: &Past) -> Step {
    plan_after(order, generation, seen, past, &[])
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
    let after = |seen: Seen, past: &Past| plan_after(Order::Run, NOW, seen, past, &[restart()]);
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
    let after = |past: Past| plan_after(Order::Run, NOW, ours(5, exited(255)), &past, &[guess]);
    assert!(matches!(after(Past::Ran), Step::Interrupted(..)));
    let failed = "the node ended while the Docker Engine was away (exit code 255)";
    assert_eq!(after(Past::Failed(failed.into())), Step::Failed(Cause::Before(failed.into())));
}
