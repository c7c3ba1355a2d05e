//! Which waiting jobs start now, and why the others wait: the README's section "Queue". Knows owners by their id, and nothing
//! of what a job runs.

mod explain;
mod plan;
mod priority;
mod profile;
mod what_if;

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use domain::{
    JobId, UserId, Violation,
    name::{RuntimeName, WorkerName},
    quota::{Limits, Usage},
    resources::Resources,
};

use crate::{Host, Overcommit};
use explain::Explanations;
use plan::{Plan, Verdict};

pub use priority::{Weights, decayed};
pub use what_if::{Change, WhatIf, what_ifs};

/// A job that has not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub job: JobId,
    pub owner: UserId,
    pub each: Resources,
    /// What it is to run with; `None` for the engine's usual runtime, which every host has.
    pub runtime: Option<RuntimeName>,
    pub time_limit_s: u32,
    /// When it was submitted, or released last.
    pub waits_since: DateTime<Utc>,
    /// It comes behind others by this much.
    pub nice: u32,
    /// How many of it may start: the elements of an array that have not begun; 1 otherwise.
    pub count: u32,
    /// How many of those may run beside the ones that run already; `None` where there is no such rule.
    pub at_most: Option<u32>,
    /// Why it does not start, whatever is free.
    pub stays: Option<Stay>,
}

/// What keeps a job from starting that no host and no limit has to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    Held,
    /// It waits for other jobs; the text says which.
    Dependency(String),
    /// It does not start before this.
    NotBefore(DateTime<Utc>),
}

/// A job that takes from its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    pub owner: UserId,
    pub worker: WorkerName,
    pub each: Resources,
    /// When it is over at the latest.
    pub ends_at: DateTime<Utc>,
}

/// What an owner may hold, holds (nodes and jobs), and has used (decayed to `now`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub limits: Limits,
    pub held: Usage,
    pub used_cpu_seconds: f64,
}

/// All that decides which jobs start.
#[derive(Debug, Clone, Copy)]
pub struct Queue<'a> {
    pub now: DateTime<Utc>,
    /// `used` counts nodes and active jobs.
    pub hosts: &'a [Host],
    pub waiting: &'a [Waiting],
    pub active: &'a [Active],
    /// Of every owner of a waiting job: those of an owner who is missing do not start. And of every owner who has used anything.
    pub shares: &'a BTreeMap<UserId, Share>,
    pub overcommit: Overcommit,
    pub order: Order,
}

/// Which job comes first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    FairShare(Weights),
    /// The one that has waited longest.
    Fifo,
}

/// This job starts now, on this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub job: JobId,
    pub worker: WorkerName,
}

/// This job waits.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    pub job: JobId,
    pub reason: Reason,
    /// How many jobs that wait for their turn come before it.
    pub ahead: u32,
    /// What those asked for: CPUs, times how long they may run.
    pub ahead_cpu_hours: f64,
    /// When it starts at the latest if all that runs takes its whole time and nothing else comes first; whole seconds.
    pub expected_start: Option<DateTime<Utc>>,
    /// How many hosts there are, and how many are left behind each condition: `hosts`, `ready`, `runtime`, `size`, `free`.
    pub funnel: Vec<(&'static str, u32)>,
}

/// Why a job waits; the first that applies, in this order. Shown, it is a sentence for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No host could ever run it.
    Impossible(String),
    Held,
    /// It waits for other jobs; the text says which.
    Dependency(String),
    /// It does not start before this.
    NotBefore(DateTime<Utc>),
    /// As many elements of its array run, or wait for another attempt, as may.
    ArrayLimit,
    /// Its owner holds too much.
    Limit(Vec<Violation>),
    /// A host has room, which is kept for others.
    Priority,
    /// No host has room; the text says what is short.
    Capacity(String),
}

