//! What one instance's driver remembers between two looks. All of it can be lost: the last report and a look bring it back.

use chrono::{DateTime, Utc};
use control::ports::coordination::Report;
use domain::node::{Generation, Phase};

use crate::plan::{Down, Past};

/// What is remembered of one instance.
#[derive(Debug)]
pub(crate) struct DriverState {
    /// The engine's id of its container, the last time there was one.
    pub(crate) container: Option<String>,
    /// The engine was asked for all our containers before this instance was heard of, and had none: it need not be asked again.
    pub(crate) surely_nothing: bool,
    /// When this worker last started it.
    pub(crate) started_at: Option<DateTime<Utc>>,
    /// It was started, by this worker or by one before it.
    pub(crate) begun: bool,
    /// It runs since then, and its docklet-init has answered.
    pub(crate) ready_since: Option<DateTime<Utc>>,
    /// The image was pulled for this order already.
    pub(crate) pulled_for: Option<Generation>,
    /// The engine was away since it was last seen running.
    pub(crate) engine_was_away: bool,
    past: (Generation, Past),
}

impl DriverState {
    pub(crate) fn new(container: Option<String>, surely_nothing: bool, last: Option<&Report>) -> Self {
        let begun = last.is_some_and(|report| report.observation.notes.begun);
        let past = last.map_or((Generation(0), Past::Nothing), |report| {
            (report.observation.generation, past_of(&report.observation.phase))
        });
        Self {
            container,
            surely_nothing,
            started_at: None,
            begun,
            ready_since: None,
            pulled_for: None,
            engine_was_away: false,
            past,
        }
    }

    /// What was made of this order. Of an older one it says nothing: a new order is a new try.
    pub(crate) fn past(&self, generation: Generation) -> &Past {
        if self.past.0 == generation { &self.past.1 } else { &Past::Nothing }
    }

    /// The later order this worker has already reported on, if any: the sender of this one did not know of it.
    pub(crate) fn later_than(&self, generation: Generation) -> Option<Generation> {
        (generation < self.past.0).then_some(self.past.0)
    }

    /// Takes note of what is being reported.
    pub(crate) fn note(&mut self, generation: Generation, phase: &Phase) {
        match phase {
            Phase::Running { .. } => self.engine_was_away = false,
            Phase::Lost { .. } => {
                // Whether it ran before is known here, so the report need not overwrite it.
                self.engine_was_away = true;
                return;
            }
            _ => {}
        }
        self.past = (generation, past_of(phase));
    }
}

fn past_of(phase: &Phase) -> Past {
    match phase {
        Phase::Running { .. } => Past::Ran,
        // Only after a restart of dockletd: while it lives, `note` keeps what was before.
        Phase::Lost { .. } => Past::Unclear,
        Phase::Exited(outcome) => Past::Ended(*outcome),
        Phase::Interrupted { reason, ended } => Past::Interrupted(Down { reason: reason.clone(), ended: *ended }),
        Phase::Failed { reason } | Phase::SubnetTaken { reason } => Past::Failed(reason.clone()),
        Phase::Starting { .. } | Phase::Stopping | Phase::Stopped | Phase::Stuck { .. } | Phase::Absent => {
            Past::Nothing
        }
    }
}
