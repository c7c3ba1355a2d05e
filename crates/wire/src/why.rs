//! What would let a waiting job start earlier, and how its owner stands in the queue. `job` has why it waits.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::job::WaitCode;

/// A change with which a job would start earlier, as one that was submitted, or released, now. `GET /api/v1/jobs/{job}/what-ifs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WhatIf {
    /// All of it in a sentence: `with 2 instead of 8 CPUs it would start now`.
    pub sentence: String,
    /// It asks for so many CPUs; absent where it is something else that is changed.
    pub cpus: Option<f64>,
    pub memory_mib: Option<u32>,
    pub time_limit_s: Option<u32>,
    /// It is released.
    pub release: bool,
    /// When it would start at the latest.
    pub starts_at: DateTime<Utc>,
    /// It would start at once.
    pub now: bool,
}

/// What one has used beside all others, and why one's jobs wait. `GET /api/v1/jobs/share`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    /// What one has used, in a sentence.
    pub sentence: String,
    /// CPUs that one's jobs asked for, times how long they ran; half of it is forgotten in each half-life.
    pub used_cpu_hours: f64,
    /// Of what all have used, 0 to 1.
    pub of_all: f64,
    /// That is so many times the share that each has who has used something or whose jobs wait.
    pub times_of_share: f64,
    pub half_life_s: i64,
    /// CPUs of one's jobs that run.
    pub running_cpus: f64,
    /// It decides whose turn it is; where it does not, the queue is first come, first served.
    pub decides: bool,
    /// For which reasons one's jobs wait, the most frequent first.
    pub waiting: Vec<WaitingFor>,
}

/// So many jobs wait for a reason of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitingFor {
    pub code: WaitCode,
    pub jobs: u32,
}

impl Standing {
    /// What the numbers say, in English.
    #[must_use]
    pub fn said(self) -> Self {
        let used = rounded(self.used_cpu_hours);
        let sentence = if used == 0.0 {
            "You have used nothing lately.".to_owned()
        } else if self.decides {
            let (times, time) = (rounded(self.times_of_share), length(self.half_life_s));
            format!("You have used {times} × your share, {used} CPU-hours; half of that is forgotten every {time}.")
        } else {
            format!("You have used {used} CPU-hours lately; here, jobs start in the order of their submission.")
        };
        Self { sentence, ..self }
    }
}

fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// In its largest unit that leaves nothing over.
fn length(seconds: i64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds % unit == 0).unwrap_or((1, "second"));
    let count = seconds / unit;
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(used_cpu_hours: f64, decides: bool) -> String {
        let (of_all, times_of_share, half_life_s, running_cpus) = (0.5, 3.1, 604_800, 0.0);
        let (sentence, waiting) = (String::new(), Vec::new());
        Standing { sentence, used_cpu_hours, of_all, times_of_share, half_life_s, running_cpus, decides, waiting }
            .said()
            .sentence
    }

    #[test]
    fn what_one_has_used_is_a_sentence() {
        let share = "You have used 3.1 × your share, 12.3 CPU-hours; half of that is forgotten every 7 days.";
        assert_eq!(standing(12.34, true), share);
        let order = "You have used 12.3 CPU-hours lately; here, jobs start in the order of their submission.";
        assert_eq!(standing(12.34, false), order);
        assert_eq!(standing(0.01, true), "You have used nothing lately.");
        assert_eq!([86_400, 5400, 61].map(length), ["1 day", "90 minutes", "61 seconds"]);
    }
}
