//! What this host's nodes use, sampled from the host's side and kept for an hour: often for nodes that a user looks at,
//! seldom for others. A restart forgets it: no bill depends on it. Looking does not count as activity of the owner.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use control::ports::{
    node::{NodeAddress, NodeError},
    usage::{DiskSample, NodeSamples, Sample, Usages},
};
use domain::{InstanceId, name::WorkerName};
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::{
    cgroup::{self, Cgroup, Reading},
    host::Host,
    worker::Worker,
};

const WATCHED_EVERY: Duration = Duration::from_secs(2);
const OTHERWISE_EVERY: Duration = Duration::from_secs(15);
/// How long a node counts as watched after a request for its samples.
const WATCHED_FOR: Duration = Duration::from_secs(10);
/// Over less time a share of a processor says nothing.
const SHORTEST: Duration = Duration::from_millis(500);
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// An hour's worth at the higher rate.
const MOST_KEPT: usize = 1800;

/// The samples of all nodes.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    book: Mutex<HashMap<InstanceId, Record>>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Record {
    /// The engine's id of its container, while it runs.
    container: Option<String>,
    cgroup: Option<Cgroup>,
    /// When it was last read, and what its CPU time was then.
    read: Option<(Instant, u64)>,
    tried: Option<Instant>,
    watched_until: Option<Instant>,
    samples: VecDeque<Sample>,
}

/// A node whose turn it is.
struct Turn {
    node: InstanceId,
    container: String,
    cgroup: Option<Cgroup>,
}

impl Usage {
    /// The node runs in this container.
    pub(crate) fn runs(&self, node: InstanceId, container: &str) {
        let mut book = self.book.lock();
        let record = book.entry(node).or_default();
        if record.container.as_deref() != Some(container) {
            (record.cgroup, record.read, record.tried) = (None, None, None);
            record.container = Some(container.to_owned());
            self.wake.notify_one();
        }
    }

    /// The node does not run now; what was sampled is kept.
    pub(crate) fn rests(&self, node: InstanceId) {
        if let Some(record) = self.book.lock().get_mut(&node) {
            (record.container, record.cgroup, record.read, record.tried) = (None, None, None, None);
        }
    }

    pub(crate) fn forget(&self, node: InstanceId) {
        self.book.lock().remove(&node);
    }

    /// The samples of these nodes, which now count as watched.
    fn watch(&self, nodes: &[NodeAddress], since: Option<DateTime<Utc>>, now: Instant) -> Vec<NodeSamples> {
        let mut book = self.book.lock();
        let mut begins = false;
        let samples = nodes.iter().filter_map(|address| {
            let record = book.get_mut(&address.node.into())?;
            begins |= !record.is_watched(now);
            record.watched_until = Some(now + WATCHED_FOR);
            let samples = record.samples.iter().filter(|sample| since.is_none_or(|since| sample.at > since));
            Some(NodeSamples { node: address.node, samples: samples.copied().collect() })
        });
        let samples = samples.collect();
        if begins {
            self.wake.notify_one();
        }
        samples
    }

    /// The nodes that are due, and when the next one is.
    fn turns(&self, now: Instant) -> (Vec<Turn>, Instant) {
        let mut next = now + OTHERWISE_EVERY;
        let mut turns = Vec::new();
        for (node, record) in self.book.lock().iter_mut() {
            let Some(container) = record.container.clone() else { continue };
            let every = if record.is_watched(now) { WATCHED_EVERY } else { OTHERWISE_EVERY };
            let due = record.tried.map_or(now, |tried| tried + every);
            if due <= now {
                record.tried = Some(now);
                turns.push(Turn { node: *node, container, cgroup: record.cgroup.clone() });
            }
            next = next.min(if due <= now { now + every } else { due });
        }
        (turns, next)
    }

    fn take_in(&self, turn: Turn, reading: Option<Reading>, now: Instant, at: DateTime<Utc>) {
        if let Some(record) = self.book.lock().get_mut(&turn.node)
            // Else it was stopped or replaced meanwhile.
            && record.container.as_deref() == Some(&turn.container)
        {
            record.cgroup = turn.cgroup.filter(|_| reading.is_some());
            match reading {
                Some(reading) => record.take_in(reading, now, at),
                None => record.read = None,
            }
        }
    }
}

impl Record {
    fn is_watched(&self, now: Instant) -> bool {
        self.watched_until.is_some_and(|until| now < until)
    }

    fn take_in(&mut self, reading: Reading, now: Instant, at: DateTime<Utc>) {
        let before = self.read;
        if let Some((then, cpu_ns)) = before {
            let elapsed = now.duration_since(then);
            if elapsed < SHORTEST {
                return;
            }
            let used = u128::from(reading.cpu_ns.saturating_sub(cpu_ns));
            let cpu_milli = u32::try_from(used * 1000 / elapsed.as_nanos()).unwrap_or(u32::MAX);
            self.samples.push_back(Sample { at, cpu_milli, memory_bytes: reading.memory_bytes });
        }
        self.read = Some((now, reading.cpu_ns));
        let old = |sample: &Sample| at - sample.at > KEPT_FOR;
        while self.samples.len() > MOST_KEPT || self.samples.front().is_some_and(old) {
            self.samples.pop_front();
        }
    }
}

/// Samples until the worker ends.
pub(crate) async fn run(host: Arc<Host>) {
    loop {
        let (turns, next) = host.usage.turns(Instant::now());
        if !turns.is_empty() {
            // Small files, but a kernel under load may take its time.
            match tokio::task::spawn_blocking(move || turns.into_iter().map(look).collect::<Vec<_>>()).await {
                Ok(readings) => {
                    let at = host.now();
                    for (turn, reading, now) in readings {
                        host.usage.take_in(turn, reading, now, at);
                    }
                }
                Err(error) => tracing::error!(%error, "reading what nodes use has broken off"),
            }
        }
        tokio::select! {
            () = sleep_until(next) => {}
            () = host.usage.wake.notified() => {}
        }
    }
}

fn look(mut turn: Turn) -> (Turn, Option<Reading>, Instant) {
    let group = turn.cgroup.take().or_else(|| Cgroup::find(Path::new(cgroup::ROOT), &turn.container));
    let reading = group.as_ref().and_then(Cgroup::read);
    turn.cgroup = group;
    (turn, reading, Instant::now())
}

#[async_trait]
impl Usages for Worker {
    async fn samples(
        &self,
        nodes: &[NodeAddress],
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<NodeSamples>, NodeError> {
        for address in nodes {
            self.is_here(address)?;
        }
        Ok(self.host.usage.watch(nodes, since, Instant::now()))
    }

    async fn disk(&self, worker: &WorkerName) -> Result<Option<DiskSample>, NodeError> {
        if *worker == self.host.config.name {
            Ok(self.host.disk.last())
        } else {
            Err(NodeError::Unreachable(format!("this is the worker {}, not {worker}", self.host.config.name)))
        }
    }
}

#[cfg(test)]
mod tests;
