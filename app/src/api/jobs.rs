//! Jobs: submitted, looked at, held, ended; and what they write.

#[cfg(feature = "ssr")]
use std::time::Duration;

use domain::job::JobState;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use wire::{
    job::{Job, JobOutput},
    page::Page,
    queue::{BulkAction, Bulked, JobSummary, Queue},
    why::{Standing, WhatIf},
};

use super::Refused;
use crate::pages::jobs::draft::JobForm;

/// How many there are on a page.
#[cfg(feature = "ssr")]
const PAGE: u32 = 50;
/// How many elements of an array there are on a page.
#[cfg(feature = "ssr")]
const ELEMENTS: u32 = 100;
/// Bytes of a job's output in one answer.
#[cfg(feature = "ssr")]
const PIECE: u32 = 128 * 1024;
/// How long an answer waits for a job to write something. Who has signed out meanwhile is told nothing more after that.
#[cfg(feature = "ssr")]
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Longer forms are not kept for the page that shows them again; no job has such a script.
#[cfg(feature = "ssr")]
const LONGEST_KEPT: usize = 2 * domain::job::Script::LONGEST;

/// Which jobs a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    All,
    Waiting,
    Running,
    Finished,
}

impl Shown {
    pub(crate) const ALL: [Self; 4] = [Self::All, Self::Waiting, Self::Running, Self::Finished];

    /// As an address says it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Finished => "finished",
        }
    }

    /// An address that was changed by hand shows all.
    pub(crate) fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|shown| shown.as_str() == text).unwrap_or(Self::All)
    }

    /// The jobs in these states; all where there are none.
    pub const fn states(self) -> &'static [JobState] {
        use JobState::{
            Cancelled, Completed, Completing, Configuring, Deadline, Failed, NodeFail, OutOfMemory, Pending, Running,
            Timeout,
        };
        match self {
            Self::All => &[],
            Self::Waiting => &[Pending],
            Self::Running => &[Configuring, Running, Completing],
            Self::Finished => &[Completed, Failed, Cancelled, Timeout, OutOfMemory, NodeFail, Deadline],
        }
    }
}

/// How an element of an array fares: what is told apart of them, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fare {
    Completed,
    Running,
    /// It has ended otherwise, and nobody wanted that.
    Failed,
    Cancelled,
    /// It has not begun, or is to be tried again.
    Waiting,
}

impl Fare {
    pub(crate) const ALL: [Self; 5] = [Self::Completed, Self::Running, Self::Failed, Self::Cancelled, Self::Waiting];

    /// As an address says it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Waiting => "waiting",
        }
    }

    /// An address that was changed by hand asks for all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fare| fare.as_str() == text)
    }

    pub const fn states(self) -> &'static [JobState] {
        use JobState::{
            Cancelled, Completed, Completing, Configuring, Deadline, Failed, NodeFail, OutOfMemory, Pending, Running,
            Timeout,
        };
        match self {
            Self::Completed => &[Completed],
            Self::Running => &[Configuring, Running, Completing],
            Self::Failed => &[Failed, Timeout, OutOfMemory, NodeFail, Deadline],
            Self::Cancelled => &[Cancelled],
            Self::Waiting => &[Pending],
        }
    }
}

/// A page of the user's jobs whose name begins with `name`, newest first; behind `after`, or from the newest on where that is
/// empty.
#[server(prefix = "/actions", endpoint = "jobs", input = GetUrl)]
pub(crate) async fn read_jobs(shown: Shown, name: String, after: String) -> Result<Page<Job>, Refused> {
    // No name has a NUL, and not every database takes one.
    let (states, name) = (shown.states().to_vec(), name.replace('\0', "\u{fffd}"));
    let these = control::ports::store::JobFilter { states, name, since: None, until: None };
    // An address that was changed by hand begins at the beginning.
    Ok(crate::request_context::api()?.jobs(&these, PAGE, after.parse().ok()).await?)
}

/// How the user's jobs fare.
#[server(prefix = "/actions", endpoint = "job-summary", input = GetUrl)]
pub(crate) async fn read_job_summary() -> Result<JobSummary, Refused> {
    Ok(crate::request_context::api()?.job_summary().await?)
}

/// What runs where, and what comes next.
#[server(prefix = "/actions", endpoint = "queue", input = GetUrl)]
pub(crate) async fn read_queue() -> Result<Queue, Refused> {
    Ok(crate::request_context::api()?.queue().await?)
}

/// Does the same with all of these.
#[server(prefix = "/actions", endpoint = "bulk-jobs")]
pub(crate) async fn bulk_jobs(action: BulkAction, jobs: Vec<i64>) -> Result<Bulked, Refused> {
    let bulk = wire::queue::Bulk { action, jobs, states: Vec::new() };
    Ok(crate::request_context::api()?.bulk_jobs(bulk).await?)
}

