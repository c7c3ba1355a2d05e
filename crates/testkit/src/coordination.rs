//! Coordination in memory: `AssignmentPublisher` and `WorkerCoordination` over one shared state, with the same promises
//! as the etcd adapter (the same tests hold for both) and with knobs to lose, cut and wipe it. Has no leases: a worker is
//! lost when the test says so.

mod assignment_publisher;
mod state;
mod worker_coordination;

use std::sync::Arc;

use control::ports::coordination::{Assignment, CoordinationError, Orphan, Report, Verdict, WorkerInfo};
use domain::{InstanceId, name::WorkerName};
use parking_lot::Mutex;

use state::State;

/// Clones share what they hold: give one to control and one to the worker.
#[derive(Debug, Clone, Default)]
pub struct MemoryCoordination {
    state: Arc<Mutex<State>>,
}

/// What tests look at.
impl MemoryCoordination {
    /// Everything that is published, by worker and node.
    pub fn assignments(&self) -> Vec<Assignment> {
        self.state.lock().assignments.values().cloned().collect()
    }

    pub fn assignment(&self, instance: impl Into<InstanceId>) -> Option<Assignment> {
        let instance = instance.into();
        self.state.lock().assignments.values().find(|assignment| assignment.instance == instance).cloned()
    }

    pub fn reports(&self) -> Vec<Report> {
        self.state.lock().reports.values().cloned().collect()
    }

    pub fn report_of(&self, instance: impl Into<InstanceId>) -> Option<Report> {
        let instance = instance.into();
        self.state.lock().reports.values().find(|report| report.instance == instance).cloned()
    }

    pub fn workers(&self) -> Vec<WorkerInfo> {
        self.state.lock().workers.values().cloned().collect()
    }

    /// What control has answered about this node.
    pub fn answer_about(&self, instance: impl Into<InstanceId>) -> Option<Verdict> {
        let instance = instance.into();
        self.state.lock().answers.values().find(|answer| answer.instance == instance).map(|answer| answer.verdict)
    }

    /// What workers ask about.
    pub fn orphans(&self) -> Vec<Orphan> {
        self.state.lock().orphans.values().cloned().collect()
    }

    pub fn is_complete(&self) -> bool {
        self.state.lock().complete
    }

    /// How many streams of assignments and of reports are open.
    pub fn watchers(&self) -> (usize, usize) {
        self.state.lock().watchers()
    }

    /// How often control has begun to watch reports: it begins anew when it could not take one in.
    pub fn report_watches(&self) -> u64 {
        self.state.lock().report_watches
    }
}

/// What tests do to it.
impl MemoryCoordination {
    /// For tests without control: once everything has been published, a watch that begins is complete at once.
    pub fn stand_alone(&self) {
        self.state.lock().alone = true;
    }

    /// Until everything is published once more.
    pub fn forget_that_everything_was_published(&self) {
        self.state.lock().complete = false;
    }

    /// What it holds now, to come back to with [`Self::restore`].
    pub fn copy(&self) -> (Vec<Assignment>, Vec<Report>) {
        (self.assignments(), self.reports())
    }

    /// It comes back with an older copy of what it held, as when etcd is started on a backup; streams end with an error.
    pub fn restore(&self, copy: &(Vec<Assignment>, Vec<Report>)) {
        let mut state = self.state.lock();
        state.end_streams("the test has put an older copy in place");
        state.assignments =
            copy.0.iter().map(|there| ((there.worker.clone(), there.instance), there.clone())).collect();
        state.reports = copy.1.iter().map(|there| ((there.worker.clone(), there.instance), there.clone())).collect();
    }

    /// The connection is lost: streams end with an error and calls fail, until [`Self::mend`].
    pub fn cut(&self) {
        let mut state = self.state.lock();
        state.cut = true;
        state.end_streams("the test has cut the connection");
    }

    pub fn mend(&self) {
        self.state.lock().cut = false;
    }

    /// The next `count` calls fail; streams go on.
    pub fn fail_next(&self, count: u32) {
        self.state.lock().failures = count;
    }

    /// Streams end with an error; calls work, and nothing is lost.
    pub fn end_streams(&self) {
        self.state.lock().end_streams("the test has ended the stream");
    }

    /// Everything is lost, as when etcd's data directory is deleted; streams end with an error.
    pub fn wipe(&self) {
        let mut state = self.state.lock();
        state.end_streams("the test has wiped coordination");
        let (cut, failures, alone) = (state.cut, state.failures, state.alone);
        *state = State::default();
        (state.cut, state.failures, state.alone) = (cut, failures, alone);
    }

    /// A worker's lease runs out.
    pub fn expire(&self, worker: &WorkerName) {
        self.state.lock().expire(worker);
    }
}

impl MemoryCoordination {
    /// The state, unless the test lets this call fail.
    fn enter(&self) -> Result<parking_lot::MutexGuard<'_, State>, CoordinationError> {
        let mut state = self.state.lock();
        if state.cut {
            return Err(CoordinationError::Unavailable("the test has cut the connection".into()));
        }
        if state.failures > 0 {
            state.failures -= 1;
            return Err(CoordinationError::Unavailable("the test lets this call fail".into()));
        }
        Ok(state)
    }
}
