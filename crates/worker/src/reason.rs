//! Why a node does not run, as a sentence for its owner.

use std::fmt::Write as _;

use chrono::TimeDelta;
use control::ports::{
    coordination::Assignment,
    engine::{Engine, EngineError},
};

use crate::{host::Host, memory::Memory, names, plan::Cause};

/// How much of its log is looked at.
pub(crate) const LOG_LINES: u32 = 5;
/// A node that ends this soon never came up: what it said last tells why.
const AT_ONCE: TimeDelta = TimeDelta::seconds(10);
/// Longest quotation from a log, in bytes.
const LONGEST_WORDS: usize = 300;
/// 128 + SIGKILL: what the engine says of a process that was killed.
const KILLED: i64 = 137;
/// 128 + SIGTERM.
const TERMINATED: i64 = 143;

pub(crate) async fn of(host: &Host, memory: &Memory, order: &Assignment, cause: Cause) -> Result<String, EngineError> {
    Ok(match cause {
        Cause::Before(reason) => reason,
        Cause::NameTaken => EngineError::NameTaken(names::container_name(order)).to_string(),
        Cause::Removed => "the node was removed outside Docklet; a start makes it anew".to_owned(),
        Cause::Paused => "the node was paused outside Docklet; a start continues it".to_owned(),
        Cause::Ended { id, code, out_of_memory } => {
            let mut reason = ended(memory.engine_was_away, order.resources.memory_mib, code, out_of_memory);
            if never_came_up(host, memory, code) {
                reason.push_str(" right after its start");
                reason.push_str(&last_words(&log(host.engine.as_ref(), &id).await?));
            }
            reason
        }
    })
}

/// It ended within seconds, and not because it was told to once it was up.
fn never_came_up(host: &Host, memory: &Memory, code: i64) -> bool {
    let soon = memory.started_at.is_some_and(|at| host.now() - at < AT_ONCE);
    soon && (memory.ready_since.is_none() || !matches!(code, 0 | KILLED | TERMINATED))
}

fn ended(engine_was_away: bool, memory_mib: u32, code: i64, out_of_memory: bool) -> String {
    match code {
        KILLED if out_of_memory => {
            format!("the node used up its {memory_mib} MiB of memory and was ended by the kernel")
        }
        _ if engine_was_away => format!("the node ended while the Docker Engine was away (exit code {code})"),
        KILLED => "the node was killed outside Docklet".to_owned(),
        0 | TERMINATED => "the node was stopped outside Docklet".to_owned(),
        code => format!("the node ended with exit code {code}"),
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
        assert!(ended(false, 512, KILLED, true).contains("512 MiB"));
        assert!(
            ended(true, 512, KILLED, true).contains("512 MiB"),
            "the kernel's reason counts more than the engine's absence"
        );
        assert!(ended(true, 512, KILLED, false).contains("while the Docker Engine was away"));
        assert_eq!(ended(false, 512, KILLED, false), "the node was killed outside Docklet");
        assert_eq!(ended(false, 512, TERMINATED, true), "the node was stopped outside Docklet");
        assert_eq!(ended(false, 512, 3, false), "the node ended with exit code 3");
    }

    #[test]
    fn last_words_are_one_bounded_line() {
        assert_eq!(last_words(" \n"), "");
        assert_eq!(last_words("one\n\n two \n"), "; it said: one / two");
        assert!(last_words(&"ä".repeat(1000)).len() <= LONGEST_WORDS + "; it said: ".len());
    }
}
