//! The heart: what to do next about one instance, from its order, what is seen of it, and what this worker has done already.
//! Pure. Looking, acting and telling belong to the driver.

use chrono::{DateTime, Utc};
use control::ports::{coordination::Order, engine::RunState};
use domain::{node::Generation, task::Outcome};

use crate::host_restarts::Restart;

/// What the engine has under the instance's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Nothing,
    /// A container other than this instance's has the name.
    Foreign,
    Ours {
        id: String,
        /// Of the order the container was created for. Containers outlive orders: a stop and a start make two.
        created_for: Generation,
        run: RunState,
    },
}

/// What this worker has already made of the present order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Past {
    /// Nothing, or it does not know.
    Nothing,
    /// The engine was away when it last looked, so it does not know whether the instance had come up before.
    Unclear,
    /// It ran. If it does not any more, this worker did not stop it.
    Ran,
    /// It went down with the engine. Only a new order starts it again.
    Interrupted(Down),
    /// It failed for this reason. Only a new order is another try.
    Failed(String),
    /// It is a task, and its command has ended.
    Ended(Outcome),
}

/// How it went down with the engine: in these words, and until when it ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Down {
    pub(crate) reason: String,
    pub(crate) ended: DateTime<Utc>,
}

/// One thing to do. Every one can be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Start {
        id: String,
    },
    /// It runs: see that docklet-init answers.
    Adopt {
        id: String,
        since: DateTime<Utc>,
    },
    /// Remove a container that is of no use, then look again.
    Discard {
        id: String,
    },
    Stop {
        id: String,
    },
    Remove {
        id: String,
    },
    /// No container is left: clear away what it stood on.
    Clear,
    /// There is nothing to do: it is stopped.
    Stopped,
    /// There is nothing to do: it went down with the engine.
    Interrupted(Down),
    /// There is nothing to do: it does not run, for this cause.
    Failed(Cause),
    /// The task's container has ended: see whether its command had, and how.
    Conclude {
        end: End,
        /// How it went down with the engine, where its command had not ended before.
        down: Option<Down>,
    },
    /// There is nothing to do: the task is paused, and goes on when it is not any more.
    Wait,
    /// There is nothing to do: the task's command has ended like this.
    Ended(Outcome),
    /// The order is older than the container: its sender did not know of the later one, so it is not carried out.
    Refuse {
        known: Generation,
    },
}

/// How a container ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) id: String,
    pub(crate) code: i64,
    pub(crate) out_of_memory: bool,
    pub(crate) at: DateTime<Utc>,
}

/// Why an instance that should run does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// As it was said before.
    Before(String),
    NameTaken,
    Removed,
    Paused,
    Ended {
        id: String,
        code: i64,
        out_of_memory: bool,
    },
}

/// How long an instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// A node: until it is told to stop.
    On,
    /// A task: to its end, and never again. `begun`: its container was started once, as the record or this worker knows.
    Once { begun: bool },
}

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) order: Order,
    pub(crate) generation: Generation,
    pub(crate) runs: Runs,
}

/// The next step.
pub(crate) fn plan(wanted: Wanted, seen: Seen, past: &Past, restarts: &[Restart]) -> Step {
    let Wanted { order, generation, runs } = wanted;
    if let Seen::Ours { created_for, .. } = seen
        && created_for > generation
    {
        return Step::Refuse { known: created_for };
    }
    match (order, runs) {
        (Order::Run, Runs::On) => run(generation, seen, past, restarts),
        (Order::Run, Runs::Once { begun }) => run_once(generation, begun, seen, past, restarts),
        (Order::Stop, Runs::On) => stop(seen),
        (Order::Stop, Runs::Once { .. }) => end(seen, past),
        (Order::Remove, _) => remove(seen),
    }
}

fn run(generation: Generation, seen: Seen, past: &Past, restarts: &[Restart]) -> Step {
    // Whatever else is said of it: a node that runs, runs. It is never restarted.
    if let Seen::Ours { id, run: RunState::Running { since }, .. } = seen {
        return Step::Adopt { id, since };
    }
    if let Some(down) = interrupted(&seen, past, restarts) {
        return Step::Interrupted(down);
    }
    match past {
        Past::Failed(reason) => Step::Failed(Cause::Before(reason.clone())),
        Past::Ran | Past::Interrupted(_) | Past::Ended(_) => Step::Failed(what_happened(seen)),
        // Bringing up is safe where nothing can have run. A container that has ended may be one that was not to end:
        // starting it again would be done behind its owner's back, calling it failed is put right by a click.
        Past::Unclear if has_run(&seen) => Step::Failed(what_happened(seen)),
        Past::Nothing | Past::Unclear => bring_up(generation, seen),
    }
}

