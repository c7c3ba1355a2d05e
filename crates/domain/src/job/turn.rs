//! What must be so before a job's turn comes: which others must have ended, and how much it lets others go first. Knows no queue.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::JobState;
use crate::{JobId, Violation, described::described};

/// Which jobs must have come to which end: `afterok:12:13,afterany:14`. `,` means that all must be so, `?` that one is enough;
/// one text has one of both. The jobs of one word must all be so. Numbers are given when a job is submitted, and it can name
/// only those that are there already: no two jobs can wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dependencies {
    conditions: Vec<Condition>,
    /// One of them is enough.
    any: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    kind: Kind,
    /// None for [`Kind::Singleton`], and at least one otherwise.
    jobs: Vec<JobId>,
}

/// As Slurm calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString)]
#[strum(serialize_all = "lowercase", const_into_str)]
enum Kind {
    /// They have begun, or never will.
    After,
    AfterOk,
    /// They are over, and have not completed.
    AfterNotOk,
    AfterAny,
    /// No earlier job of the same owner and name is there that is not over.
    Singleton,
}

/// How it stands with what a job waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Met,
    /// A sentence that names the jobs.
    Waits(String),
    /// It can never be met; the sentence says why.
    Never(String),
}

const SHAPE: &str = "must be like afterok:12:13,afterany:14: after, afterok, afternotok or afterany with the numbers of jobs, or \
                     singleton";
const NO_ELEMENTS: &str = "must not have aftercorr: a job waits for whole arrays; write afterok and the array's number";

impl Dependencies {
    pub const LONGEST: usize = 1000;

    /// Those that it names.
    pub fn jobs(&self) -> impl Iterator<Item = JobId> {
        self.conditions.iter().flat_map(|condition| condition.jobs.iter().copied())
    }

    /// It asks for namesakes.
    pub fn is_singleton(&self) -> bool {
        self.conditions.iter().any(|condition| condition.kind == Kind::Singleton)
    }

    /// `states`: of those that it names; `None` for one whose record is gone. `namesake`: an earlier job of the same owner and name
    /// that is not over.
    pub fn verdict(&self, states: &impl Fn(JobId) -> Option<JobState>, namesake: Option<JobId>) -> Verdict {
        let (mut waits, mut never) = (Vec::new(), Vec::new());
        for condition in &self.conditions {
            match condition.verdict(states, namesake) {
                Verdict::Met if self.any => return Verdict::Met,
                Verdict::Met => {}
                Verdict::Waits(until) => waits.push(until),
                Verdict::Never(unless) => never.push(unless),
            }
        }
        let is_over = !never.is_empty() && (!self.any || waits.is_empty());
        if is_over {
            Verdict::Never(format!("it could start only {}", joined(&never, if self.any { "; or " } else { "; and " })))
        } else if waits.is_empty() {
            Verdict::Met
        } else {
            Verdict::Waits(format!("it waits {}", joined(&waits, if self.any { ", or " } else { ", and " })))
        }
    }
}

impl Condition {
    /// In parts of a sentence.
    fn verdict(&self, states: &impl Fn(JobId) -> Option<JobState>, namesake: Option<JobId>) -> Verdict {
        if let (Kind::Singleton, Some(job)) = (self.kind, namesake) {
            return Verdict::Waits(format!("until job {job}, which has the same name, is over"));
        }
        let mut waits = Vec::new();
        for job in &self.jobs {
            match self.kind.verdict(*job, states(*job)) {
                Verdict::Met => {}
                Verdict::Waits(until) => waits.push(until),
                Verdict::Never(unless) => return Verdict::Never(unless),
            }
        }
        if waits.is_empty() { Verdict::Met } else { Verdict::Waits(joined(&waits, " and ")) }
    }
}

