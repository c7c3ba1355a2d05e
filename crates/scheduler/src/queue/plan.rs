//! One pass: which host takes a job, when, and what that leaves. Knows nothing of who comes first: it is asked in that order.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    UserId, Violation,
    name::{RuntimeName, WorkerName},
    quota::{Limits, Usage},
    resources::Resources,
};

use super::{Active, Queue, Reason, Share, Waiting, explain, profile::Profile};
use crate::{
    Host,
    room::{Room, fullness, has_runtime, is_large_enough},
};

/// For so many jobs that wait, the time is sought at which they can start; what is behind them starts now or is not planned.
const PLANNED: u32 = 1_000;
/// A job whose time is over is about to end.
const OVERDUE_S: i64 = 60;

/// All that decides which host takes a job. Most jobs have the shape of another one.
pub(super) type Shape<'a> = (u32, u32, u32, Option<&'a RuntimeName>);

pub(super) fn shape(job: &Waiting) -> Shape<'_> {
    (job.each.cpu_milli, job.each.memory_mib, job.each.pids, job.runtime.as_ref())
}

/// A host that is ready.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) host: &'a Host,
    pub(super) profile: Profile,
}

#[derive(Debug, Clone, Copy)]
struct Owner {
    limits: Limits,
    held: Usage,
    /// Reserved for their jobs, whenever those start.
    kept: Usage,
}

#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) queue: Queue<'a>,
    now: i64,
    /// By name.
    pub(super) places: Vec<Place<'a>>,
    owners: BTreeMap<UserId, Owner>,
    impossible: BTreeMap<Shape<'a>, Option<String>>,
    /// How many were planned that do not start now.
    planned: u32,
}

/// What becomes of a job; of an array, of what is left of it.
#[derive(Debug)]
pub(super) enum Verdict {
    Starts,
    /// For a reason of its own, whatever comes before it.
    Stays(Reason),
    /// For its turn; until then, where that is known.
    Waits(Option<i64>),
}

/// What becomes of one of a job's elements, or of a job that is no array.
#[derive(Debug)]
enum One<'a> {
    Starts(&'a WorkerName),
    Not(Verdict),
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    at: i64,
    place: usize,
    fullness: f64,
}

impl<'a> Plan<'a> {
    pub(super) fn new(queue: Queue<'a>) -> Self {
        let now = queue.now.timestamp();
        let mut ends: BTreeMap<&WorkerName, Vec<(i64, Resources)>> = BTreeMap::new();
        for active in queue.active {
            ends.entry(&active.worker).or_default().push((end(active, queue.now), active.each));
        }
        let place = |host: &'a Host| {
            let room = Room::of(host, queue.overcommit);
            let profile = Profile::new(room, host.used, now, ends.remove(&host.name).unwrap_or_default());
            Place { host, profile }
        };
        let mut places: Vec<_> = queue.hosts.iter().filter(|host| host.ready).map(place).collect();
        places.sort_unstable_by(|a, b| a.host.name.cmp(&b.host.name));
        let owner = |(id, share): (&UserId, &Share)| {
            (*id, Owner { limits: share.limits, held: share.held, kept: Usage::default() })
        };
        let owners = queue.shares.iter().map(owner).collect();
        Self { queue, now, places, owners, impossible: BTreeMap::new(), planned: 0 }
    }

    /// Asked for each waiting job once, the first first. `started` is told of each host on which one of it starts.
    pub(super) fn decide(&mut self, job: &'a Waiting, mut started: impl FnMut(&WorkerName)) -> Verdict {
        let queue = self.queue;
        let why = self.impossible.entry(shape(job)).or_insert_with(|| explain::impossible(&queue, job));
        if let Some(why) = why {
            return Verdict::Stays(Reason::Impossible(why.clone()));
        }
        if let Some(stay) = &job.stays {
            return Verdict::Stays(stay.clone().into());
        }
        let most = job.at_most.map_or(job.count, |most| most.min(job.count));
        for _ in 0..most {
            match self.one(job) {
                One::Starts(worker) => started(worker),
                // So do all behind it: nothing becomes free in between.
                One::Not(verdict) => return verdict,
            }
        }
        if most < job.count { Verdict::Stays(Reason::ArrayLimit) } else { Verdict::Starts }
    }

    fn one(&mut self, job: &Waiting) -> One<'a> {
        let Some(Owner { limits, held, kept }) = self.owners.get(&job.owner).copied() else {
            let fault = Violation::new("owner", "has an owner whose limits are not known");
            return One::Not(Verdict::Stays(Reason::Limit(vec![fault])));
        };
        if let Err(faults) = limits.check(held, Usage::of_jobs(1, job.each)) {
            return One::Not(Verdict::Stays(Reason::Limit(faults)));
        }
        // What is kept for an owner's earlier jobs is theirs already: a later one must not make those wait for their limits.
        if limits.check(held.plus(kept), Usage::of_jobs(1, job.each)).is_err() {
            return One::Not(Verdict::Waits(None));
        }
        let by = if self.planned < PLANNED { i64::MAX } else { self.now };
        let slot = self.earliest(job, by);
        match slot.and_then(|slot| self.take(job, slot)) {
            Some((at, worker)) if at == self.now => One::Starts(worker),
            found => {
                self.planned += 1;
                One::Not(Verdict::Waits(found.map(|(at, _)| at)))
            }
        }
    }

    /// When it would start if its turn were now, as far as that is planned. Keeps nothing for it.
    pub(super) fn could_start(&self, job: &Waiting) -> Option<i64> {
        let Owner { limits, held, kept } = self.owners.get(&job.owner).copied()?;
        limits.check(held.plus(kept), Usage::of_jobs(1, job.each)).ok()?;
        let by = if self.planned < PLANNED { i64::MAX } else { self.now };
        self.earliest(job, by).map(|slot| slot.at)
    }

    /// The first time, at `by` at the latest; of the hosts that have room then, the one that is the least full with it.
    fn earliest(&self, job: &Waiting, by: i64) -> Option<Slot> {
        let mut best: Option<Slot> = None;
        for (place, Place { host, profile }) in self.places.iter().enumerate() {
            if !is_large_enough(host, job.each) {
                continue;
            }
            let by = best.map_or(by, |best| best.at);
            let Some((at, used)) = profile.earliest(job.each, job.time_limit_s.into(), by) else { continue };
            let fullness = fullness(host, used.plus(Usage::of_jobs(1, job.each)));
            let better = best.is_none_or(|best| at < best.at || fullness < best.fullness);
            if better && has_runtime(host, job.runtime.as_ref()) {
                best = Some(Slot { at, place, fullness });
            }
        }
        best
    }

    fn take(&mut self, job: &Waiting, slot: Slot) -> Option<(i64, &'a WorkerName)> {
        let place = self.places.get_mut(slot.place)?;
        let owner = self.owners.get_mut(&job.owner)?;
        place.profile.reserve(job.each, job.time_limit_s.into(), slot.at);
        let sum = if slot.at == self.now { &mut owner.held } else { &mut owner.kept };
        *sum = sum.plus(Usage::of_jobs(1, job.each));
        Some((slot.at, &place.host.name))
    }
}

/// In whole seconds, rounded up.
fn end(active: &Active, now: DateTime<Utc>) -> i64 {
    if active.ends_at <= now {
        return now.timestamp() + OVERDUE_S;
    }
    active.ends_at.timestamp() + i64::from(active.ends_at.timestamp_subsec_nanos() > 0)
}
