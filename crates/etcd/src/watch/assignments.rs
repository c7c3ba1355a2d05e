//! A worker's view: its assignments, and whether they are all.

use control::ports::coordination::{Assignment, AssignmentEvent, CoordinationError};
use domain::{NodeId, name::WorkerName};

use super::{Change, Outcome, View};
use crate::{
    keys::{Keys, Place, Range},
    record::{self, Stored, Unreadables},
};

#[derive(Debug)]
pub(crate) struct Assignments {
    keys: Keys,
    worker: WorkerName,
}

impl Assignments {
    pub(crate) fn new(keys: Keys, worker: WorkerName) -> Self {
        Self { keys, worker }
    }
}

impl View for Assignments {
    type Event = AssignmentEvent;

    fn ranges(&self) -> Vec<Range> {
        vec![self.keys.assignments_of(&self.worker), self.keys.completeness()]
    }

    fn snapshot(
        &self,
        listed: &[Stored],
        unreadables: &Unreadables,
    ) -> Vec<Result<AssignmentEvent, CoordinationError>> {
        let (mut assignments, mut faults) = (Vec::new(), Vec::new());
        let (mut marked, mut all_read) = (false, true);
        for stored in listed {
            match self.keys.place(&stored.key) {
                Some(Place::Complete) => marked = true,
                place => match record::read::<Assignment>(stored, place.as_ref()) {
                    Ok(assignment) => assignments.push(assignment),
                    Err(error) => {
                        all_read = false;
                        if unreadables.tell(stored, &error) {
                            faults.push(Err(error));
                        }
                    }
                },
            }
        }
        // An assignment that cannot be read is an assignment all the same: its node must not be taken for an orphan.
        let snapshot = AssignmentEvent::Snapshot { assignments, complete: marked && all_read };
        std::iter::once(Ok(snapshot)).chain(faults).collect()
    }

    fn changes(&self, changes: &[Change], unreadables: &Unreadables) -> Outcome<AssignmentEvent> {
        let mut outcome = Outcome { events: Vec::new(), look_again: false };
        for Change { stored, deleted } in changes {
            match self.keys.place(&stored.key) {
                // The mark may overtake assignments that were published before it; a snapshot has them all.
                Some(Place::Complete) => outcome.look_again = true,
                Some(Place::Assignment(_, node)) if *deleted => withdrawn(&mut outcome.events, node),
                _ if *deleted => {}
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
            together.retain(|other| other.node != assignment.node);
            together.push(assignment);
        }
        _ => events.push(Ok(AssignmentEvent::Changed(vec![assignment]))),
    }
}

fn withdrawn(events: &mut Vec<Result<AssignmentEvent, CoordinationError>>, node: NodeId) {
    match events.last_mut() {
        Some(Ok(AssignmentEvent::Withdrawn(together))) => together.push(node),
        _ => events.push(Ok(AssignmentEvent::Withdrawn(vec![node]))),
    }
}
