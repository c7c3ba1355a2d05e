//! What the fake holds and whom it tells. Knows nothing of the ports' traits.

use std::collections::BTreeMap;

use control::ports::coordination::{Assignment, AssignmentEvent, CoordinationError, Report, ReportEvent, WorkerInfo};
use domain::{NodeId, name::WorkerName};
use futures::{StreamExt, stream::BoxStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;

type Place = (WorkerName, NodeId);
type Sender<E> = UnboundedSender<Result<E, CoordinationError>>;
type Stream<E> = BoxStream<'static, Result<E, CoordinationError>>;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) assignments: BTreeMap<Place, Assignment>,
    pub(super) reports: BTreeMap<Place, Report>,
    pub(super) workers: BTreeMap<WorkerName, WorkerInfo>,
    pub(super) complete: bool,
    pub(super) cut: bool,
    pub(super) failures: u32,
    assignment_watchers: Vec<(WorkerName, Sender<AssignmentEvent>)>,
    report_watchers: Vec<Sender<ReportEvent>>,
}

impl State {
    /// Publishes these unless something newer is there; each worker hears once.
    pub(super) fn publish(&mut self, assignments: &[Assignment]) {
        let mut news: BTreeMap<WorkerName, BTreeMap<NodeId, Assignment>> = BTreeMap::new();
        for assignment in assignments {
            let place = (assignment.worker.clone(), assignment.node);
            if self
                .assignments
                .get(&place)
                .is_some_and(|there| there.generation > assignment.generation || there == assignment)
            {
                continue;
            }
            self.assignments.insert(place, assignment.clone());
            news.entry(assignment.worker.clone()).or_default().insert(assignment.node, assignment.clone());
        }
        for (worker, changed) in news {
            self.tell_worker(&worker, &AssignmentEvent::Changed(changed.into_values().collect()));
        }
    }

    /// Takes these assignments back; each worker hears once.
    pub(super) fn withdraw(&mut self, places: &[Place]) {
        let mut gone: BTreeMap<WorkerName, Vec<NodeId>> = BTreeMap::new();
        for place in places {
            self.reports.remove(place);
            if self.assignments.remove(place).is_some() {
                gone.entry(place.0.clone()).or_default().push(place.1);
            }
        }
        for (worker, nodes) in gone {
            self.tell_worker(&worker, &AssignmentEvent::Withdrawn(nodes));
        }
    }

    /// Says that everything is published; a worker that did not know gets a new snapshot.
    pub(super) fn mark_complete(&mut self) {
        if std::mem::replace(&mut self.complete, true) {
            return;
        }
        let workers: Vec<WorkerName> = self.assignment_watchers.iter().map(|(worker, _)| worker.clone()).collect();
        for worker in workers {
            let snapshot = self.snapshot_for(&worker);
            self.tell_worker(&worker, &snapshot);
        }
    }

    pub(super) fn snapshot_for(&self, worker: &WorkerName) -> AssignmentEvent {
        let mine = self.assignments.values().filter(|assignment| assignment.worker == *worker);
        AssignmentEvent::Snapshot { assignments: mine.cloned().collect(), complete: self.complete }
    }

    pub(super) fn expire(&mut self, worker: &WorkerName) {
        if self.workers.remove(worker).is_some() {
            self.tell_control(&ReportEvent::WorkerLost(worker.clone()));
        }
    }

    pub(super) fn watch_assignments(&mut self, worker: &WorkerName) -> Stream<AssignmentEvent> {
        let (sender, stream) = channel();
        tell(&sender, &self.snapshot_for(worker));
        self.assignment_watchers.push((worker.clone(), sender));
        stream
    }

    pub(super) fn watch_reports(&mut self) -> Stream<ReportEvent> {
        let (sender, stream) = channel();
        let reports = self.reports.values().cloned().collect();
        tell(&sender, &ReportEvent::Snapshot { reports, workers: self.workers.values().cloned().collect() });
        self.report_watchers.push(sender);
        stream
    }

    pub(super) fn tell_control(&mut self, event: &ReportEvent) {
        self.report_watchers.retain(|watcher| tell(watcher, event));
    }

    fn tell_worker(&mut self, worker: &WorkerName, event: &AssignmentEvent) {
        self.assignment_watchers.retain(|(whose, watcher)| whose != worker || tell(watcher, event));
    }

    pub(super) fn end_streams(&mut self, why: &str) {
        // Whoever dropped their stream does not need to hear why it ended.
        for (_, watcher) in self.assignment_watchers.drain(..) {
            let _ = watcher.send(Err(CoordinationError::Unavailable(why.to_owned())));
        }
        for watcher in self.report_watchers.drain(..) {
            let _ = watcher.send(Err(CoordinationError::Unavailable(why.to_owned())));
        }
    }

    pub(super) fn watchers(&self) -> (usize, usize) {
        let of_assignments = self.assignment_watchers.iter().filter(|(_, watcher)| !watcher.is_closed()).count();
        (of_assignments, self.report_watchers.iter().filter(|watcher| !watcher.is_closed()).count())
    }
}

fn channel<E: Send + 'static>() -> (Sender<E>, Stream<E>) {
    let (sender, receiver) = unbounded_channel();
    (sender, UnboundedReceiverStream::new(receiver).boxed())
}

/// False when nobody listens any more.
fn tell<E: Clone>(watcher: &Sender<E>, event: &E) -> bool {
    watcher.send(Ok(event.clone())).is_ok()
}