impl Kind {
    /// For this one job.
    fn verdict(self, job: JobId, state: Option<JobState>) -> Verdict {
        let waits = |until: &str| {
            let state = state.map_or("", JobState::as_str);
            Verdict::Waits(format!("until job {job} ({state}) {until}"))
        };
        let never = |what: &str| Verdict::Never(format!("after job {job} {what}, and {}", ended(state)));
        let is_over = state.is_none_or(JobState::is_final);
        match (self, state) {
            (Self::After, Some(JobState::Pending)) => waits("has begun"),
            (Self::AfterAny, _) if !is_over => waits("is over"),
            (Self::AfterOk, _) if !is_over => waits("has completed"),
            (Self::AfterNotOk, _) if !is_over => waits("has ended without completing"),
            (Self::AfterOk, Some(JobState::Completed)) => Verdict::Met,
            (Self::AfterOk, _) => never("completes"),
            (Self::AfterNotOk, None | Some(JobState::Completed)) => never("ends without completing"),
            _ => Verdict::Met,
        }
    }
}

const fn ended(state: Option<JobState>) -> &'static str {
    match state {
        None => "the record of that one is gone",
        Some(JobState::Completed) => "that one completed",
        Some(JobState::Failed) => "that one failed",
        Some(JobState::Cancelled) => "that one was cancelled",
        Some(JobState::Timeout) => "that one ran out of time",
        Some(JobState::OutOfMemory) => "that one ran out of memory",
        Some(JobState::NodeFail) => "that one lost its host",
        Some(JobState::Deadline) => "that one missed its deadline",
        Some(JobState::Pending | JobState::Configuring | JobState::Running | JobState::Completing) => {
            "that one is not over"
        }
    }
}

/// The first three; nobody reads a hundred.
fn joined(parts: &[String], by: &str) -> String {
    const SHOWN: usize = 3;
    let shown = parts.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(by);
    match parts.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}{by}{more} more"),
    }
}

impl fmt::Display for Dependencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, condition) in self.conditions.iter().enumerate() {
            if index > 0 {
                f.write_str(if self.any { "?" } else { "," })?;
            }
            f.write_str(condition.kind.into_str())?;
            condition.jobs.iter().try_for_each(|job| write!(f, ":{job}"))?;
        }
        Ok(())
    }
}

impl FromStr for Dependencies {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let fault = |rule: &str| Violation::new("after", rule);
        if text.chars().count() > Self::LONGEST {
            return Err(fault(&format!("must have at most {} characters", Self::LONGEST)));
        }
        let any = text.contains('?');
        if any && text.contains(',') {
            return Err(fault("must have only ',' (all must be met) or only '?' (one is enough)"));
        }
        let conditions = text.split(if any { '?' } else { ',' }).map(Condition::from_str);
        Ok(Self { conditions: conditions.collect::<Result<_, _>>().map_err(fault)?, any })
    }
}

impl FromStr for Condition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split(':');
        let kind = match words.next() {
            Some("aftercorr") => return Err(NO_ELEMENTS),
            kind => kind.and_then(|kind| kind.parse::<Kind>().ok()).ok_or(SHAPE)?,
        };
        let jobs = words.map(number).collect::<Option<Vec<_>>>().ok_or(SHAPE)?;
        if jobs.is_empty() == (kind == Kind::Singleton) { Ok(Self { kind, jobs }) } else { Err(SHAPE) }
    }
}

/// Longer ones no installation comes to, and the schema can say this.
fn number(text: &str) -> Option<JobId> {
    const DIGITS: usize = 18;
    if text.len() <= DIGITS { text.parse().ok() } else { None }
}

as_text!(Dependencies);

described!(Dependencies, {
    let one = "(?:singleton|after(?:ok|notok|any)?(?::[1-9][0-9]{0,17})+)";
    crate::described::text(Self::LONGEST, format!(r"^{one}(?:(?:,{one})*|(?:\?{one})*)$"))
});

/// How much a job lets others go first: 0 to 10,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nice(u16);

impl Nice {
    pub const MOST: u16 = 10_000;

    pub fn get(self) -> u32 {
        self.0.into()
    }

    /// From what a client writes.
    pub fn parse(nice: i64) -> Result<Self, Violation> {
        let rule = || Violation::new("nice", format!("must be between 0 and {}", Self::MOST));
        u16::try_from(nice).ok().filter(|nice| *nice <= Self::MOST).map(Self).ok_or_else(rule)
    }
}

#[cfg(test)]
mod tests;
