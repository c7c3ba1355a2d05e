//! What must be so before a job may start that no host and no limit has to do with: that it is not held, that others have ended,
//! that its time has come. Starts nothing and ends nothing.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    JobId, UserId,
    job::{Dependencies, Job, JobState, Verdict, in_time},
};
use scheduler::Stay;

use crate::ports::store::{JobReads, QueuedJob, StoreError};

/// Of the jobs that others wait for.
#[derive(Debug, Default)]
pub(super) struct Turns<'a> {
    states: BTreeMap<JobId, JobState>,
    /// The first of each owner and name that is not over; where nobody asks for those, none.
    first: HashMap<(UserId, &'a str), JobId>,
}

/// What becomes of a job that waits, before it is asked where there is room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It may start, unless it stays.
    Goes(Option<Stay>),
    /// It can never start.
    Ends(JobState, String),
}

impl<'a> Turns<'a> {
    pub(super) async fn read(
        reads: &(impl JobReads + ?Sized),
        pending: &'a [QueuedJob],
        active: &'a [Job],
    ) -> Result<Self, StoreError> {
        let after = || pending.iter().filter_map(|job| job.after.as_ref());
        let states = states(reads, after()).await?;
        let first = if after().any(Dependencies::is_singleton) { firsts(pending, active) } else { HashMap::new() };
        Ok(Self { states, first })
    }

    /// `held`: its owner, or what became of them, keeps it from starting.
    pub(super) fn fate(&self, job: &QueuedJob, held: bool, now: DateTime<Utc>) -> Fate {
        if !in_time(job.deadline, job.time_limit, now) {
            return Fate::Ends(JobState::Deadline, too_late(job.deadline));
        }
        let turn =
            job.after.as_ref().map(|after| after.verdict(&|id| self.states.get(&id).copied(), self.namesake(job)));
        match turn {
            Some(Verdict::Never(why)) => Fate::Ends(JobState::Cancelled, why),
            _ if held => Fate::Goes(Some(Stay::Held)),
            Some(Verdict::Waits(which)) => Fate::Goes(Some(Stay::Dependency(which))),
            Some(Verdict::Met) | None => Fate::Goes(job.not_before.filter(|at| *at > now).map(Stay::NotBefore)),
        }
    }

    /// An earlier one of the same owner and name that is not over.
    fn namesake(&self, job: &QueuedJob) -> Option<JobId> {
        if self.first.is_empty() {
            return None;
        }
        self.first.get(&(job.owner, job.name.as_str())).copied().filter(|first| *first < job.id)
    }

    /// Something waits for other jobs.
    pub(super) fn are_asked(&self) -> bool {
        !self.states.is_empty()
    }
}

/// The same for one job, as it is now: how it ends, unless it may start one day.
pub(crate) async fn end(
    reads: &(impl JobReads + ?Sized),
    job: &Job,
    now: DateTime<Utc>,
) -> Result<Option<(JobState, String)>, StoreError> {
    if !job.can_keep_deadline(now) {
        return Ok(Some((JobState::Deadline, too_late(job.spec.deadline))));
    }
    // An element waits for nobody any more: its array has.
    let Some(after) = job.spec.after.as_ref().filter(|_| job.part.is_none()) else { return Ok(None) };
    let states = states(reads, [after].into_iter()).await?;
    // Whatever its namesakes do, they are over one day.
    match after.verdict(&|id| states.get(&id).copied(), None) {
        Verdict::Never(why) => Ok(Some((JobState::Cancelled, why))),
        Verdict::Met | Verdict::Waits(_) => Ok(None),
    }
}

/// When the first of them may start, or can keep its deadline no more, whatever else happens.
pub(super) fn next(pending: &[QueuedJob], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let moments = pending.iter().flat_map(|job| {
        let limit = TimeDelta::seconds(job.time_limit.seconds().into()) - TimeDelta::milliseconds(1);
        [job.not_before, job.deadline.and_then(|deadline| deadline.checked_sub_signed(limit))]
    });
    moments.flatten().filter(|at| *at > now).min()
}

async fn states<'a>(
    reads: &(impl JobReads + ?Sized),
    of: impl Iterator<Item = &'a Dependencies>,
) -> Result<BTreeMap<JobId, JobState>, StoreError> {
    let mut named: Vec<JobId> = of.flat_map(Dependencies::jobs).collect();
    if named.is_empty() {
        return Ok(BTreeMap::new());
    }
    named.sort_unstable();
    named.dedup();
    let found = reads.job_states(&named).await?;
    Ok(found.into_iter().map(|(id, (_, state))| (id, state)).collect())
}

/// An element is as old as its array.
fn firsts<'a>(pending: &'a [QueuedJob], active: &'a [Job]) -> HashMap<(UserId, &'a str), JobId> {
    let pending = pending.iter().map(|job| (job.owner, job.name.as_str(), job.array.unwrap_or(job.id)));
    let active = active.iter().map(|job| (job.owner, job.spec.name.as_str(), job.part.map_or(job.id, |part| part.of)));
    let mut first = HashMap::new();
    for (owner, name, id) in pending.chain(active) {
        let known = first.entry((owner, name)).or_insert(id);
        *known = id.min(*known);
    }
    first
}

