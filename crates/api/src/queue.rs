//! What runs where and what comes next, and what is done with many jobs at once.

use std::collections::BTreeSet;

use control::jobs::{self, BulkWhich, MOST_AT_ONCE, Place, SeenJob};
use domain::{JobId, Violation, job::JobState};
use wire::{
    queue::{Bulk, BulkAction, BulkFault, Bulked, BulkedJob, JobSummary, Queue, QueueHost, QueueJob, QueuePlace},
    vcluster::NodeResources,
};

use crate::{Api, Refusal};

// Clients ask again after so many.
const _: () = assert!(Bulk::MOST == MOST_AT_ONCE);

impl Api {
    /// Of others' jobs no more than their size, and for administrators whose they are.
    pub async fn queue(&self) -> Result<Queue, Refusal> {
        let view = self.control().jobs.queue_view(&self.actor).await?;
        Ok(Queue {
            hosts: view.hosts.into_iter().map(host).collect(),
            waiting: view.waiting.into_iter().map(place).collect(),
            waiting_in_all: view.waiting_in_all,
            computed_at: view.computed_at,
        })
    }

    /// How the client's jobs fare.
    pub async fn job_summary(&self) -> Result<JobSummary, Refusal> {
        let jobs::JobSummary { counts, next_start } = self.control().jobs.summary(&self.actor).await?;
        let mut summary = JobSummary { next_start, ..JobSummary::default() };
        for (state, count) in counts {
            let sum = match state {
                JobState::Pending => &mut summary.pending,
                JobState::Completed => &mut summary.completed,
                JobState::Cancelled => continue,
                state if state.is_final() => &mut summary.failed,
                _ => &mut summary.running,
            };
            *sum += count;
        }
        Ok(summary)
    }

    /// Does the same with each of these jobs, and says what became of it.
    pub async fn bulk_jobs(&self, bulk: Bulk) -> Result<Bulked, Refusal> {
        let action = match bulk.action {
            BulkAction::Cancel => jobs::BulkAction::Cancel,
            BulkAction::Hold => jobs::BulkAction::Hold,
            BulkAction::Release => jobs::BulkAction::Release,
        };
        let which = BulkWhich { jobs: numbers(&bulk.jobs)?, states: bulk.states };
        let done = self.control().jobs.bulk(&self.actor, action, which).await?;
        let jobs = done.into_iter().map(|(id, outcome)| {
            let (state, problem) = match outcome {
                Ok(view) => (Some(view.job.state), None),
                Err(error) => (None, Some(fault(error.into()))),
            };
            BulkedJob { id: id.as_i64(), state, problem }
        });
        Ok(Bulked { jobs: jobs.collect() })
    }
}

fn numbers(jobs: &[i64]) -> Result<BTreeSet<JobId>, Refusal> {
    let refused = |rule: String| Refusal::invalid(vec![Violation::new("jobs", rule)]);
    if jobs.len() > MOST_AT_ONCE {
        return Err(refused(format!("must name at most {MOST_AT_ONCE} jobs; send several requests for more")));
    }
    let number = |number: &i64| JobId::try_from(*number).map_err(|fault| refused(format!("must be numbers: {fault}")));
    jobs.iter().map(number).collect()
}

fn fault(Refusal(problem): Refusal) -> BulkFault {
    BulkFault { code: problem.code, detail: problem.detail }
}

fn host(host: jobs::QueueHost) -> QueueHost {
    QueueHost {
        name: host.name.to_string(),
        ready: host.ready,
        offered_cpus: cpus(host.offered_cpu_milli),
        offered_memory_mib: host.offered_memory_mib,
        held_cpus: cpus(host.held.cpu_milli),
        held_memory_mib: host.held.memory_mib,
        jobs: host.jobs.into_iter().map(seen).collect(),
    }
}

fn place(place: Place) -> QueuePlace {
    let Place { position, job, count, expected_start } = place;
    QueuePlace { position, job: seen(job), count, expected_start }
}

fn seen(job: SeenJob) -> QueueJob {
    QueueJob {
        id: job.own.as_ref().map(|(id, _)| id.as_i64()),
        name: job.own.map(|(_, name)| name.to_string()),
        owner: job.owner.map(|owner| owner.to_string()),
        resources: NodeResources { cpus: job.resources.cpus(), memory_mib: job.resources.memory_mib.into() },
    }
}

/// Exact: no host has 2^53 of them.
fn cpus(milli: u64) -> f64 {
    milli as f64 / 1000.0
}
