//! What publishing assignments does to what is there already: generations fence. Pure; `assignment_publisher.rs`
//! carries it out.

use std::collections::BTreeMap;

use control::ports::coordination::{Assignment, CoordinationError, Order};
use domain::{InstanceId, name::WorkerName, node::Generation};

use crate::{
    batch::{MOST_OPERATIONS, sized_batches},
    keys::{Keys, Place},
    record::{self, Stored},
};

/// One assignment, ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Publication {
    pub(crate) assignment: Assignment,
    pub(crate) key: String,
    pub(crate) value: Vec<u8>,
}

/// What to do about one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Write,
    /// The very same is there.
    Same,
    /// A newer order is there, which must stay; or another one with the same number, as after the record was restored.
    Stale {
        generation: Generation,
        order: Order,
    },
}

/// Batches that each fit one transaction. What belongs to one vcluster on one worker is never cut; of several assignments
/// of one instance the newest counts.
pub(crate) fn publications(
    keys: &Keys,
    assignments: &[Assignment],
) -> Result<Vec<Vec<Publication>>, CoordinationError> {
    let mut latest: BTreeMap<(WorkerName, InstanceId), &Assignment> = BTreeMap::new();
    for assignment in assignments {
        let place = (assignment.worker.clone(), assignment.instance);
        if latest.get(&place).is_none_or(|there| there.generation <= assignment.generation) {
            latest.insert(place, assignment);
        }
    }
    let mut publications = Vec::with_capacity(latest.len());
    for assignment in latest.into_values() {
        let key = keys.assignment(&assignment.worker, assignment.instance);
        let value = record::write(&key, assignment)?;
        publications.push(Publication { assignment: assignment.clone(), key, value });
    }
    let group = |publication: &Publication| (publication.assignment.worker.clone(), publication.assignment.subject());
    publications.sort_by_key(group);
    // A job's script is part of its assignment.
    let bytes = |publication: &Publication| publication.key.len() + publication.value.len();
    Ok(sized_batches(publications, MOST_OPERATIONS, bytes, group))
}

/// Something unreadable is overwritten: it is not ours.
pub(crate) fn verdict(wanted: &Publication, stored: Option<&Stored>) -> Verdict {
    let Some(stored) = stored else { return Verdict::Write };
    if stored.value == wanted.value {
        return Verdict::Same;
    }
    let place = Place::Assignment(wanted.assignment.worker.clone(), wanted.assignment.instance);
    match record::read::<Assignment>(stored, Some(&place)) {
        Ok(there) if there.stays_before(&wanted.assignment) => {
            Verdict::Stale { generation: there.generation, order: there.order }
        }
        Ok(_) | Err(_) => Verdict::Write,
    }
}
