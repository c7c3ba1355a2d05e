//! What the fake holds and whom it tells. Knows nothing of the ports' traits.

use std::collections::BTreeMap;

use control::ports::coordination::{
    Answer, Assignment, AssignmentEvent, CoordinationError, Newer, Orphan, Report, ReportEvent, WorkerInfo,
};
use domain::{InstanceId, name::WorkerName, node::Generation};
use futures::{StreamExt, stream::BoxStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;

type Place = (WorkerName, InstanceId);
type Sender<E> = UnboundedSender<Result<E, CoordinationError>>;
type Stream<E> = BoxStream<'static, Result<E, CoordinationError>>;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) assignments: BTreeMap<Place, Assignment>,
    pub(super) reports: BTreeMap<Place, Report>,
    pub(super) workers: BTreeMap<WorkerName, WorkerInfo>,
    pub(super) orphans: BTreeMap<Place, Orphan>,
    pub(super) answers: BTreeMap<Place, Answer>,
    /// Everything has been published once.
    pub(super) complete: bool,
    /// A watch is complete at once when everything has been published: there is no control that would do it again.
    pub(super) alone: bool,
    /// How many watches have begun.
    watches: u64,
    /// How often control has begun to watch.
    pub(super) report_watches: u64,
    pub(super) cut: bool,
    pub(super) failures: u32,
    assignment_watchers: Vec<Watcher>,
    report_watchers: Vec<Sender<ReportEvent>>,
}

#[derive(Debug)]
struct Watcher {
    worker: WorkerName,
    number: u64,
    /// Everything has been published since it began.
    complete: bool,
    sender: Sender<AssignmentEvent>,
}

impl State {
    /// Publishes these unless something newer is there, which is returned; each worker hears once.
    pub(super) fn publish(&mut self, assignments: &[Assignment]) -> Vec<Newer> {
        let mut newer = Vec::new();
        let mut news: BTreeMap<WorkerName, BTreeMap<InstanceId, Assignment>> = BTreeMap::new();
        for assignment in assignments {
            let place = (assignment.worker.clone(), assignment.instance);
            if let Some(there) = self.assignments.get(&place) {
                if there.stays_before(assignment) {
                    newer.push(Newer { instance: there.instance, generation: there.generation, order: there.order });
                    continue;
                }
                if there == assignment {
                    continue;
                }
            }
            self.assignments.insert(place, assignment.clone());
            news.entry(assignment.worker.clone()).or_default().insert(assignment.instance, assignment.clone());
        }
        for (worker, changed) in news {
            self.tell_worker(&worker, &AssignmentEvent::Changed(changed.into_values().collect()));
        }
        newer
    }

    /// Takes these back, but for assignments newer than this.
    pub(super) fn withdraw_known(&mut self, nodes: &[(WorkerName, InstanceId, Generation)]) {
        let stays = |place: &Place, generation: Generation| {
            self.assignments.get(place).is_some_and(|there| there.generation > generation)
        };
        let places = nodes.iter().map(|(worker, node, generation)| ((worker.clone(), *node), *generation));
        let gone: Vec<Place> = places.filter(|(place, known)| !stays(place, *known)).map(|(place, _)| place).collect();
        self.withdraw(&gone);
    }

