//! Whether a job that is to be taken in can have its turn at all, as far as its owner's other jobs and the time say. Waits for
//! nothing.

use std::{collections::BTreeSet, ops::RangeInclusive};

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use domain::{
    JobId, UserId, Violation,
    job::{Dependencies, JobSpec, in_time},
};

use crate::{
    Error,
    ports::store::{StoreError, Transaction},
};

/// How far away its begin may be.
const FARTHEST: TimeDelta = TimeDelta::days(366);
/// The same of its deadline.
const LAST: TimeDelta = TimeDelta::days(2 * 366);
/// Every database has these, and everybody writes them with four digits.
const YEARS: RangeInclusive<i32> = 1..=9999;

/// # Errors
/// [`Error::Invalid`] with every fault.
pub(super) async fn check(
    tx: &dyn Transaction,
    owner: UserId,
    spec: &JobSpec,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut faults = times(spec, now);
    faults.extend(unknown(tx, owner, spec).await?.map(|job| {
        // The same sentence whether there is one: what others have is not told.
        Violation::new("after", format!("must name jobs of yours, and {job} is none"))
    }));
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// A job that it names and its owner does not have. Its own number is not given yet, nor are those of later ones: no job can wait
/// for itself, nor two for each other.
async fn unknown(tx: &dyn Transaction, owner: UserId, spec: &JobSpec) -> Result<Option<JobId>, StoreError> {
    let named: BTreeSet<JobId> = spec.after.iter().flat_map(Dependencies::jobs).collect();
    if named.is_empty() {
        return Ok(None);
    }
    let named: Vec<JobId> = named.into_iter().collect();
    let known = tx.job_states(&named).await?;
    Ok(named.into_iter().find(|job| known.get(job).is_none_or(|(of, _)| *of != owner)))
}

/// What is wrong with a time that not every database has.
pub(super) fn out_of_years(field: &str, at: Option<DateTime<Utc>>) -> Option<Violation> {
    let is_out = at.is_some_and(|at| !YEARS.contains(&at.year()));
    is_out.then(|| Violation::new(field, format!("must be in a year from {} to {}", YEARS.start(), YEARS.end())))
}

fn times(spec: &JobSpec, now: DateTime<Utc>) -> Vec<Violation> {
    let mut faults = Vec::new();
    if spec.begin_at.is_some_and(|begin| begin - now > FARTHEST) {
        faults.push(Violation::new("begin_at", "must be at most a year away"));
    } else {
        faults.extend(out_of_years("begin_at", spec.begin_at));
    }
    let begin = spec.begin_at.map_or(now, |begin| begin.max(now));
    if !in_time(spec.deadline, spec.time_limit, begin) {
        let from = if begin > now { "begin_at" } else { "now" };
        let limit = spec.time_limit.seconds();
        let rule = format!("must leave the job its time limit: at least {limit} seconds from {from} on");
        faults.push(Violation::new("deadline", rule));
    }
    if spec.deadline.is_some_and(|deadline| deadline - now > LAST) {
        faults.push(Violation::new("deadline", "must be at most two years away"));
    }
    faults
}
