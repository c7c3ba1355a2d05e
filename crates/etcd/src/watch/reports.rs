//! Control's view: the workers there are, and what they report.

use control::ports::coordination::{CoordinationError, Orphan, Report, ReportEvent, WorkerInfo};

use super::{Change, Outcome, View};
use crate::{
    keys::{Keys, Place, Range},
    record::{self, Record, Stored, Unreadables},
};

#[derive(Debug)]
pub(crate) struct Reports {
    keys: Keys,
}

impl Reports {
    pub(crate) fn new(keys: Keys) -> Self {
        Self { keys }
    }
}

impl View for Reports {
    type Event = ReportEvent;

    fn ranges(&self) -> Vec<Range> {
        vec![self.keys.said_by_workers()]
    }

    fn snapshot(&self, listed: &[Stored], unreadables: &Unreadables) -> Vec<Result<ReportEvent, CoordinationError>> {
        let (mut reports, mut workers, mut orphans, mut faults) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for stored in listed {
            match self.keys.place(&stored.key) {
                Some(place @ Place::Worker(_)) => workers.extend(read(stored, Some(&place), unreadables, &mut faults)),
                Some(place @ Place::Orphan(..)) => {
                    orphans.extend(read(stored, Some(&place), unreadables, &mut faults));
                }
                // With a snapshot everything is published anyway.
                Some(Place::Watch(_)) => {}
                place => reports.extend(read(stored, place.as_ref(), unreadables, &mut faults)),
            }
        }
        std::iter::once(Ok(ReportEvent::Snapshot { reports, workers, orphans })).chain(faults).collect()
    }

    fn changes(&self, changes: &[Change], unreadables: &Unreadables) -> Outcome<ReportEvent> {
        let mut events = Vec::new();
        for Change { stored, deleted } in changes {
            match self.keys.place(&stored.key) {
                Some(Place::Worker(worker)) if *deleted => events.push(Ok(ReportEvent::WorkerLost(worker))),
                Some(Place::Orphan(worker, node)) if *deleted => {
                    events.push(Ok(ReportEvent::OrphanGone(worker, node)));
                }
                // A report goes when its node has gone.
                _ if *deleted => {}
                Some(Place::Watch(_)) => events.push(Ok(ReportEvent::Asked)),
                Some(place @ Place::Orphan(..)) => {
                    let orphan: Option<Orphan> = read(stored, Some(&place), unreadables, &mut events);
                    orphan.into_iter().for_each(|orphan| found(&mut events, orphan));
                }
                Some(place @ Place::Worker(_)) => {
                    let info: Option<WorkerInfo> = read(stored, Some(&place), unreadables, &mut events);
                    events.extend(info.map(|info| Ok(ReportEvent::Worker(info))));
                }
                place => {
                    let report: Option<Report> = read(stored, place.as_ref(), unreadables, &mut events);
                    report.into_iter().for_each(|report| reported(&mut events, report));
                }
            }
        }
        Outcome { events, look_again: false }
    }
}

/// Reads a value, or adds why it cannot be read, the first time it is met.
fn read<R: Record>(
    stored: &Stored,
    place: Option<&Place>,
    unreadables: &Unreadables,
    faults: &mut Vec<Result<ReportEvent, CoordinationError>>,
) -> Option<R> {
    match record::read(stored, place) {
        Ok(record) => Some(record),
        Err(error) => {
            if unreadables.tell(stored, &error) {
                faults.push(Err(error));
            }
            None
        }
    }
}

/// Reports that came together stay together; of two about one node the later one counts.
fn reported(events: &mut Vec<Result<ReportEvent, CoordinationError>>, report: Report) {
    match events.last_mut() {
        Some(Ok(ReportEvent::Reported(together))) => {
            together.retain(|other| other.instance != report.instance);
            together.push(report);
        }
        _ => events.push(Ok(ReportEvent::Reported(vec![report]))),
    }
}

fn found(events: &mut Vec<Result<ReportEvent, CoordinationError>>, orphan: Orphan) {
    match events.last_mut() {
        Some(Ok(ReportEvent::Orphans(together))) => {
            together.retain(|other| other.instance != orphan.instance);
            together.push(orphan);
        }
        _ => events.push(Ok(ReportEvent::Orphans(vec![orphan]))),
    }
}
