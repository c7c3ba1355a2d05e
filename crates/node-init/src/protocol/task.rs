//! What docklet-init writes to its log about the service that runs once, each in a line of its own.

use serde::{Deserialize, Serialize};
use wire::terminal::Outcome;

use crate::text::clean_text;

/// How the service that runs once ended, written before docklet-init ends itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResult {
    #[serde(flatten)]
    pub outcome: Outcome,
    /// docklet-init had been told to end, and had told the service, before the service ended. What ends because its time limit
    /// is over has not been told so.
    pub told: bool,
}

impl TaskResult {
    const MARK: &str = "result ";

    pub fn line(&self) -> String {
        // Its JSON form has no part that can fail.
        format!("{}{}", Self::MARK, serde_json::to_string(self).unwrap_or_default())
    }

    /// The last one in a log.
    pub fn last_in(log: &str) -> Option<Self> {
        log.lines().rev().find_map(|line| serde_json::from_str(line.trim().strip_prefix(Self::MARK)?).ok())
    }
}

/// Why a script never ran; in place of its [`TaskResult`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotStarted(String);

impl NotStarted {
    const MARK: &str = "cannot start ";
    const LONGEST: usize = 1024;

    /// Of the reason one line is kept, bounded and without control characters.
    pub fn new(mut reason: String) -> Self {
        clean_text(&mut reason, Self::LONGEST);
        Self(reason)
    }

    pub fn reason(&self) -> &str {
        &self.0
    }

    pub fn line(&self) -> String {
        format!("{}{}", Self::MARK, self.0)
    }

    /// The last one in a log.
    pub fn last_in(log: &str) -> Option<Self> {
        log.lines().rev().find_map(|line| Some(Self::new(line.trim().strip_prefix(Self::MARK)?.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use wire::terminal::{Exit, Used};

    use super::*;

    #[test]
    fn a_result_from_before_there_were_time_limits_is_read() {
        let log = "starting\nresult {\"exit\":{\"code\":3},\"out_of_memory\":false,\"told\":true}\n";
        let outcome = Outcome { exit: Exit::Code(3), out_of_memory: false, timed_out: false, used: None };
        assert_eq!(TaskResult::last_in(log), Some(TaskResult { outcome, told: true }));
        let timed_out = TaskResult { outcome: Outcome { timed_out: true, ..outcome }, told: false };
        assert_eq!(TaskResult::last_in(&timed_out.line()), Some(timed_out));
    }

    #[test]
    fn what_was_used_is_told_with_the_end() {
        let used = Some(Used { cpu_ms: 1 << 40, peak_memory_bytes: u64::MAX });
        let outcome = Outcome { exit: Exit::Signal(9), out_of_memory: true, timed_out: false, used };
        let result = TaskResult { outcome, told: false };
        assert_eq!(TaskResult::last_in(&result.line()), Some(result));
    }

    #[test]
    fn why_a_script_never_ran_is_one_clean_bounded_line() {
        let told = NotStarted::new(format!("its output\n\u{1b}[2Jcannot be written{}", "!".repeat(4096)));
        assert_eq!(told.line().lines().count(), 1);
        assert!(told.reason().starts_with("its output[2Jcannot") && told.reason().len() == NotStarted::LONGEST);
        assert_eq!(NotStarted::last_in(&format!("before\n{}\nafter\n", told.line())), Some(told));
        assert_eq!(NotStarted::last_in("it cannot start this\n"), None);
    }
}