fn too_late(deadline: Option<DateTime<Utc>>) -> String {
    let at = deadline.map(|at| scheduler::moment(at).to_string()).unwrap_or_default();
    format!("it had not started early enough to be over by its deadline, {at}")
}

#[cfg(test)]
mod tests {
    use domain::{job::TimeLimit, resources::Resources};

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn id(number: i64) -> JobId {
        JobId::try_from(number).expect("a number")
    }

    /// Which may take a minute.
    fn job(number: i64, after: Option<&str>) -> QueuedJob {
        QueuedJob {
            id: id(number),
            owner: UserId::new(uuid::Uuid::from_u128(1)),
            name: "train".parse().expect("a name"),
            resources: Resources { cpu_milli: 1000, memory_mib: 64, pids: 8 },
            runtime: None,
            time_limit: TimeLimit::parse(60).expect("a time limit"),
            waits_since: at(0),
            held: false,
            array: None,
            left: 1,
            at_most: None,
            nice: domain::job::Nice::default(),
            not_before: None,
            deadline: None,
            after: after.map(|after| after.parse().expect("dependencies")),
        }
    }

    /// With one that failed, and one that runs.
    fn turns() -> Turns<'static> {
        Turns { states: [(id(1), JobState::Failed), (id(2), JobState::Running)].into(), first: HashMap::new() }
    }

    #[test]
    fn what_keeps_a_job_is_told_in_the_order_in_which_it_can_be_changed() {
        let mut job = QueuedJob { not_before: Some(at(10)), ..job(9, Some("afterany:2")) };
        assert_eq!(turns().fate(&job, true, at(0)), Fate::Goes(Some(Stay::Held)));
        let waits = Stay::Dependency("it waits until job 2 (running) is over".into());
        assert_eq!(turns().fate(&job, false, at(0)), Fate::Goes(Some(waits)));
        job.after = Some("afterany:1".parse().expect("dependencies"));
        assert_eq!(turns().fate(&job, false, at(0)), Fate::Goes(Some(Stay::NotBefore(at(10)))));
        assert_eq!(turns().fate(&job, false, at(10)), Fate::Goes(None));
    }

    #[test]
    fn what_can_never_start_ends_even_while_it_is_held() {
        let never = "it could start only after job 1 completes, and that one failed";
        let ends = Fate::Ends(JobState::Cancelled, never.to_owned());
        assert_eq!(turns().fate(&job(9, Some("afterok:1")), true, at(0)), ends);
        let late = QueuedJob { deadline: Some(at(100)), ..job(9, None) };
        assert_eq!(turns().fate(&late, false, at(40)), Fate::Goes(None));
        let rule = "it had not started early enough to be over by its deadline, 1970-01-01 00:01:40 UTC";
        assert_eq!(turns().fate(&late, true, at(41)), Fate::Ends(JobState::Deadline, rule.to_owned()));
    }

    #[test]
    fn of_jobs_of_one_name_each_waits_for_the_first() {
        let pending = [job(3, None), job(4, Some("singleton")), job(5, Some("singleton"))];
        let turns = Turns { states: BTreeMap::new(), first: firsts(&pending, &[]) };
        let waits = "it waits until job 3, which has the same name, is over";
        for job in &pending[1..] {
            assert_eq!(turns.fate(job, false, at(0)), Fate::Goes(Some(Stay::Dependency(waits.to_owned()))));
        }
        let turns = Turns { states: BTreeMap::new(), first: firsts(&pending[1..], &[]) };
        assert_eq!(turns.fate(&pending[1], false, at(0)), Fate::Goes(None));
        let other = QueuedJob { name: "other".parse().expect("a name"), ..job(6, Some("singleton")) };
        assert_eq!(turns.fate(&other, false, at(0)), Fate::Goes(None));
    }

    #[test]
    fn an_element_that_waits_again_is_as_old_as_its_array() {
        let pending = [job(5, Some("singleton")), QueuedJob { array: Some(id(3)), ..job(9, None) }];
        let turns = Turns { states: BTreeMap::new(), first: firsts(&pending, &[]) };
        let waits = "it waits until job 3, which has the same name, is over".to_owned();
        assert_eq!(turns.fate(&pending[0], false, at(0)), Fate::Goes(Some(Stay::Dependency(waits))));
    }

    #[test]
    fn the_next_moment_is_the_first_at_which_something_changes_by_itself() {
        let begins = |seconds| QueuedJob { not_before: Some(at(seconds)), ..job(1, None) };
        let late = QueuedJob { deadline: Some(at(100)), ..job(2, None) };
        assert_eq!(next(&[job(1, None)], at(0)), None);
        assert_eq!(next(&[begins(50), begins(30), begins(10)], at(10)), Some(at(30)));
        assert_eq!(next(&[begins(50), late], at(10)), Some(at(40) + TimeDelta::milliseconds(1)));
    }
}
