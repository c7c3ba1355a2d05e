//! What became of a job each time it was tried: how it ended, what it had used, and how much of what it asked for that was.
//! Knows nothing of why it was tried.

use chrono::{DateTime, Utc};
use domain::task::Exit;
use serde::{Deserialize, Serialize};

/// One time that a job was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    pub worker: String,
    pub started_at: DateTime<Utc>,
    pub running_since: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_code: Option<u8>,
    pub signal: Option<u8>,
    /// Why it came to nothing, where it did.
    pub reason: Option<String>,
    /// What it had used when it ended; absent where that is not known.
    pub used: Option<Used>,
}

/// What an attempt has used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Used {
    pub cpu_seconds: f64,
    /// The most memory it had at a time.
    pub peak_memory_mib: f64,
}

/// How much of what it asked for a job has used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Efficiency {
    /// Its CPU time, as a share of what its CPUs could have done while it ran: 1 where they were never idle.
    pub cpu: f64,
    /// The most memory it had at a time, as a share of its memory.
    pub memory: f64,
    /// How long it ran.
    pub ran_s: f64,
    /// CPUs that would have been enough; absent where it asked for what it needs, or ran too short a time to tell.
    pub enough_cpus: Option<f64>,
    /// The same of its memory in MiB.
    pub enough_memory_mib: Option<u32>,
}

impl Attempt {
    pub(super) fn from_domain(attempt: &domain::job::Attempt) -> Self {
        let (exit_code, signal) = told(attempt.exit);
        Self {
            worker: attempt.worker.to_string(),
            started_at: attempt.started_at,
            running_since: attempt.running_since,
            ended_at: attempt.ended_at,
            exit_code,
            signal,
            reason: attempt.reason.clone(),
            used: attempt.used.map(Used::from_domain),
        }
    }
}

impl Used {
    fn from_domain(used: domain::job::Used) -> Self {
        let peak_memory_mib = used.peak_memory_bytes as f64 / f64::from(1 << 20);
        Self { cpu_seconds: used.cpu_ms as f64 / 1000.0, peak_memory_mib }
    }
}

impl Efficiency {
    pub(super) fn from_domain(efficiency: domain::job::Efficiency) -> Self {
        let domain::job::Efficiency { cpu, memory, ran, suggestion } = efficiency;
        Self {
            cpu,
            memory,
            ran_s: ran.as_seconds_f64(),
            enough_cpus: suggestion.cpu_milli.map(|milli| f64::from(milli) / 1000.0),
            enough_memory_mib: suggestion.memory_mib,
        }
    }
}

/// The code, or the signal.
pub(super) const fn told(exit: Option<Exit>) -> (Option<u8>, Option<u8>) {
    match exit {
        Some(Exit::Code(code)) => (Some(code), None),
        Some(Exit::Signal(signal)) => (None, Some(signal)),
        None => (None, None),
    }
}