#[server(prefix = "/actions", endpoint = "job", input = GetUrl)]
pub(crate) async fn read_job(id: String) -> Result<Job, Refused> {
    Ok(crate::request_context::api()?.job(::api::id(&id, "job")?).await?)
}

/// What would let it start earlier, as of the last look at the queue.
#[server(prefix = "/actions", endpoint = "job-what-ifs", input = GetUrl)]
pub(crate) async fn read_what_ifs(id: String) -> Result<Vec<WhatIf>, Refused> {
    // An element waits as its array does.
    let Ok(job) = id.parse() else { return Ok(Vec::new()) };
    Ok(crate::request_context::api()?.what_ifs(job).await?)
}

/// What the user has used beside all others, and why their jobs wait.
#[server(prefix = "/actions", endpoint = "job-standing", input = GetUrl)]
pub(crate) async fn read_standing() -> Result<Standing, Refused> {
    Ok(crate::request_context::api()?.standing().await?)
}

/// A page of the elements of an array that have begun, by index; only those that fare so, where that is said, and only those
/// behind the index `after`. None of a job that is no array.
#[server(prefix = "/actions", endpoint = "job-elements", input = GetUrl)]
pub(crate) async fn read_elements(
    id: String,
    #[server(default)] fare: Option<Fare>,
    after: String,
) -> Result<Page<Job>, Refused> {
    let (api, none) = (crate::request_context::api()?, Page { items: Vec::new(), next: None });
    let Ok(array) = id.parse::<domain::JobId>() else { return Ok(none) };
    // Boxed: a page holds what is asked for it on its stack, several times over.
    if Box::pin(api.job(::api::id(&id, "job")?)).await?.array.is_none() {
        return Ok(none);
    }
    let states = fare.map_or_else(Vec::new, |fare| fare.states().to_vec());
    Ok(Box::pin(api.job_elements(array, states, ELEMENTS, after.parse().ok())).await?)
}

/// The form of a new job: as it was kept under `kept`; or like the job `like`, or with what is usual, but with those of the other
/// fields that are not empty. `array`: for these numbers; [`routes::FAILED`](crate::routes::FAILED) for those of the elements of
/// `like` that have failed.
#[server(prefix = "/actions", endpoint = "job-draft", input = GetUrl)]
pub(crate) async fn read_draft(
    like: String,
    array: String,
    kept: String,
    cpus: String,
    memory: String,
    time_limit: String,
) -> Result<JobForm, Refused> {
    use crate::{
        request_context::{api, refuse, request_context},
        routes,
    };
    use control::ports::clock::{Entropy, SystemEntropy};

    // Before the answer is waited for: then it may be gone (request_context).
    let (context, api) = (request_context()?, api()?);
    let mut key = [0; 8];
    SystemEntropy.fill(&mut key);
    let key = format!("form-{:016x}", u64::from_ne_bytes(key));
    let take = || context.control.accounts.take_shown(api.actor(), &kept);
    let kept = if kept.is_empty() { None } else { context.taken.or_take(&kept, take).map_err(refuse)? };
    // What has waited too long is gone: then the form is a new one.
    if let Some(form) = kept.and_then(|text| serde_json::from_str::<JobForm>(&text).ok()) {
        return Ok(form);
    }
    if like.is_empty() {
        return Ok(JobForm::usual(api.base_image(), key).with(cpus, memory, time_limit));
    }
    // Boxed: a page holds what is asked for it on its stack, several times over.
    let like = Box::pin(api.job(::api::id(&like, "job")?)).await?;
    let array = match array.as_str() {
        "" => None,
        routes::FAILED => Box::pin(failed(&api, &like)).await?,
        _ => Some(array),
    };
    let form = JobForm::like(like, key).with(cpus, memory, time_limit);
    Ok(match array {
        Some(array) => JobForm { array, ..form },
        None => form,
    })
}

