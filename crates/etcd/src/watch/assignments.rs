//! A worker's view: its assignments, whether they are what the record wants now, and answers to what it has asked.
//!
//! etcd may come back with an older copy of its data, and nothing in such a copy shows that it is one. So each watch has a
//! random name, which the worker writes before it reads; control publishes everything and then writes that name back. What
//! was read is believed once the name is there.

use control::ports::coordination::{Answer, Assignment, AssignmentEvent, CoordinationError};
use domain::{InstanceId, name::WorkerName};

use super::{Change, Outcome, View};
use crate::{
    keys::{Keys, Place, Range},
    record::{self, Stored, Unreadables},
};

#[derive(Debug)]
pub(crate) struct Assignments {
    keys: Keys,
    worker: WorkerName,
    /// What this watch is called.
    name: String,
}

impl Assignments {
    pub(crate) fn new(keys: Keys, worker: WorkerName, name: String) -> Self {
        Self { keys, worker, name }
    }
}

impl View for Assignments {
    type Event = AssignmentEvent;

    fn ranges(&self) -> Vec<Range> {
        vec![
            self.keys.assignments_of(&self.worker),
            self.keys.completeness(&self.worker),
            self.keys.answers_of(&self.worker),
            self.keys.watch_of(&self.worker),
        ]
    }

    fn snapshot(
        &self,
        listed: &[Stored],
        unreadables: &Unreadables,
    ) -> Vec<Result<AssignmentEvent, CoordinationError>> {
        let (mut assignments, mut answers, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let mut complete = false;
        for stored in listed {
            match self.keys.place(&stored.key) {
                Some(Place::Complete(_)) => complete = stored.value == self.name.as_bytes(),
                Some(Place::Watch(_)) => {}
                // An answer that cannot be read is given again when it is asked for again.
                place @ Some(Place::Answer(..)) => match record::read::<Answer>(stored, place.as_ref()) {
                    Ok(answer) => answers.push(answer),
                    Err(error) if unreadables.tell(stored, &error) => faults.push(Err(error)),
                    Err(_) => {}
                },
                place => match record::read::<Assignment>(stored, place.as_ref()) {
                    Ok(assignment) => assignments.push(assignment),
                    // Its node is without one then: the worker asks, and it is written anew.
                    Err(error) if unreadables.tell(stored, &error) => faults.push(Err(error)),
                    Err(_) => {}
                },
            }
        }
        let snapshot = std::iter::once(Ok(AssignmentEvent::Snapshot { assignments, complete }));
        let answered = (complete && !answers.is_empty()).then_some(Ok(AssignmentEvent::Answered(answers)));
        snapshot.chain(answered).chain(faults).collect()
    }

    fn changes(&self, changes: &[Change], unreadables: &Unreadables) -> Outcome<AssignmentEvent> {
        let mut outcome = Outcome { events: Vec::new(), look_again: false };
        for Change { stored, deleted } in changes {
            match self.keys.place(&stored.key) {
                // etcd was emptied under the watch: it must begin anew, under another name.
                Some(Place::Complete(_) | Place::Watch(_)) if *deleted => {
                    let lost = "etcd has lost what it held".to_owned();
                    outcome.events.push(Err(CoordinationError::Unavailable(lost)));
                }
                // The mark may overtake assignments that were published before it; a snapshot has them all.
                Some(Place::Complete(_)) => outcome.look_again |= stored.value == self.name.as_bytes(),
                Some(Place::Watch(_)) => {}
                Some(Place::Assignment(_, node)) if *deleted => withdrawn(&mut outcome.events, node),
                _ if *deleted => {}
                place @ Some(Place::Answer(..)) => match record::read::<Answer>(stored, place.as_ref()) {
                    Ok(answer) => answered(&mut outcome.events, answer),
                    Err(error) if unreadables.tell(stored, &error) => outcome.events.push(Err(error)),
                    Err(_) => {}
                },
                place => match record::read::<Assignment>(stored, place.as_ref()) {
                    Ok(assignment) => changed(&mut outcome.events, assignment),
                    Err(error) if unreadables.tell(stored, &error) => outcome.events.push(Err(error)),
                    Err(_) => {}
                },
            }
        }
        outcome
    }
}

/// Adds to the last event where that says the same of other nodes, so what was published together comes together.
fn changed(events: &mut Vec<Result<AssignmentEvent, CoordinationError>>, assignment: Assignment) {
    match events.last_mut() {
        Some(Ok(AssignmentEvent::Changed(together))) => {
            together.retain(|other| other.instance != assignment.instance);
            together.push(assignment);
        }
        _ => events.push(Ok(AssignmentEvent::Changed(vec![assignment]))),
    }
}

fn withdrawn(events: &mut Vec<Result<AssignmentEvent, CoordinationError>>, node: InstanceId) {
    match events.last_mut() {
        Some(Ok(AssignmentEvent::Withdrawn(together))) => together.push(node),
        _ => events.push(Ok(AssignmentEvent::Withdrawn(vec![node]))),
    }
}

fn answered(events: &mut Vec<Result<AssignmentEvent, CoordinationError>>, answer: Answer) {
    match events.last_mut() {
        Some(Ok(AssignmentEvent::Answered(together))) => {
            together.retain(|other| other.instance != answer.instance);
            together.push(answer);
        }
        _ => events.push(Ok(AssignmentEvent::Answered(vec![answer]))),
    }
}
