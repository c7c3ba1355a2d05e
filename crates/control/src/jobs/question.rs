//! All that a pass over the queue decided on, kept so that "what if" is answered without reading the record again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{UserId, job::Job};
use scheduler::{Active, Host, Order, Overcommit, Share, Stay, Waiting};

/// Longer queues are not kept: to go through one for each question would cost more than the answer is worth.
pub(super) const LONGEST: usize = 20_000;

#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) now: DateTime<Utc>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) active: Vec<Active>,
    pub(crate) shares: BTreeMap<UserId, Share>,
    pub(crate) overcommit: Overcommit,
    pub(crate) order: Order,
}

impl Question {
    pub(crate) fn queue(&self) -> scheduler::Queue<'_> {
        scheduler::Queue {
            now: self.now,
            hosts: &self.hosts,
            waiting: &self.waiting,
            active: &self.active,
            shares: &self.shares,
            overcommit: self.overcommit,
            order: self.order,
        }
    }

    /// Whether the job waited in it as it does now: it may have been held or released since.
    pub(super) fn has(&self, job: &Job) -> bool {
        let waiting = self.waiting.iter().find(|waiting| waiting.job == job.id);
        waiting.is_some_and(|waiting| (waiting.stays == Some(Stay::Held)) == job.held)
    }
}
