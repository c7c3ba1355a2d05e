//! Ending processes, and what is known of them from outside.

use std::{
    process::Child,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use testkit::DockerCleanup;

/// How often in a row nothing must be there before a test's things count as gone.
const LOOKS: u32 = 4;

/// Even after an orderly end the engine may be creating a container that no daemon waits for any more. So nothing being
/// there counts only when it stays so, and a network that such a container is being connected to is removed later.
#[expect(
    clippy::disallowed_methods,
    reason = "Drop cannot await, and the engine tells nobody that it will create nothing more"
)]
pub(crate) fn clean_up_until_quiet(cleanup: &DockerCleanup) {
    let (mut quiet, mut removed) = (0, Ok(()));
    for _ in 0..100 {
        if quiet == LOOKS {
            return;
        }
        let is_quiet = cleanup.present().is_empty() && cleanup.helper().is_none();
        quiet = if is_quiet { quiet + 1 } else { 0 };
        removed = cleanup.remove_all();
        std::thread::sleep(Duration::from_millis(100));
    }
    // A second panic would end the whole test run.
    if !std::thread::panicking() {
        panic!("the test's things must be removed from Docker: {removed:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "Drop cannot await, and there is no condition to be told of")]
pub(crate) fn terminate(child: &mut Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    // Fails only when it has ended already.
    let _ = kill_process(pid, Signal::TERM);
    let deadline = Instant::now() + Duration::from_secs(12);
    while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// KiB of memory of a process.
pub(crate) fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("our process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line for it");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