/// The indexes of those elements that have failed, as many at a time as before; `None` where it is no array, or none has. Refused
/// where no array's text is as long.
#[cfg(feature = "ssr")]
async fn failed(api: &::api::Api, job: &Job) -> Result<Option<String>, Refused> {
    use domain::job::{Array, Indexes};

    let (Some(array), Ok(id)) = (&job.array, domain::JobId::try_from(job.id)) else { return Ok(None) };
    let failed: Vec<String> =
        api.element_indexes(id, Fare::Failed.states()).await?.iter().map(ToString::to_string).collect();
    if failed.is_empty() {
        return Ok(None);
    }
    let failed = failed.join(",");
    // In ranges, where that is shorter.
    let failed = failed.parse::<Indexes>().map_or(failed, |indexes| indexes.to_string());
    let at_most = array.indexes.split_once('%').map(|(_, most)| format!("%{most}"));
    let text = format!("{failed}{}", at_most.unwrap_or_default());
    if text.len() > Array::LONGEST {
        let text = format!(
            "The numbers of those that have failed take more than the {} characters of an array. Submit them in several: \
             docklet job elements {} --state failed lists them.",
            Array::LONGEST,
            job.id
        );
        return Err(Refused::new(wire::problem::Code::Conflict, text));
    }
    Ok(Some(text))
}

/// Submits what the form describes. Without script, a refused form is shown again as it was.
#[server(prefix = "/actions", endpoint = "submit-job")]
pub(crate) async fn submit_job(job: JobForm) -> Result<Job, Refused> {
    use crate::{
        request_context::{accepts_html, api, redirect_plain_form, refusal_address, request_context},
        routes,
    };

    let (context, api) = (request_context()?, api()?);
    let submitted = match job.parse() {
        Ok(wanted) => api.submit_job(wanted, Some(&job.idempotency_key())).await.map_err(Refused::from),
        Err(faults) => Err(::api::Refusal::invalid(faults).into()),
    };
    if accepts_html() {
        let next = match &submitted {
            Ok(job) => routes::job(job.id),
            Err(refused) => {
                let text = serde_json::to_string(&job).ok().filter(|text| text.len() <= LONGEST_KEPT);
                let key = text.and_then(|text| context.control.accounts.show_once(api.actor(), text).ok());
                let form = key.map_or_else(|| routes::NEW_JOB.to_owned(), |key| routes::job_kept(&key));
                refusal_address::<SubmitJob>(&form, refused)
            }
        };
        redirect_plain_form(&next);
    }
    submitted
}

/// Ends it, unless it is over.
#[server(prefix = "/actions", endpoint = "cancel-job")]
pub(crate) async fn cancel_job(id: String) -> Result<Job, Refused> {
    Ok(crate::request_context::api()?.cancel_job(::api::id(&id, "job")?).await?)
}

/// Keeps it from starting, or lets it.
#[server(prefix = "/actions", endpoint = "hold-job")]
pub(crate) async fn hold_job(id: String, held: bool) -> Result<Job, Refused> {
    Ok(crate::request_context::api()?.hold_job(::api::id(&id, "job")?, held).await?)
}

/// What it has written behind `from`, or the end of it where that is not given. With `wait`, an answer without anything comes
/// only when nothing was written for a while.
#[server(prefix = "/actions", endpoint = "job-output", input = GetUrl)]
pub(crate) async fn read_output(
    id: String,
    #[server(default)] from: Option<u64>,
    wait: bool,
) -> Result<JobOutput, Refused> {
    let (api, id) = (crate::request_context::api()?, ::api::id(&id, "job")?);
    let wait = if wait { LONGEST_WAIT } else { Duration::ZERO };
    let found = api.job_output(id, from.unwrap_or_default(), PIECE, wait).await?;
    if from.is_some() || found.size <= u64::from(PIECE) {
        return Ok(found);
    }
    Ok(api.job_output(id, found.size - u64::from(PIECE), PIECE, wait).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_shown_in_one_part_of_the_list() {
        let parts = [Shown::Waiting, Shown::Running, Shown::Finished];
        let all: Vec<JobState> = parts.into_iter().flat_map(|part| part.states().iter().copied()).collect();
        assert_eq!(all.len(), 11);
        for part in parts {
            assert_eq!(Shown::parse(part.as_str()), part);
            let over = part.states().iter().filter(|state| state.is_final()).count();
            assert_eq!(over, if part == Shown::Finished { part.states().len() } else { 0 });
            let held = part.states().iter().filter(|state| state.holds()).count();
            assert_eq!(held, if part == Shown::Running { part.states().len() } else { 0 });
        }
        assert_eq!(Shown::parse("nonsense"), Shown::All);
    }

    #[test]
    fn every_state_is_one_way_for_an_element_to_fare() {
        for fare in Fare::ALL {
            assert_eq!(Fare::parse(fare.as_str()), Some(fare));
            let is_over = matches!(fare, Fare::Completed | Fare::Failed | Fare::Cancelled);
            assert!(fare.states().iter().all(|state| state.is_final() == is_over), "{fare:?}");
        }
        assert_eq!(Fare::parse("nonsense"), None);
        assert_eq!(Fare::ALL.iter().map(|fare| fare.states().len()).sum::<usize>(), 11);
    }
}
