//! A worker's side of the fake.

use std::collections::BTreeMap;

use async_trait::async_trait;
use control::ports::coordination::{
    AssignmentEvent, CoordinationError, Orphan, Report, ReportEvent, WorkerCoordination, WorkerDirectory, WorkerInfo,
};
use domain::{InstanceId, name::WorkerName};
use futures::stream::BoxStream;

use super::MemoryCoordination;

#[async_trait]
impl WorkerCoordination for MemoryCoordination {
    async fn announce(&self, info: &WorkerInfo) -> Result<(), CoordinationError> {
        let mut state = self.enter()?;
        if let Some(other) = state.other_than(info) {
            return Err(CoordinationError::Refused(format!(
                "host {} is this installation's worker already",
                other.name
            )));
        }
        if state.workers.get(&info.name) != Some(info) {
            state.workers.insert(info.name.clone(), info.clone());
            state.tell_control(&ReportEvent::Worker(info.clone()));
        }
        Ok(())
    }

    async fn watch_assignments(
        &self,
        worker: &WorkerName,
    ) -> Result<BoxStream<'static, Result<AssignmentEvent, CoordinationError>>, CoordinationError> {
        Ok(self.enter()?.watch_assignments(worker))
    }

    async fn last_reports(&self, worker: &WorkerName) -> Result<Vec<Report>, CoordinationError> {
        let state = self.enter()?;
        Ok(state.reports.values().filter(|report| report.worker == *worker).cloned().collect())
    }

    async fn report(&self, reports: &[Report]) -> Result<(), CoordinationError> {
        let mut state = self.enter()?;
        // Of two reports about one node the later one counts.
        let latest: BTreeMap<_, _> =
            reports.iter().map(|report| ((report.worker.clone(), report.instance), report.clone())).collect();
        state.reports.extend(latest.clone());
        if !latest.is_empty() {
            state.tell_control(&ReportEvent::Reported(latest.into_values().collect()));
        }
        Ok(())
    }

    async fn ask(&self, orphans: &[Orphan]) -> Result<(), CoordinationError> {
        self.enter()?.ask(orphans);
        Ok(())
    }

    async fn asked(&self, worker: &WorkerName) -> Result<Vec<InstanceId>, CoordinationError> {
        Ok(self
            .enter()?
            .orphans
            .values()
            .filter(|orphan| orphan.worker == *worker)
            .map(|orphan| orphan.instance)
            .collect())
    }

    async fn stop_asking(&self, worker: &WorkerName, nodes: &[InstanceId]) -> Result<(), CoordinationError> {
        self.enter()?.stop_asking(worker, nodes);
        Ok(())
    }
}

#[async_trait]
impl WorkerDirectory for MemoryCoordination {
    async fn find_worker(&self, worker: &WorkerName) -> Result<Option<WorkerInfo>, CoordinationError> {
        Ok(self.enter()?.workers.get(worker).cloned())
    }
}
