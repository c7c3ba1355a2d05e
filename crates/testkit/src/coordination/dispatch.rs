//! Control's side of the fake.

use std::collections::BTreeSet;

use async_trait::async_trait;
use control::ports::coordination::{Assignment, CoordinationError, Dispatch, ReportEvent};
use domain::{NodeId, name::WorkerName};
use futures::stream::BoxStream;

use super::MemoryCoordination;

#[async_trait]
impl Dispatch for MemoryCoordination {
    async fn assign(&self, assignments: &[Assignment]) -> Result<(), CoordinationError> {
        self.enter()?.publish(assignments);
        Ok(())
    }

    async fn withdraw(&self, nodes: &[(WorkerName, NodeId)]) -> Result<(), CoordinationError> {
        self.enter()?.withdraw(nodes);
        Ok(())
    }

    async fn assign_all(&self, assignments: &[Assignment]) -> Result<(), CoordinationError> {
        let mut state = self.enter()?;
        let wanted: BTreeSet<(WorkerName, NodeId)> = assignments.iter().map(|a| (a.worker.clone(), a.node)).collect();
        let there = state.assignments.keys().chain(state.reports.keys());
        let surplus: Vec<_> = there.filter(|place| !wanted.contains(place)).cloned().collect();
        state.publish(assignments);
        state.withdraw(&surplus);
        state.mark_complete();
        Ok(())
    }

    async fn watch_reports(
        &self,
    ) -> Result<BoxStream<'static, Result<ReportEvent, CoordinationError>>, CoordinationError> {
        Ok(self.enter()?.watch_reports())
    }

    async fn ping(&self) -> Result<(), CoordinationError> {
        self.enter().map(drop)
    }
}
