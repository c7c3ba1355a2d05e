//! How much of what an attempt asked for it has used, and what would have been enough. Knows no words.

use chrono::TimeDelta;

use super::{Job, Used};
use crate::resources::Resources;

/// Shares of what was asked for, from 0 on; above 1 where more was used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Efficiency {
    /// CPU time, of what its CPUs could have done while it ran.
    pub cpu: f64,
    /// The most memory it had at a time.
    pub memory: f64,
    /// How long it ran.
    pub ran: TimeDelta,
    pub suggestion: Suggestion,
}

/// What to ask for the next time; only where it is less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Suggestion {
    pub cpu_milli: Option<u32>,
    pub memory_mib: Option<u32>,
}

/// What uses this share or more is well chosen.
const WELL: f64 = 0.5;
/// In less time a script has hardly begun.
const LEAST: TimeDelta = TimeDelta::seconds(10);
/// Another run of the same may need a little more.
const ROOM: f64 = 1.25;
const CPU_STEP: u32 = 250;
const MEMORY_STEP: u32 = 64;

impl Job {
    /// Of its last attempt, once it is over; `None` where it is not known what that has used.
    pub fn efficiency(&self) -> Option<Efficiency> {
        let attempt = self.attempt.as_ref().filter(|_| self.state.is_final())?;
        let ran = (self.ended_at? - attempt.running_since?).max(TimeDelta::zero());
        Some(Efficiency::new(self.spec.resources, attempt.used?, ran))
    }
}

impl Efficiency {
    fn new(asked: Resources, used: Used, ran: TimeDelta) -> Self {
        // One that was over at once may have ended by the clock before it began.
        let seconds = ran.as_seconds_f64().max(0.001);
        // Far below 2^53, but for figures that nobody believes.
        let cpus = used.cpu_ms as f64 / 1000.0 / seconds;
        let mib = used.peak_memory_bytes as f64 / f64::from(1 << 20);
        let (cpu, memory) = (cpus / asked.cpus(), mib / f64::from(asked.memory_mib));
        let tells = |share: f64| ran >= LEAST && share < WELL;
        let suggestion = Suggestion {
            cpu_milli: enough(cpus * 1000.0, CPU_STEP).filter(|milli| tells(cpu) && *milli < asked.cpu_milli),
            memory_mib: enough(mib, MEMORY_STEP).filter(|mib| tells(memory) && *mib < asked.memory_mib),
        };
        Self { cpu, memory, ran, suggestion }
    }
}

/// In whole steps, one at least.
fn enough(used: f64, step: u32) -> Option<u32> {
    let steps = (used * ROOM / f64::from(step)).ceil().max(1.0);
    // A number that is too large becomes the largest.
    (steps as u32).checked_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 2 CPUs and 4 GiB.
    fn of(cpu_ms: u64, mib: u64, seconds: i64) -> Efficiency {
        let asked = Resources { cpu_milli: 2000, memory_mib: 4096, pids: 512 };
        let used = Used { cpu_ms, peak_memory_bytes: mib << 20 };
        Efficiency::new(asked, used, TimeDelta::seconds(seconds))
    }

    fn suggested(cpu_ms: u64, mib: u64, seconds: i64) -> (Option<u32>, Option<u32>) {
        let Suggestion { cpu_milli, memory_mib } = of(cpu_ms, mib, seconds).suggestion;
        (cpu_milli, memory_mib)
    }

    #[test]
    fn shares_are_of_what_was_asked_for_while_it_ran() {
        let close = |share: f64, expected: f64| assert!((share - expected).abs() < 1e-9, "{share} is not {expected}");
        let half = of(100_000, 1024, 100);
        close(half.cpu, 0.5);
        close(half.memory, 0.25);
        close(of(300_000, 8192, 100).cpu, 1.5);
        close(of(300_000, 8192, 100).memory, 2.0);
        assert!(of(5, 1, 0).cpu.is_finite(), "it was over at once");
    }

    #[test]
    fn what_would_have_been_enough_has_room_and_comes_in_steps() {
        for (mib, suggestion) in [(0, 64), (51, 64), (52, 128), (246, 320), (400, 512), (2047, 2560)] {
            assert_eq!(suggested(200_000, mib, 100), (None, Some(suggestion)), "{mib} MiB");
        }
        for (cpu_ms, suggestion) in [(0, 250), (20_000, 250), (20_001, 500), (60_000, 750), (99_999, 1250)] {
            assert_eq!(suggested(cpu_ms, 4096, 100), (Some(suggestion), None), "{cpu_ms} ms");
        }
    }

    #[test]
    fn what_is_well_used_or_was_over_soon_is_left_as_it_is() {
        assert_eq!(suggested(100_000, 2048, 100), (None, None));
        assert_eq!(suggested(1_000, 1, 9), (None, None));
        assert_eq!(suggested(1_000, 1, 10), (Some(250), Some(64)));
        assert_eq!(suggested(u64::MAX, u64::MAX >> 20, 10), (None, None));
        let least = Resources { cpu_milli: 50, memory_mib: 64, pids: 512 };
        let nothing = Used { cpu_ms: 0, peak_memory_bytes: 0 };
        let small = Efficiency::new(least, nothing, TimeDelta::seconds(60));
        assert_eq!(small.suggestion, Suggestion::default(), "less than a step is not asked for");
    }
}
