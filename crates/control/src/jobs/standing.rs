//! How a user stands in the queue: what they have used beside all others, and why their jobs wait. And what would let one of them
//! start earlier. Decides nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    JobRef, UserId,
    job::{Job, JobState},
};
use parking_lot::Mutex;
use scheduler::{Order, Reason, WhatIf};

use super::{Jobs, elements, left, so_far};
use crate::{Error, actor::Actor, ports::store::UsedCpu};

/// What all have used is read again when it was read so long ago: all that run are read for it.
const READ_AGAIN: TimeDelta = TimeDelta::seconds(30);
/// Less is as good as none: as `scheduler` counts.
const LEAST_CPU_SECONDS: f64 = 1.0;

/// What a user has used beside all others, and why their jobs wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Half of it is forgotten in each `half_life`.
    pub used_cpu_hours: f64,
    /// Of what all users have used: 0 to 1.
    pub of_all: f64,
    /// So many times the share that each user has who has used something or waits.
    pub times_of_share: f64,
    pub half_life: TimeDelta,
    /// CPUs of the jobs that run.
    pub running_cpus: f64,
    /// It decides whose turn it is; the queue is not merely first come, first served.
    pub decides: bool,
    /// How many jobs wait for each kind of reason, the most first; one of the reasons of each kind.
    pub waiting: Vec<(Reason, u32)>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Use {
    cpu_seconds: f64,
    running_cpu_milli: u64,
}

/// What all users have used, as it was read last. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Uses(Arc<Mutex<Option<Read>>>);

#[derive(Debug, Clone)]
struct Read {
    at: DateTime<Utc>,
    of: Arc<BTreeMap<UserId, Use>>,
}

impl Jobs {
    /// Changes that would let a job start earlier, as of the last pass over the queue. None for one that does not wait, for one that
    /// no pass has seen, and while the queue is very long.
    pub async fn what_ifs(&self, actor: &Actor, job: impl Into<JobRef>) -> Result<Vec<WhatIf>, Error> {
        let job = elements::find(&*self.store, actor, job.into()).await?;
        if job.state == JobState::Pending { Ok(self.queue.what_ifs(&job).await) } else { Ok(Vec::new()) }
    }

    pub async fn standing(&self, actor: &Actor) -> Result<Standing, Error> {
        let uses = self.uses().await?;
        let own = uses.get(&actor.user).copied().unwrap_or_default();
        let of_count: BTreeMap<UserId, f64> = uses
            .iter()
            .map(|(owner, used)| (*owner, used.cpu_seconds))
            .filter(|(_, used)| *used >= LEAST_CPU_SECONDS)
            .collect();
        let all: f64 = of_count.values().sum();
        let of_all = of_count.get(&actor.user).map_or(0.0, |used| used / all);
        let owners: BTreeSet<UserId> = of_count.keys().copied().chain(self.queue.owners()).collect();
        Ok(Standing {
            used_cpu_hours: own.cpu_seconds / 3600.0,
            of_all,
            times_of_share: of_all * owners.len() as f64,
            half_life: self.rules.half_life,
            running_cpus: own.running_cpu_milli as f64 / 1000.0,
            decides: matches!(self.rules.order, Order::FairShare(_)),
            waiting: self.queue.reasons(actor.user),
        })
    }

    async fn uses(&self) -> Result<Arc<BTreeMap<UserId, Use>>, Error> {
        let now = self.clock.now();
        let read = self.uses.0.lock().clone();
        if let Some(read) = read.filter(|read| now - read.at < READ_AGAIN) {
            return Ok(read.of);
        }
        let (used, active) = (self.store.used_cpu().await?, self.store.active_jobs().await?);
        let of = Arc::new(sums(used, &active, now, self.rules.half_life));
        *self.uses.0.lock() = Some(Read { at: now, of: of.clone() });
        Ok(of)
    }
}

fn sums(used: Vec<UsedCpu>, active: &[Job], now: DateTime<Utc>, half_life: TimeDelta) -> BTreeMap<UserId, Use> {
    let over = |used: UsedCpu| (used.owner, Use { cpu_seconds: left(used, now, half_life), running_cpu_milli: 0 });
    let mut sums: BTreeMap<UserId, Use> = used.into_iter().map(over).collect();
    for job in active {
        let sum = sums.entry(job.owner).or_default();
        sum.cpu_seconds += so_far(job, now);
        sum.running_cpu_milli += u64::from(job.spec.resources.cpu_milli);
    }
    sums
}
