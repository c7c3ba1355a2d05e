//! Control's side of the fake.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use control::ports::coordination::{
    Answer, Assignment, AssignmentPublisher, CoordinationError, Newer, ReportEvent, Round, Subject,
};
use domain::{InstanceId, name::WorkerName, node::Generation};
use futures::stream::BoxStream;

use super::MemoryCoordination;

#[async_trait]
impl AssignmentPublisher for MemoryCoordination {
    async fn assign(&self, assignments: &[Assignment]) -> Result<Vec<Newer>, CoordinationError> {
        Ok(self.enter()?.publish(assignments))
    }

    async fn withdraw(&self, nodes: &[(WorkerName, InstanceId, Generation)]) -> Result<(), CoordinationError> {
        self.enter()?.withdraw_known(nodes);
        Ok(())
    }

    async fn open_round(&self) -> Result<Round, CoordinationError> {
        let state = self.enter()?;
        let key = |(worker, node): &(WorkerName, InstanceId), generation: Generation| {
            (format!("{worker}/{node}"), i64::try_from(generation.0).unwrap_or(i64::MAX), Vec::new())
        };
        let assignments = state.assignments.iter().map(|(place, there)| key(place, there.generation));
        let reports = state.reports.iter().map(|(place, there)| key(place, there.observation.generation));
        // Of one place with both, the assignment counts.
        Ok(Round { keys: reports.chain(assignments).collect(), asked: state.asked() })
    }

    async fn close_round(
        &self,
        round: Round,
        assignments: &[Assignment],
        spared: &BTreeSet<Subject>,
    ) -> Result<Vec<Newer>, CoordinationError> {
        let mut state = self.enter()?;
        let wanted: BTreeSet<(WorkerName, InstanceId)> =
            assignments.iter().map(|a| (a.worker.clone(), a.instance)).collect();
        let noted: BTreeMap<String, i64> = round.keys.into_iter().map(|(key, version, _)| (key, version)).collect();
        let there = state.assignments.keys().chain(state.reports.keys());
        let is_surplus = |place: &&(WorkerName, InstanceId)| {
            let Some(version) = noted.get(&format!("{}/{}", place.0, place.1)) else { return false };
            let is_unchanged = state.assignments.get(*place).is_none_or(|there| {
                !spared.contains(&there.subject()) && i64::try_from(there.generation.0).is_ok_and(|now| now == *version)
            });
            !wanted.contains(*place) && is_unchanged
        };
        let surplus: Vec<_> = there.filter(is_surplus).cloned().collect();
        let newer = state.publish(assignments);
        state.withdraw(&surplus);
        state.mark_complete(&round.asked);
        Ok(newer)
    }

    async fn answer(&self, answers: &[Answer]) -> Result<(), CoordinationError> {
        self.enter()?.answer(answers);
        Ok(())
    }

    async fn take_back(&self, nodes: &[(WorkerName, InstanceId)]) -> Result<(), CoordinationError> {
        let mut state = self.enter()?;
        for place in nodes {
            state.answers.remove(place);
        }
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
