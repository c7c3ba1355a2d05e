//! The orderly end: every process is asked to end, has a time to comply, and is then killed.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, getpid, kill_process};

use super::config::WarningSpec;
use super::{log, procfs};

/// How often processes that do not die are killed again: they may start others while they are being killed.
const KILL_AGAIN: Duration = Duration::from_millis(50);
/// How long shells have to say goodbye on their terminals, at most; a quarter of the grace time if that is less.
const GOODBYE: Duration = Duration::from_secs(1);

/// Where the node is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shutdown {
    /// Not on its way out.
    No,
    /// Every process was asked. At `hang_up` the terminals' lines drop; what still runs at `until` is killed.
    Asked { hang_up: Instant, until: Instant },
    /// The lines have dropped: a shell that missed the signal while it was about to read now reads the end.
    HungUp { until: Instant },
    /// All processes are killed, again and again until none is left.
    Killing { next: Instant },
}

/// What time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    HangUp,
    Kill,
}

impl Shutdown {
    /// The node is to stop, or to stop at once if it was told before.
    pub(super) fn begin(self, grace: Duration, now: Instant) -> Self {
        match self {
            Shutdown::No => Shutdown::Asked { hang_up: now + GOODBYE.min(grace / 4), until: now + grace },
            _ => Shutdown::Killing { next: now },
        }
    }

    /// The next state, and what is to be done.
    pub(super) fn advance(self, now: Instant) -> (Self, Due) {
        match self {
            Shutdown::Asked { hang_up, until } if now >= hang_up => (Shutdown::HungUp { until }, Due::HangUp),
            Shutdown::HungUp { until: due } | Shutdown::Killing { next: due } if now >= due => {
                (Shutdown::Killing { next: now + KILL_AGAIN }, Due::Kill)
            }
            other => (other, Due::Nothing),
        }
    }

    /// When something is to be done even if nothing happens.
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Shutdown::No => None,
            Shutdown::Asked { hang_up: due, .. }
            | Shutdown::HungUp { until: due }
            | Shutdown::Killing { next: due } => Some(due),
        }
    }
}

/// Sends a signal to every process of the node but this one.
/// For PID 1 the kernel knows them all; started by hand (in tests), we reach our descendants only.
pub(super) fn signal_everybody(signal: Signal) {
    if getpid() == Pid::INIT {
        let signal = nix::sys::signal::Signal::try_from(signal.as_raw()).ok();
        // It fails when no process is left, which is the aim.
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

/// Sends a script the signal that says that its time is nearly over.
pub(super) fn warn(script: Pid, warning: WarningSpec) {
    match Signal::from_named_raw(warning.signal.into()) {
        Some(signal) if warning.all => signal_everybody(signal),
        Some(signal) => {
            // It has not been reaped, so the id is its own; and where it has ended, there is nobody to warn.
            let _ = kill_process(script, signal);
        }
        None => log::line(format_args!("there is no signal {} to warn the script with", warning.signal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_is_hung_up_on_and_killed_after_the_grace_time_and_not_before() {
        let now = Instant::now();
        let grace = Duration::from_secs(8);
        let asked = Shutdown::No.begin(grace, now);
        assert_eq!(asked.advance(now + Duration::from_millis(900)), (asked, Due::Nothing));
        let (hung_up, due) = asked.advance(now + GOODBYE);
        assert_eq!((hung_up, due), (Shutdown::HungUp { until: now + grace }, Due::HangUp));
        assert_eq!(hung_up.advance(now + Duration::from_secs(7)), (hung_up, Due::Nothing));
        let (killing, due) = hung_up.advance(now + grace);
        assert_eq!((killing.deadline(), due), (Some(now + grace + KILL_AGAIN), Due::Kill));
        assert_eq!(killing.advance(now + grace + KILL_AGAIN).1, Due::Kill);
    }

    #[test]
    fn without_a_grace_time_everybody_is_killed_at_once() {
        let now = Instant::now();
        let (hung_up, due) = Shutdown::No.begin(Duration::ZERO, now).advance(now);
        assert_eq!(due, Due::HangUp);
        assert_eq!(hung_up.advance(now).1, Due::Kill);
    }

    #[test]
    fn being_told_twice_ends_the_grace_time() {
        let now = Instant::now();
        let told = Shutdown::No.begin(Duration::from_secs(8), now).begin(Duration::from_secs(8), now);
        assert_eq!(told.advance(now).1, Due::Kill);
    }
}
