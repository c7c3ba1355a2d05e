//! What would let a waiting job start earlier: smaller ones in its place are asked for in one plan of all that comes before them.
//! Changes nothing, and starts nothing.

use std::{fmt, ptr};

use chrono::{DateTime, Utc};
use domain::{JobId, resources::Resources};

use super::{Queue, Stay, Waiting, moment, plan::Plan, priority};

/// No shorter time limit is proposed.
const LEAST_TIME_S: u32 = 60;
/// Of its size, the first that is early enough: half, or a quarter.
const PARTS: [u32; 2] = [2, 4];

/// A change of a waiting job with which it would start earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhatIf {
    pub change: Change,
    /// As exact as `Wait::expected_start`; whole seconds.
    pub starts_at: DateTime<Utc>,
    /// At once: `starts_at` is when the queue was looked at.
    pub now: bool,
}

/// What would be another way. The job is then one that was submitted, or released, at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Of thousandths of a CPU it asks for so many.
    CpuMilli {
        from: u32,
        to: u32,
    },
    MemoryMib {
        from: u32,
        to: u32,
    },
    TimeLimitS {
        from: u32,
        to: u32,
    },
    /// Its owner releases it.
    Release,
}

impl Change {
    /// What is best where several start it at the same time takes the least from it.
    const fn kind(self) -> u8 {
        match self {
            Self::Release => 0,
            Self::CpuMilli { .. } => 1,
            Self::MemoryMib { .. } => 2,
            Self::TimeLimitS { .. } => 3,
        }
    }
}

/// A sentence without its full stop, in English.
impl fmt::Display for WhatIf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change {
            Change::CpuMilli { from, to } => {
                write!(f, "with {} instead of {} CPUs", f64::from(to) / 1000.0, f64::from(from) / 1000.0)?;
            }
            Change::MemoryMib { from, to } => write!(f, "with {to} instead of {from} MiB of memory")?,
            Change::TimeLimitS { from, to } => {
                write!(f, "with a time limit of {} instead of {}", clock(to), clock(from))?;
            }
            Change::Release => f.write_str("once it is released")?,
        }
        if self.now {
            return f.write_str(" it would start now");
        }
        write!(f, " it would start by {}", moment(self.starts_at))
    }
}

/// `1:30:00`.
fn clock(seconds: u32) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Up to three changes, at most one of each kind, the one that starts it first before the others. None for a job that is not in the
/// queue, that starts now, or that waits for something that its size has nothing to do with.
///
/// It costs one pass over what comes before the job: what is asked for is never reserved, so all of it is asked in one plan.
pub fn what_ifs(queue: &Queue<'_>, job: JobId) -> Vec<WhatIf> {
    let Some(asked) = queue.waiting.iter().find(|waiting| waiting.job == job) else { return Vec::new() };
    let changed = changes(queue, asked);
    if changed.is_empty() {
        return Vec::new();
    }
    let others = queue.waiting.iter().filter(|waiting| waiting.job != job);
    let line = priority::ranked(queue, others.chain([asked]).chain(changed.iter().map(|(_, waiting)| waiting)));
    let mut plan = Plan::new(*queue);
    let mut starts: Vec<(&Waiting, Option<i64>)> = Vec::with_capacity(changed.len() + 1);
    for waiting in line {
        if waiting.job != job {
            plan.decide(waiting, |_| {});
            continue;
        }
        starts.push((waiting, plan.could_start(waiting)));
        if starts.len() > changed.len() {
            // Nobody asks for what comes behind.
            break;
        }
    }
    let start = |of: &Waiting| starts.iter().find(|(waiting, _)| ptr::eq(*waiting, of)).and_then(|(_, at)| *at);
    let usual = if asked.stays.is_some() { None } else { start(asked) };
    let earlier = |(change, waiting): &(Change, Waiting)| {
        let at = start(waiting).filter(|at| usual.is_none_or(|usual| *at < usual))?;
        Some((at, *change))
    };
    best(changed.iter().filter_map(earlier).collect(), queue.now)
}

/// Each kind's earliest; of equal ones the first, which changes the least.
fn best(mut found: Vec<(i64, Change)>, now: DateTime<Utc>) -> Vec<WhatIf> {
    // Stable.
    found.sort_by_key(|(at, change)| (change.kind(), *at));
    found.dedup_by_key(|(_, change)| change.kind());
    found.sort_by_key(|(at, change)| (*at, change.kind()));
    let what_if = |(at, change): (i64, Change)| {
        let starts_at = DateTime::from_timestamp(at, 0)?;
        Some(WhatIf { change, starts_at, now: at == now.timestamp() })
    };
    found.into_iter().filter_map(what_if).take(3).collect()
}

/// The jobs that could wait in its place.
fn changes(queue: &Queue<'_>, asked: &Waiting) -> Vec<(Change, Waiting)> {
    let anew = Waiting { waits_since: queue.now, stays: None, ..asked.clone() };
    match asked.stays {
        Some(Stay::Held) => return vec![(Change::Release, anew)],
        Some(_) => return Vec::new(),
        None => {}
    }
    let Resources { cpu_milli, memory_mib, .. } = asked.each;
    let mut changes = Vec::new();
    for part in PARTS {
        let (from, to) = (cpu_milli, cpu_milli / part);
        if to >= Resources::LEAST_CPU_MILLI {
            let each = Resources { cpu_milli: to, ..asked.each };
            changes.push((Change::CpuMilli { from, to }, Waiting { each, ..anew.clone() }));
        }
        let (from, to) = (memory_mib, memory_mib / part);
        if to >= Resources::LEAST_MEMORY_MIB {
            let each = Resources { memory_mib: to, ..asked.each };
            changes.push((Change::MemoryMib { from, to }, Waiting { each, ..anew.clone() }));
        }
        let (from, to) = (asked.time_limit_s, asked.time_limit_s / part);
        if to >= LEAST_TIME_S {
            changes.push((Change::TimeLimitS { from, to }, Waiting { time_limit_s: to, ..anew.clone() }));
        }
    }
    changes
}
