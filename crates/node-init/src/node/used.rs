//! What the service that runs once has used, with all processes beside it: CPU time, and the most memory at a time. Knows no
//! jobs, and not what was asked for.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use rustix::process::{Pid, getpid};

use super::cgroup;
use crate::protocol::Used;

/// A service may be over soon; later on, memory is looked at seldom.
const FIRST: Duration = Duration::from_millis(100);
const SELDOM: Duration = Duration::from_secs(2);

/// Looks at the memory from time to time. The kernel's own highest figure counts every file that was ever read.
#[derive(Debug)]
pub(super) struct Meter {
    peak_memory_bytes: u64,
    next: Instant,
    pause: Duration,
}

impl Meter {
    pub(super) fn new(now: Instant) -> Self {
        Self { peak_memory_bytes: 0, next: now + FIRST, pause: FIRST }
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(super) fn deadline(&self) -> Instant {
        self.next
    }

    pub(super) fn tick(&mut self, now: Instant) {
        if now >= self.next {
            self.pause = (self.pause * 2).min(SELDOM);
            self.next = now + self.pause;
            self.take_in(of_cgroup());
        }
    }

    /// All of it until now; `None` where the kernel does not say.
    pub(super) fn sum(&mut self) -> Option<Used> {
        let (group, children) = (of_cgroup(), of_children());
        self.take_in(group);
        // What lies between two looks: the largest process is known exactly once it has ended.
        self.take_in(children);
        // The group has those that run still, and those that nobody waited for.
        let cpu_ms = group.or(children)?.cpu_ms;
        Some(Used { cpu_ms, peak_memory_bytes: self.peak_memory_bytes })
    }

    fn take_in(&mut self, used: Option<Used>) {
        let bytes = used.map_or(0, |used| used.peak_memory_bytes);
        self.peak_memory_bytes = self.peak_memory_bytes.max(bytes);
    }
}

/// Of the container now. Only PID 1 has one of its own; and the root of the host's groups, which some engines show, has CPU time
/// without memory.
fn of_cgroup() -> Option<Used> {
    let usage = (getpid() == Pid::INIT).then(cgroup::usage)?;
    Some(Used { cpu_ms: usage.cpu_ms?, peak_memory_bytes: usage.memory_bytes? })
}

/// Of all processes that have ended and were waited for, and the memory of the largest of them.
fn of_children() -> Option<Used> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let cpu_ms = (usage.user_time() + usage.system_time()).num_milliseconds();
    let peak_memory_bytes = u64::try_from(usage.max_rss()).ok()?.saturating_mul(1024);
    Some(Used { cpu_ms: u64::try_from(cpu_ms).ok()?, peak_memory_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_looked_at_soon_and_then_seldom() {
        let start = Instant::now();
        let mut meter = Meter::new(start);
        let mut looks = Vec::new();
        while looks.len() < 7 {
            let due = meter.deadline();
            looks.push((due - start).as_millis());
            meter.tick(due);
        }
        assert_eq!(looks, [100, 300, 700, 1500, 3100, 5100, 7100]);
    }

    #[test]
    fn the_most_that_was_seen_stays() {
        let mut meter = Meter::new(Instant::now());
        let of = |peak_memory_bytes| Some(Used { cpu_ms: 0, peak_memory_bytes });
        meter.take_in(of(1 << 50));
        meter.take_in(of(7));
        meter.take_in(None);
        assert_eq!(meter.sum().map(|used| used.peak_memory_bytes), Some(1 << 50));
    }
}