    /// Takes these assignments back; each worker hears once.
    pub(super) fn withdraw(&mut self, places: &[Place]) {
        let mut gone: BTreeMap<WorkerName, Vec<InstanceId>> = BTreeMap::new();
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

    /// Says that everything is published; a worker whose watch is among these gets a new snapshot, unless it had one.
    pub(super) fn mark_complete(&mut self, asked: &[(WorkerName, String)]) {
        self.complete = true;
        let mut watchers = std::mem::take(&mut self.assignment_watchers);
        watchers.retain_mut(|watcher| {
            let number = watcher.number.to_string();
            if watcher.complete || !asked.iter().any(|(_, watch)| *watch == number) {
                return !watcher.sender.is_closed();
            }
            watcher.complete = true;
            self.tell_all(&watcher.worker, true, &watcher.sender)
        });
        self.assignment_watchers = watchers;
    }

    /// A snapshot, and behind a complete one the answers.
    fn tell_all(&self, worker: &WorkerName, complete: bool, sender: &Sender<AssignmentEvent>) -> bool {
        let mine = self.assignments.values().filter(|assignment| assignment.worker == *worker);
        let snapshot = AssignmentEvent::Snapshot { assignments: mine.cloned().collect(), complete };
        let answers: Vec<Answer> =
            self.answers.values().filter(|answer| complete && answer.worker == *worker).cloned().collect();
        tell(sender, &snapshot) && (answers.is_empty() || tell(sender, &AssignmentEvent::Answered(answers)))
    }

    /// The watches that are open.
    pub(super) fn asked(&self) -> Vec<(WorkerName, String)> {
        let asked = self.assignment_watchers.iter().map(|watcher| (watcher.worker.clone(), watcher.number.to_string()));
        asked.collect()
    }

    pub(super) fn ask(&mut self, orphans: &[Orphan]) {
        let mut new = Vec::new();
        for orphan in orphans {
            let place = (orphan.worker.clone(), orphan.instance);
            if self.orphans.insert(place, orphan.clone()).as_ref() != Some(orphan) {
                new.push(orphan.clone());
            }
        }
        if !new.is_empty() {
            self.tell_control(&ReportEvent::Orphans(new));
        }
    }

    pub(super) fn stop_asking(&mut self, worker: &WorkerName, nodes: &[InstanceId]) {
        for node in nodes {
            if self.orphans.remove(&(worker.clone(), *node)).is_some() {
                self.tell_control(&ReportEvent::OrphanGone(worker.clone(), *node));
            }
        }
    }

    pub(super) fn answer(&mut self, answers: &[Answer]) {
        for answer in answers {
            self.answers.insert((answer.worker.clone(), answer.instance), answer.clone());
            self.tell_worker(&answer.worker, &AssignmentEvent::Answered(vec![answer.clone()]));
        }
    }

    /// Another worker, where both give their id.
    pub(super) fn other_than(&self, info: &WorkerInfo) -> Option<&WorkerInfo> {
        let mut others = self.workers.values().filter(|other| other.id.is_some() && info.id.is_some());
        others.find(|other| other.id != info.id)
    }

    pub(super) fn expire(&mut self, worker: &WorkerName) {
        if self.workers.remove(worker).is_some() {
            self.tell_control(&ReportEvent::WorkerLost(worker.clone()));
        }
    }

    pub(super) fn watch_assignments(&mut self, worker: &WorkerName) -> Stream<AssignmentEvent> {
        let (sender, stream) = channel();
        let complete = self.alone && self.complete;
        self.tell_all(worker, complete, &sender);
        self.watches += 1;
        self.assignment_watchers.push(Watcher { worker: worker.clone(), number: self.watches, complete, sender });
        self.tell_control(&ReportEvent::Asked);
        stream
    }

    pub(super) fn watch_reports(&mut self) -> Stream<ReportEvent> {
        let (sender, stream) = channel();
        let snapshot = ReportEvent::Snapshot {
            reports: self.reports.values().cloned().collect(),
            workers: self.workers.values().cloned().collect(),
            orphans: self.orphans.values().cloned().collect(),
        };
        tell(&sender, &snapshot);
        self.report_watches += 1;
        self.report_watchers.push(sender);
        stream
    }

    pub(super) fn tell_control(&mut self, event: &ReportEvent) {
        self.report_watchers.retain(|watcher| tell(watcher, event));
    }

    fn tell_worker(&mut self, worker: &WorkerName, event: &AssignmentEvent) {
        self.assignment_watchers.retain(|watcher| watcher.worker != *worker || tell(&watcher.sender, event));
    }

    pub(super) fn end_streams(&mut self, why: &str) {
        // A watcher that dropped its stream does not need to hear why it ended.
        for watcher in self.assignment_watchers.drain(..) {
            let _ = watcher.sender.send(Err(CoordinationError::Unavailable(why.to_owned())));
        }
        for watcher in self.report_watchers.drain(..) {
            let _ = watcher.send(Err(CoordinationError::Unavailable(why.to_owned())));
        }
    }

    pub(super) fn watchers(&self) -> (usize, usize) {
        let of_assignments = self.assignment_watchers.iter().filter(|watcher| !watcher.sender.is_closed()).count();
        (of_assignments, self.report_watchers.iter().filter(|watcher| !watcher.is_closed()).count())
    }
}

fn channel<E: Send + 'static>() -> (Sender<E>, Stream<E>) {
    let (sender, receiver) = unbounded_channel();
    (sender, UnboundedReceiverStream::new(receiver).boxed())
}

/// False when the watcher has dropped its stream.
fn tell<E: Clone>(watcher: &Sender<E>, event: &E) -> bool {
    watcher.send(Ok(event.clone())).is_ok()
}
