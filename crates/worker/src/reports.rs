//! What is told about each instance: the latest, in order, as soon as possible, and never so often that it costs others time.
//! Telling goes on beside the work: no step of an instance waits for it.

use std::{collections::BTreeMap, time::Duration};

use control::ports::coordination::{Report, WorkerCoordination};
use domain::{
    InstanceId,
    name::WorkerName,
    node::{Observation, Phase},
};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// Between two reports of progress about one instance. Reports of a new state do not wait.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// For what is left to tell when the worker ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// The latest of every instance.
#[derive(Debug)]
pub(crate) struct Reports {
    worker: WorkerName,
    latest: Mutex<BTreeMap<InstanceId, Latest>>,
    news: Notify,
}

#[derive(Debug)]
struct Latest {
    observation: Observation,
    told: bool,
    told_at: Option<Instant>,
}

impl Latest {
    /// When it may be told, if it is to be.
    fn due(&self, now: Instant) -> Option<Instant> {
        let progress = matches!(self.observation.phase, Phase::Starting { .. });
        let due = self.told_at.filter(|_| progress).map_or(now, |at| at + PROGRESS_EVERY);
        (!self.told).then_some(due)
    }
}

impl Reports {
    pub(crate) fn new(worker: WorkerName) -> Self {
        Self { worker, latest: Mutex::default(), news: Notify::new() }
    }

    /// Takes the place of what was said about the node before, told or not.
    pub(crate) fn set(&self, node: InstanceId, observation: Observation) {
        let mut latest = self.latest.lock();
        if let Some(known) = latest.get_mut(&node) {
            if known.observation != observation {
                known.observation = observation;
                known.told = false;
                self.news.notify_one();
            }
        } else {
            latest.insert(node, Latest { observation, told: false, told_at: None });
            self.news.notify_one();
        }
    }

    /// Control needs no report of a node without an assignment.
    pub(crate) fn forget(&self, node: InstanceId) {
        self.latest.lock().remove(&node);
    }

    /// What was told may be lost: everything is told again.
    pub(crate) fn tell_all_again(&self) {
        self.latest.lock().values_mut().for_each(|latest| latest.told = false);
        self.news.notify_one();
    }

    /// What was last said of it.
    pub(crate) fn last(&self, instance: InstanceId) -> Option<Report> {
        let observation = self.latest.lock().get(&instance)?.observation.clone();
        Some(Report { instance, worker: self.worker.clone(), observation })
    }

    /// Nodes that were last said to be running.
    pub(crate) fn is_running(&self, node: InstanceId) -> bool {
        self.latest.lock().get(&node).is_some_and(|latest| matches!(latest.observation.phase, Phase::Running { .. }))
    }

    /// Tells until `end`, then what is left.
    pub(crate) async fn tell(&self, coordination: &dyn WorkerCoordination, end: &CancellationToken) {
        let mut pause = FIRST_PAUSE;
        while !end.is_cancelled() {
            let (batch, next_due) = self.take(Instant::now());
            if batch.is_empty() {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = self.news.notified() => {}
                    () = until(next_due) => {}
                }
            } else if self.deliver(coordination, batch).await {
                pause = FIRST_PAUSE;
            } else {
                tokio::select! {
                    () = end.cancelled() => {}
                    () = tokio::time::sleep(pause) => {}
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        let (batch, _) = self.take(Instant::now() + PROGRESS_EVERY);
        if !batch.is_empty() && tokio::time::timeout(FAREWELL, self.deliver(coordination, batch)).await.is_err() {
            tracing::warn!("the last reports were not taken; they are repeated after the next start");
        }
    }

    /// What is due now, and when the next one will be.
    fn take(&self, now: Instant) -> (Vec<Report>, Option<Instant>) {
        let (mut batch, mut next) = (Vec::new(), None);
        for (node, latest) in self.latest.lock().iter_mut() {
            match latest.due(now) {
                Some(due) if due <= now => {
                    (latest.told, latest.told_at) = (true, Some(now));
                    let observation = latest.observation.clone();
                    batch.push(Report { instance: *node, worker: self.worker.clone(), observation });
                }
                Some(due) => next = Some(next.map_or(due, |next: Instant| next.min(due))),
                None => {}
            }
        }
        (batch, next)
    }

    async fn deliver(&self, coordination: &dyn WorkerCoordination, batch: Vec<Report>) -> bool {
        let Err(error) = coordination.report(&batch).await else { return true };
        tracing::warn!(%error, reports = batch.len(), "reports were not taken; they are repeated");
        let mut latest = self.latest.lock();
        for report in batch {
            if let Some(latest) = latest.get_mut(&report.instance) {
                latest.told = false;
            }
        }
        false
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
