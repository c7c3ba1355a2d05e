//! Why an instance does not run, as a sentence for its owner.

use std::fmt::Write as _;

use chrono::TimeDelta;
use control::ports::{
    coordination::Assignment,
    engine::{Engine, EngineError},
};

use crate::{driver_state::DriverState, host::Host, names, plan::Cause};

/// How much of its log is looked at.
pub(crate) const LOG_LINES: u32 = 5;
/// A node that ends this soon never came up: what it said last tells why.
const AT_ONCE: TimeDelta = TimeDelta::seconds(10);
/// Longest quotation from a log, in bytes.
const LONGEST_WORDS: usize = 300;
pub(crate) const SIGKILL: u8 = 9;
/// 128 + SIGKILL: what the engine says of a process that was killed.
pub(crate) const KILLED: i64 = 137;
/// 128 + SIGTERM.
const TERMINATED: i64 = 143;

pub(crate) async fn of(
    host: &Host,
    state: &DriverState,
    order: &Assignment,
    cause: Cause,
) -> Result<String, EngineError> {
    let what = if order.is_task() { "task" } else { "node" };
    Ok(match cause {
        Cause::Before(reason) => reason,
        Cause::NameTaken => EngineError::NameTaken(names::container_name(order)).to_string(),
        Cause::Removed if order.is_task() => "the task's container was removed outside Docklet".to_owned(),
        Cause::Removed => "the node was removed outside Docklet; a start creates it again".to_owned(),
        Cause::Paused => "the node was paused outside Docklet; a start resumes it".to_owned(),
        Cause::Ended { id, code, out_of_memory } => {
            let mut reason = ended(what, state.engine_was_away, order.resources.memory_mib, code, out_of_memory);
            if never_came_up(host, state, code) {
                reason.push_str(" right after its start");
                reason.push_str(&last_words(&log(host.engine.as_ref(), &id).await?));
            }
            reason
        }
    })
}

/// It ended within seconds, and not because it was told to once it was up.
fn never_came_up(host: &Host, state: &DriverState, code: i64) -> bool {
    let soon = state.started_at.is_some_and(|at| host.now() - at < AT_ONCE);
    soon && (state.ready_since.is_none() || !matches!(code, 0 | KILLED | TERMINATED))
}

fn ended(what: &str, engine_was_away: bool, memory_mib: u32, code: i64, out_of_memory: bool) -> String {
    match code {
        KILLED if out_of_memory => {
            format!("the {what} ran out of memory ({memory_mib} MiB) and was killed")
        }
        _ if engine_was_away => format!("the {what} ended while the Docker Engine was away (exit code {code})"),
        KILLED => format!("the {what} was killed outside Docklet"),
        0 | TERMINATED => format!("the {what} was stopped outside Docklet"),
        code => format!("the {what} ended with exit code {code}"),
    }
}

/// A container that is gone meanwhile has said nothing.
async fn log(engine: &dyn Engine, id: &str) -> Result<String, EngineError> {
    match engine.container_log(id, LOG_LINES).await {
        Err(EngineError::Gone(_)) => Ok(String::new()),
        log => log,
    }
}

/// The end of a log as the end of a sentence; empty when there is none.
pub(crate) fn last_words(log: &str) -> String {
    let line = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ");
    let mut words = String::new();
    if !line.is_empty() {
        let from = line.ceil_char_boundary(line.len().saturating_sub(LONGEST_WORDS));
        // Writing to a String cannot fail.
        let _ = write!(words, "; it said: {}", &line[from..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_its_own_sentence() {
        assert!(ended("node", false, 512, KILLED, true).contains("512 MiB"));
        assert!(
            ended("node", true, 512, KILLED, true).contains("512 MiB"),
            "the kernel's reason counts more than the engine's absence"
        );
        assert!(ended("node", true, 512, KILLED, false).contains("while the Docker Engine was away"));
        assert_eq!(ended("node", false, 512, KILLED, false), "the node was killed outside Docklet");
        assert_eq!(ended("node", false, 512, TERMINATED, true), "the node was stopped outside Docklet");
        assert_eq!(ended("node", false, 512, 3, false), "the node ended with exit code 3");
    }

    #[test]
    fn last_words_are_one_bounded_line() {
        assert_eq!(last_words(" \n"), "");
        assert_eq!(last_words("one\n\n two \n"), "; it said: one / two");
        assert!(last_words(&"ä".repeat(1000)).len() <= LONGEST_WORDS + "; it said: ".len());
    }
}
