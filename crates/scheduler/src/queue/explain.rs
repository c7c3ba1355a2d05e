//! Why a job waits, in numbers and sentences. Decides nothing.

use std::collections::BTreeMap;

use domain::Violation;

use super::{
    Queue, Reason, Waiting,
    plan::{Place, Plan, Shape, shape},
};
use crate::{
    Host,
    room::{Room, Words, has_runtime, is_large_enough, larger_than_every_host, no_such_runtime, short},
};

/// Why no host could run it even if it were ready and nothing else ran there. Where no host is known, none is ruled out.
pub(super) fn impossible(queue: &Queue<'_>, job: &Waiting) -> Option<String> {
    let able = queue.hosts.iter().filter(|host| has_runtime(host, job.runtime.as_ref()));
    let could = |host: &Host| is_large_enough(host, job.each) && Room::of(host, queue.overcommit).takes(job.each);
    if queue.hosts.is_empty() || able.clone().any(could) {
        return None;
    }
    if let (Some(runtime), None) = (&job.runtime, able.clone().next()) {
        return Some(format!("its image {}", no_such_runtime(runtime, Words::JOB).message));
    }
    let why = larger_than_every_host(job.each, able, Words::JOB).map_or_else(
        || "none has as many CPUs, as much memory and as many processes to give to jobs".to_owned(),
        |faults| joined(faults.iter().map(|fault: &Violation| fault.message.as_str())),
    );
    Some(format!("{why}; cancel it, and submit one that asks for less"))
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(", and ")
}

type Funnel = Vec<(&'static str, u32)>;

/// How the jobs of each shape fare once the pass is over.
#[derive(Debug)]
pub(super) struct Explanations<'p, 'a> {
    plan: &'p Plan<'a>,
    found: BTreeMap<Shape<'a>, (Funnel, Reason)>,
}

impl<'p, 'a> Explanations<'p, 'a> {
    pub(super) const fn of(plan: &'p Plan<'a>) -> Self {
        Self { plan, found: BTreeMap::new() }
    }

    /// How many hosts are left behind each condition; and the reason, unless the job has one of its own.
    pub(super) fn of_job(&mut self, job: &'a Waiting) -> (Funnel, Reason) {
        let plan = self.plan;
        self.found.entry(shape(job)).or_insert_with(|| find(plan, job)).clone()
    }
}

fn find(plan: &Plan<'_>, job: &Waiting) -> (Funnel, Reason) {
    let able = plan.places.iter().filter(|place| has_runtime(place.host, job.runtime.as_ref()));
    let large: Vec<&Place<'_>> = able.clone().filter(|place| is_large_enough(place.host, job.each)).collect();
    let free = large.iter().filter(|place| place.profile.left().takes(job.each)).count();
    let counts = [
        ("hosts", plan.queue.hosts.len()),
        ("ready", plan.places.len()),
        ("runtime", able.count()),
        ("size", large.len()),
        ("free", free),
    ];
    let reason = if free > 0 { Reason::Priority } else { Reason::Capacity(shortage(job, &large)) };
    (counts.map(|(name, count)| (name, u32::try_from(count).unwrap_or(u32::MAX))).into(), reason)
}

fn shortage(job: &Waiting, large: &[&Place<'_>]) -> String {
    if large.is_empty() {
        return "none that could run it is ready".to_owned();
    }
    let short = short(job.each, large.iter().map(|place| place.profile.left()), Words::JOB);
    if short.is_empty() {
        return "CPUs, memory and processes are free, but not enough of each on one host".to_owned();
    }
    joined(short.iter().map(|(_, what)| what.as_str()))
}