/// A task. Where its command may have run, it is not run again.
fn run_once(generation: Generation, begun: bool, seen: Seen, past: &Past, restarts: &[Restart]) -> Step {
    match (past, seen) {
        (Past::Ended(outcome), _) => Step::Ended(*outcome),
        (Past::Failed(reason), _) => Step::Failed(Cause::Before(reason.clone())),
        (Past::Interrupted(down), _) => Step::Interrupted(down.clone()),
        (_, Seen::Ours { id, run: RunState::Running { since }, .. }) => Step::Adopt { id, since },
        (_, Seen::Ours { id, run: RunState::Exited { code, out_of_memory, at }, .. }) => {
            let down = restarts.iter().find_map(|restart| taken(restart, at, code, out_of_memory));
            Step::Conclude { end: End { id, code, out_of_memory, at }, down }
        }
        // An administrator has paused it, and can let it go on. One that this worker has paused comes here as new when it is claimed.
        (Past::Ran | Past::Unclear, Seen::Ours { run: RunState::Paused, .. }) => Step::Wait,
        (Past::Nothing | Past::Unclear, seen @ Seen::Ours { run: RunState::Created | RunState::Paused, .. }) => {
            bring_up(generation, seen)
        }
        (Past::Nothing | Past::Unclear, seen @ (Seen::Nothing | Seen::Foreign)) if !begun => bring_up(generation, seen),
        (Past::Nothing | Past::Unclear | Past::Ran, seen) => Step::Failed(what_happened(seen)),
    }
}

/// A task that is to end now.
fn end(seen: Seen, past: &Past) -> Step {
    match (past, seen) {
        (Past::Ended(outcome), _) => Step::Ended(*outcome),
        (_, Seen::Ours { id, run: RunState::Exited { code, out_of_memory, at }, .. }) => {
            Step::Conclude { end: End { id, code, out_of_memory, at }, down: None }
        }
        (_, seen) => stop(seen),
    }
}

/// What went down with the engine, whatever was said of it before: an engine that is told to end stops its containers while
/// it still answers, so a node may have been called failed that had nothing wrong.
fn interrupted(seen: &Seen, past: &Past, restarts: &[Restart]) -> Option<Down> {
    let Seen::Ours { run: RunState::Exited { code, out_of_memory, at }, .. } = seen else { return None };
    let took = |restart: &Restart| taken(restart, *at, *code, *out_of_memory);
    match past {
        // It is not known to have run: it is brought up as ordered.
        Past::Nothing | Past::Ended(_) => None,
        Past::Interrupted(down) => Some(down.clone()),
        Past::Unclear | Past::Ran => restarts.iter().find_map(took),
        // Whether it was called failed before a guessed restart or after it is not known: it stays failed.
        Past::Failed(_) => restarts.iter().filter(|restart| !restart.guessed).find_map(took),
    }
}

/// How a container that ended like this went down with the restart, if it did.
fn taken(restart: &Restart, at: DateTime<Utc>, code: i64, out_of_memory: bool) -> Option<Down> {
    let ended = restart.took(at, code, out_of_memory)?;
    Some(Down { reason: restart.sentence().to_owned(), ended })
}

fn has_run(seen: &Seen) -> bool {
    matches!(seen, Seen::Ours { run: RunState::Exited { .. } | RunState::Paused, .. })
}

fn bring_up(generation: Generation, seen: Seen) -> Step {
    match seen {
        Seen::Nothing => Step::Create,
        Seen::Foreign => Step::Failed(Cause::NameTaken),
        Seen::Ours { id, created_for, run } => match run {
            // Never started, so nothing is lost; made for an order that has failed, so its making may be the fault.
            RunState::Created if created_for < generation => Step::Discard { id },
            RunState::Dead => Step::Discard { id },
            RunState::Running { since } => Step::Adopt { id, since },
            RunState::Created | RunState::Paused | RunState::Exited { .. } => Step::Start { id },
        },
    }
}

/// It ran, and now it does not.
fn what_happened(seen: Seen) -> Cause {
    match seen {
        Seen::Nothing | Seen::Foreign => Cause::Removed,
        Seen::Ours { id, run, .. } => match run {
            RunState::Exited { code, out_of_memory, .. } => Cause::Ended { id, code, out_of_memory },
            RunState::Paused | RunState::Running { .. } => Cause::Paused,
            RunState::Created | RunState::Dead => Cause::Removed,
        },
    }
}

fn stop(seen: Seen) -> Step {
    match seen {
        Seen::Ours { id, run: RunState::Running { .. } | RunState::Paused, .. } => Step::Stop { id },
        Seen::Ours { .. } | Seen::Nothing | Seen::Foreign => Step::Stopped,
    }
}

fn remove(seen: Seen) -> Step {
    match seen {
        Seen::Ours { id, .. } => Step::Remove { id },
        // A foreign container is not ours to touch, and nothing of the node.
        Seen::Nothing | Seen::Foreign => Step::Clear,
    }
}

#[cfg(test)]
mod tests;
