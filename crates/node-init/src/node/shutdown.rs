//! The orderly end: everybody is asked, has a time to comply, and is then stopped.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};

use super::procfs;

/// How often processes that do not die are killed again: they may start others while they are being killed.
const KILL_AGAIN: Duration = Duration::from_millis(50);

/// Where the node is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shutdown {
    /// Not on its way out.
    No,
    /// Everybody was asked; who still runs at `until` is killed.
    Asked { until: Instant },
    /// Everybody is killed, again and again until nobody is left.
    Killing { next: Instant },
}

impl Shutdown {
    /// The node is to stop, or to stop at once if it was told before.
    pub(super) fn begin(self, grace: Duration, now: Instant) -> Self {
        match self {
            Shutdown::No => Shutdown::Asked { until: now + grace },
            _ => Shutdown::Killing { next: now },
        }
    }

    /// What time brings. The second value: everybody must be killed now.
    pub(super) fn advance(self, now: Instant) -> (Self, bool) {
        match self {
            Shutdown::Asked { until: due } | Shutdown::Killing { next: due } if now >= due => {
                (Shutdown::Killing { next: now + KILL_AGAIN }, true)
            }
            other => (other, false),
        }
    }

    /// When something is to be done even if nothing happens.
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Shutdown::No => None,
            Shutdown::Asked { until: due } | Shutdown::Killing { next: due } => Some(due),
        }
    }
}

/// Sends a signal to every process of the node but this one.
/// As PID 1 the kernel knows who they are; started by hand (in tests) these are our descendants, and nobody else.
pub(super) fn signal_everybody(signal: Signal) {
    if getpid() == Pid::INIT {
        let signal = nix::sys::signal::Signal::try_from(signal.as_raw()).ok();
        // It fails when there is nobody left, which is what it is for.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(-1), signal);
        return;
    }
    let ourselves = getpid().as_raw_nonzero().get().unsigned_abs();
    for pid in procfs::descendants(ourselves) {
        if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
            // It may have ended in the meantime.
            let _ = kill_process(pid, signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_is_killed_after_the_grace_time_and_not_before() {
        let now = Instant::now();
        let grace = Duration::from_secs(8);
        let asked = Shutdown::No.begin(grace, now);
        assert_eq!(asked.advance(now + Duration::from_secs(7)), (asked, false));
        let (killing, kill) = asked.advance(now + grace);
        assert!(kill);
        assert_eq!(killing.deadline(), Some(now + grace + KILL_AGAIN));
        assert_eq!(killing.advance(now + grace + KILL_AGAIN).1, true);
    }

    #[test]
    fn being_told_twice_ends_the_grace_time() {
        let now = Instant::now();
        let told = Shutdown::No.begin(Duration::from_secs(8), now).begin(Duration::from_secs(8), now);
        assert!(told.advance(now).1);
    }
}