impl Reason {
    /// Of every kind.
    pub const CODES: [&str; 8] =
        ["impossible", "held", "dependency", "not_before", "array_limit", "limit", "priority", "capacity"];

    /// Its kind, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Impossible(_) => "impossible",
            Self::Held => "held",
            Self::Dependency(_) => "dependency",
            Self::NotBefore(_) => "not_before",
            Self::ArrayLimit => "array_limit",
            Self::Limit(_) => "limit",
            Self::Priority => "priority",
            Self::Capacity(_) => "capacity",
        }
    }
}

impl From<Stay> for Reason {
    fn from(stay: Stay) -> Self {
        match stay {
            Stay::Held => Self::Held,
            Stay::Dependency(which) => Self::Dependency(which),
            Stay::NotBefore(at) => Self::NotBefore(at),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Impossible(why) => write!(f, "no host here can ever run it; {why}"),
            Self::Held => f.write_str("it is held, and starts only after it is released"),
            Self::Dependency(which) => f.write_str(which),
            Self::NotBefore(at) => write!(f, "it does not start before {}", moment(*at)),
            Self::ArrayLimit => f.write_str(
                "as many elements of its array run as it allows at a time, or a hundred of them wait for another attempt",
            ),
            Self::Limit(faults) => {
                let faults: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
                write!(f, "it {}", faults.join(", and "))
            }
            Self::Priority => f.write_str("other jobs come first, and what is free is kept for them"),
            Self::Capacity(short) => write!(f, "it waits for a host with room: {short}"),
        }
    }
}

/// As the sentences about jobs say it.
pub fn moment(at: DateTime<Utc>) -> impl fmt::Display {
    at.format("%Y-%m-%d %H:%M:%S UTC")
}

/// What one look at the queue decides, in the order of the queue. A job that may start starts, an array as often as its elements
/// do; what waits is told once, also where some of its elements start.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pass {
    pub starts: Vec<Start>,
    pub waits: Vec<Wait>,
}

/// The jobs that come before one.
#[derive(Debug, Clone, Copy, Default)]
struct Ahead {
    jobs: u32,
    /// Thousandths of a CPU, times seconds.
    cpu: u64,
}

impl Ahead {
    /// All that may start of it.
    fn add(&mut self, job: &Waiting) {
        self.jobs += 1;
        let cpu = u64::from(job.each.cpu_milli) * u64::from(job.time_limit_s);
        self.cpu = self.cpu.saturating_add(cpu.saturating_mul(job.count.into()));
    }

    /// Rounded where it is far above all that is of use.
    fn cpu_hours(self) -> f64 {
        self.cpu as f64 / (1000.0 * 3600.0)
    }
}

pub fn pass(queue: &Queue<'_>) -> Pass {
    let mut plan = Plan::new(*queue);
    let (mut starts, mut left) = (Vec::new(), Vec::new());
    let mut ahead = Ahead::default();
    for job in priority::ordered(queue) {
        let started = |worker: &WorkerName| starts.push(Start { job: job.job, worker: worker.clone() });
        match plan.decide(job, started) {
            Verdict::Starts => {}
            Verdict::Stays(reason) => left.push((job, ahead, Some(reason), None)),
            Verdict::Waits(expected) => {
                left.push((job, ahead, None, expected));
                ahead.add(job);
            }
        }
    }
    // What is free is told as it is once these have started.
    let mut explanations = Explanations::of(&plan);
    let waits = left.into_iter().map(|(job, ahead, reason, expected)| {
        let (funnel, usual) = explanations.of_job(job);
        let expected_start = expected.and_then(|at| DateTime::from_timestamp(at, 0));
        let reason = reason.unwrap_or(usual);
        let (ahead, ahead_cpu_hours) = (ahead.jobs, ahead.cpu_hours());
        Wait { job: job.job, reason, ahead, ahead_cpu_hours, expected_start, funnel }
    });
    Pass { starts, waits: waits.collect() }
}

#[cfg(test)]
mod tests;
