//! What becomes of a job when something has become of its task: decided with it, in the same transaction.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    UserId,
    job::{Attempt, Job},
    task::Task,
};

use super::elements;
use crate::ports::store::{StoreError, Transaction, UsedCpu};

/// Has the job of this task follow it. Returns the job where that changed it, and its array where that ended an element: their owner
/// is to be told. What an attempt has used is counted when that ends, once.
pub(crate) async fn follow(
    tx: &mut dyn Transaction,
    task: &Task,
    now: DateTime<Utc>,
    half_life: TimeDelta,
) -> Result<Vec<Job>, StoreError> {
    if task.batch.is_none() {
        return Ok(Vec::new());
    }
    let mut job = match tx.job_of_task(task.id).await {
        Ok(Some(job)) => job,
        // One that cannot be read holds up nothing else.
        Ok(None) | Err(StoreError::Unreadable { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    if !job.follow(task) {
        return Ok(Vec::new());
    }
    tx.save_job(&job).await?;
    if let Some(attempt) = job.over(task.id) {
        count(tx, job.owner, used(&job, attempt, task), now, half_life).await?;
        let (state, reason) = (job.state.as_str(), attempt.reason.as_deref());
        tracing::info!(job = %job.id, state, reason, "an attempt at a job ended");
    }
    let array = if job.state.is_final() { elements::follow(tx, &job, now).await? } else { None };
    Ok([job].into_iter().chain(array).collect())
}

async fn count(
    tx: &mut dyn Transaction,
    owner: UserId,
    used: f64,
    now: DateTime<Utc>,
    half_life: TimeDelta,
) -> Result<(), StoreError> {
    if used <= 0.0 {
        return Ok(());
    }
    let before = tx.used_cpu().await?.into_iter().find(|used| used.owner == owner);
    let left = before.map_or(0.0, |before| left(before, now, half_life));
    tx.save_used_cpu(UsedCpu { owner, cpu_seconds: left + used, at: now }).await
}

/// What counts of it now.
pub(crate) fn left(used: UsedCpu, now: DateTime<Utc>, half_life: TimeDelta) -> f64 {
    scheduler::decayed(used.cpu_seconds, now - used.at, half_life)
}

/// CPU-seconds that it had to itself. One that was never seen running, but may have run, had them since its turn came.
fn used(job: &Job, attempt: &Attempt, task: &Task) -> f64 {
    let since = attempt.running_since.or_else(|| task.begun.then_some(attempt.started_at));
    since.zip(attempt.ended_at).map_or(0.0, |(since, end)| between(job, since, end))
}

/// What one that runs has used so far: it counts already, or an owner of long jobs would seem to use nothing.
pub(crate) fn so_far(job: &Job, now: DateTime<Utc>) -> f64 {
    let since = job.attempt.as_ref().and_then(|attempt| attempt.running_since);
    since.map_or(0.0, |since| between(job, since, now))
}

fn between(job: &Job, since: DateTime<Utc>, end: DateTime<Utc>) -> f64 {
    // How late its end was heard of, as with a host that was away, is not its owner's doing.
    let longest = f64::from(job.spec.time_limit.seconds());
    let seconds = (end - since).num_milliseconds() as f64 / 1000.0;
    job.spec.resources.cpus() * seconds.clamp(0.0, longest)
}
