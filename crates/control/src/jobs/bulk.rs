//! The same done with many jobs, each in a transaction of its own, so that one that cannot be changed keeps none of the others.

use std::collections::BTreeSet;

use domain::{JobId, job::JobState, user::Scope};

use super::{JobView, Jobs};
use crate::{
    Error,
    actor::Actor,
    ports::store::{JobFilter, PageRequest, StoreError},
    vclusters::LONGEST_PAGE,
};

/// What is done with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkAction {
    Cancel,
    Hold,
    Release,
}

/// With which jobs it is done: with all that one of both names, but with [`MOST_AT_ONCE`] at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkWhich {
    pub jobs: BTreeSet<JobId>,
    /// Of the actor's, those in these states. Where `Running` is not among them, what runs of an array goes on when the rest is
    /// cancelled.
    pub states: Vec<JobState>,
}

/// More are done in several requests: each is answered once all of it is done.
pub const MOST_AT_ONCE: usize = 1000;

impl Jobs {
    /// What became of each, by its number.
    pub async fn bulk(
        &self,
        actor: &Actor,
        action: BulkAction,
        which: BulkWhich,
    ) -> Result<Vec<(JobId, Result<JobView, Error>)>, Error> {
        actor.may(Scope::Ssh)?;
        let spares = !which.states.contains(&JobState::Running);
        let (named, mut ids) = (which.jobs.clone(), which.jobs);
        self.add_in(actor, action, which.states, &mut ids).await?;
        let mut done = Vec::new();
        for id in ids.into_iter().take(MOST_AT_ONCE) {
            let outcome = match action {
                BulkAction::Cancel => self.end_job(actor, id.into(), spares && !named.contains(&id)).await,
                BulkAction::Hold => self.set_held(actor, id, true).await,
                BulkAction::Release => self.set_held(actor, id, false).await,
            };
            match outcome {
                // It would be the same with all that follow.
                Err(Error::Store(fault)) if !matches!(fault, StoreError::Unreadable { .. }) => return Err(fault.into()),
                outcome => done.push((id, outcome)),
            }
        }
        Ok(done)
    }

    /// Those in these states that the action may change: what is left as it is must not take the place of others.
    async fn add_in(
        &self,
        actor: &Actor,
        action: BulkAction,
        mut states: Vec<JobState>,
        ids: &mut BTreeSet<JobId>,
    ) -> Result<(), Error> {
        let held = match action {
            BulkAction::Cancel => None,
            BulkAction::Hold => Some(true),
            BulkAction::Release => Some(false),
        };
        if held.is_some() {
            states.retain(|state| *state == JobState::Pending);
        }
        if states.is_empty() {
            return Ok(());
        }
        let filter = JobFilter { states, ..JobFilter::default() };
        let mut after = None;
        while ids.len() < MOST_AT_ONCE {
            let page = PageRequest { after, limit: LONGEST_PAGE };
            let found = self.store.jobs_of(actor.user, &filter, page).await?;
            let Some(last) = found.last() else { break };
            after = Some(last.id);
            ids.extend(found.iter().filter(|job| held != Some(job.held)).map(|job| job.id));
        }
        Ok(())
    }
}
