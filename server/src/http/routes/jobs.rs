//! `/jobs`: submit, list, look, cancel, hold, release, one or many, requeue; the elements of an array; what would let a job start
//! earlier; what it has written, as bytes; and the queue.

use std::time::Duration;

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use control::{Error, jobs::Output, ports::store::JobFilter};
use domain::{
    JobId, JobRef,
    job::{JobName, JobState},
};
use http::{HeaderMap, StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::{
    job::{Job, SubmitJob},
    page::Page,
    problem::Code,
    queue::{Bulk, Bulked, Queue},
    why::{Standing, WhatIf},
};

use super::{idempotency_key, location};
use crate::{
    http::{
        error::Failure,
        identity::Caller,
        json::Json,
        path::JobPath,
        query::{self, Query},
    },
    state::AppState,
};

const USUAL_OUTPUT: u32 = 256 * 1024;
const MOST_OUTPUT: u32 = 1024 * 1024;
/// Seconds. Proxies take an answer that comes later for one that does not come.
const LONGEST_WAIT: u32 = 25;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(get))
        .routes(routes!(elements))
        .routes(routes!(cancel))
        .routes(routes!(hold))
        .routes(routes!(release))
        .routes(routes!(requeue))
        .routes(routes!(bulk))
        .routes(routes!(queue))
        .routes(routes!(output))
        .routes(routes!(what_ifs))
        // Of the same shape as a job's path: the fixed word comes first, and no job has a word for a number.
        .routes(routes!(share))
}

/// One's jobs, newest first. They are without their scripts. An array is one of them; its elements are not among them.
#[utoipa::path(get, path = "/jobs", tag = "jobs",
    params(("state" = Option<Vec<JobState>>, Query, nullable = false, min_items = 1, description = "only those in this state; several with commas between them, or by giving it several times"),
        ("name" = Option<String>, Query, nullable = false, pattern = r"^[^\u0000]{0,64}$", description = "only those whose name begins so"),
        ("since" = Option<DateTime<Utc>>, Query, nullable = false, description = "only those submitted then or later"),
        ("until" = Option<DateTime<Utc>>, Query, nullable = false, description = "only those submitted before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<i64>, Query, minimum = 1, description = "`next` of the page before")),
    responses((status = 200, body = Page<Job>)))]
async fn list(caller: Caller, query: Query) -> Result<Answer<Page<Job>>, Failure> {
    let (limit, after): (u32, Option<JobId>) = query.page()?;
    const RULE: &str = "must be a time such as 2027-01-31T08:00:00Z";
    let (since, until) = (query.value("since", RULE)?, query.value("until", RULE)?);
    let these = JobFilter { states: states(&query)?, name: name(&query)?, since, until };
    Ok(Answer(caller.api.jobs(&these, limit, after).await?))
}

fn name(query: &Query) -> Result<String, Failure> {
    let name = query.text("name").unwrap_or_default();
    if name.contains('\0') || name.chars().count() > JobName::LONGEST {
        let rule = format!("must be how names begin: at most {} characters", JobName::LONGEST);
        return Err(query::fault("name", &rule));
    }
    Ok(name.to_owned())
}

fn states(query: &Query) -> Result<Vec<JobState>, Failure> {
    let rule = |word: &str| format!("must be states of jobs, such as pending or running, not {word:?}");
    let words = query.texts("state").flat_map(|words| words.split(','));
    words.map(|word| word.parse::<JobState>().map_err(|_| query::fault("state", &rule(word)))).collect()
}

/// Submits a job: it waits for its turn, then its script runs once, in a container of its own with one's home. With an
/// `Idempotency-Key`, repeating the request gives the same job.
#[utoipa::path(post, path = "/jobs", tag = "jobs", request_body = SubmitJob,
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, pattern = "^[!-~]{1,128}$", description = "1–128 visible characters, one per intended job")),
    responses((status = 202, body = Job, headers(("Location" = String)))))]
async fn submit(
    caller: Caller,
    headers: HeaderMap,
    Json(submit): Json<SubmitJob>,
) -> Result<(StatusCode, HeaderMap, Answer<Job>), Failure> {
    let job = caller.api.submit_job(submit, idempotency_key(&headers)).await?;
    Ok((StatusCode::ACCEPTED, location(&format!("/api/v1/jobs/{}", job.id)), Answer(job)))
}

/// One job, and why it waits. An element of an array is named by the array's number and its index: `812_7`.
#[utoipa::path(get, path = "/jobs/{job}", tag = "jobs", params(("job" = String, Path)),
    responses((status = 200, body = Job)))]
async fn get(caller: Caller, JobPath(job): JobPath) -> Result<Answer<Job>, Failure> {
    Ok(Answer(caller.api.job(job).await?))
}

/// The elements of an array that have begun, by index. They are without their scripts. What is asked of one of them is asked of
/// `/jobs/{job}_{index}`.
#[utoipa::path(get, path = "/jobs/{job}/elements", tag = "jobs",
    params(("job" = String, Path),
        ("state" = Option<Vec<JobState>>, Query, nullable = false, min_items = 1, description = "only those in this state; several with commas between them, or by giving it several times"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<u32>, Query, minimum = 0, maximum = 4_294_967_295_i64, description = "`next` of the page before: only elements behind this index")),
    responses((status = 200, body = Page<Job>)))]
async fn elements(caller: Caller, JobPath(job): JobPath, query: Query) -> Result<Answer<Page<Job>>, Failure> {
    let (limit, after): (u32, Option<u32>) = query.page()?;
    let states = states(&query)?;
    match job {
        JobRef { id, index: None } => Ok(Answer(caller.api.job_elements(id, states, limit, after).await?)),
        // An element has none.
        JobRef { .. } => Err(Error::NotFound("job").into()),
    }
}

/// Ends a job; of an array, each of its elements that is not over. One that waits is over at once; the script of one that runs
/// gets SIGTERM, and SIGKILL a few seconds later.
#[utoipa::path(post, path = "/jobs/{job}/cancel", tag = "jobs", params(("job" = String, Path)),
    responses((status = 202, body = Job)))]
async fn cancel(caller: Caller, JobPath(job): JobPath) -> Result<(StatusCode, Answer<Job>), Failure> {
    Ok((StatusCode::ACCEPTED, Answer(caller.api.cancel_job(job).await?)))
}

/// Keeps a job that waits from starting until it is released; of an array, each element that has not begun. One of them alone
/// cannot be held.
#[utoipa::path(post, path = "/jobs/{job}/hold", tag = "jobs", params(("job" = String, Path)),
    responses((status = 200, body = Job)))]
async fn hold(caller: Caller, JobPath(job): JobPath) -> Result<Answer<Job>, Failure> {
    Ok(Answer(caller.api.hold_job(job, true).await?))
}

/// Lets a job start that was held.
#[utoipa::path(post, path = "/jobs/{job}/release", tag = "jobs", params(("job" = String, Path)),
    responses((status = 200, body = Job)))]
async fn release(caller: Caller, JobPath(job): JobPath) -> Result<Answer<Job>, Failure> {
    Ok(Answer(caller.api.hold_job(job, false).await?))
}

/// Up to three changes that would let a job that waits start earlier: fewer CPUs, less memory, a shorter time limit, or its release. They
/// are found by the planner itself, on what it looked at last; each is for a job that is submitted in place of this one. An empty list
/// when no change of that kind helps, and when the queue is too long to ask.
#[utoipa::path(get, path = "/jobs/{job}/what-ifs", tag = "jobs", params(("job" = String, Path)),
    responses((status = 200, body = Vec<WhatIf>)))]
async fn what_ifs(caller: Caller, JobPath(job): JobPath) -> Result<Answer<Vec<WhatIf>>, Failure> {
    Ok(Answer(caller.api.what_ifs(job).await?))
}

/// How one stands in the queue: what one has used beside all others, and for which reasons one's jobs wait.
#[utoipa::path(get, path = "/jobs/share", tag = "jobs", responses((status = 200, body = Standing)))]
async fn share(caller: Caller) -> Result<Answer<Standing>, Failure> {
    Ok(Answer(caller.api.standing().await?))
}

/// Has a job that is over run once more when its turn comes: under its number, as its next attempt. One that runs is cancelled first.
#[utoipa::path(post, path = "/jobs/{job}/requeue", tag = "jobs", params(("job" = String, Path)),
    responses((status = 202, body = Job)))]
async fn requeue(caller: Caller, JobPath(job): JobPath) -> Result<(StatusCode, Answer<Job>), Failure> {
    Ok((StatusCode::ACCEPTED, Answer(caller.api.requeue_job(job).await?)))
}

/// Cancels, holds or releases many jobs, and says of each what became of it.
#[utoipa::path(post, path = "/jobs/bulk", tag = "jobs", request_body = Bulk,
    responses((status = 200, body = Bulked)))]
async fn bulk(caller: Caller, Json(bulk): Json<Bulk>) -> Result<Answer<Bulked>, Failure> {
    Ok(Answer(caller.api.bulk_jobs(bulk).await?))
}

/// What runs where and what comes next. Others' jobs are there without name and number; whose they are, administrators see.
#[utoipa::path(get, path = "/queue", tag = "jobs", responses((status = 200, body = Queue)))]
async fn queue(caller: Caller) -> Result<Answer<Queue>, Failure> {
    Ok(Answer(caller.api.queue().await?))
}

/// A piece of the file that the job's output and errors go to, while it runs and afterwards. To follow it, ask again from
/// `docklet-output-next` until `docklet-output-ended` is `true` and nothing more comes.
#[utoipa::path(get, path = "/jobs/{job}/output", tag = "jobs",
    params(("job" = String, Path),
        ("from" = Option<u64>, Query, maximum = 9_223_372_036_854_775_807_i64, description = "how many bytes to leave out at the beginning; none when absent"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1_048_576, description = "the most bytes to answer with; 262144 when absent"),
        ("wait_s" = Option<u32>, Query, maximum = 25, description = "how many seconds to wait for the first byte behind `from`, while the job may still write one; none when absent")),
    responses((status = 200, body = String, content_type = "application/octet-stream",
        description = "the bytes as they are in the file",
        headers(("docklet-output-size" = u64, description = "bytes of the file now"),
            ("docklet-output-next" = u64, description = "`from` of the piece behind this one"),
            ("docklet-output-ended" = bool, description = "whether nothing is written to it any more")))))]
async fn output(
    State(state): State<AppState>,
    caller: Caller,
    JobPath(job): JobPath,
    query: Query,
) -> Result<Response, Failure> {
    const RULE: &str = "must be a whole number of bytes that is not negative";
    let from = query.value::<i64>("from", RULE)?.unwrap_or(0);
    let from = u64::try_from(from).map_err(|_| query::fault("from", RULE))?;
    let most = query.within("limit", 1..=MOST_OUTPUT)?.unwrap_or(USUAL_OUTPUT);
    let wait = query.within("wait_s", 0..=LONGEST_WAIT)?.unwrap_or(0);
    Ok(answer(read(&state, caller, Piece { job, from, most }, Duration::from_secs(wait.into())).await?))
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    job: JobRef,
    from: u64,
    most: u32,
}

/// A wait is a connection that lasts: it is counted, and ends with what its client has shown.
async fn read(state: &AppState, caller: Caller, piece: Piece, wait: Duration) -> Result<Output, Failure> {
    let actor = caller.api.actor();
    let Piece { job, from, most } = piece;
    let within = |wait| state.control.jobs.output(actor, job, from, most, wait);
    if wait.is_zero() {
        return Ok(within(wait).await?);
    }
    let _share = state.stream_of(actor.user).await?;
    let watch = state.revocations.watch(caller.credential.clone());
    tokio::select! {
        output = within(wait) => Ok(output?),
        () = state.shutdown.begun() => Ok(within(Duration::ZERO).await?),
        () = watch.revoked() => {
            Err(Failure::new(Code::NotSignedIn, "You have signed out, or the token is not valid any more."))
        }
    }
}

/// The bytes are an `application/octet-stream`, whatever is in them.
fn answer(output: Output) -> Response {
    let next = output.from + output.bytes.len() as u64;
    let headers = [
        ("docklet-output-size", output.size.to_string()),
        ("docklet-output-next", next.to_string()),
        ("docklet-output-ended", output.ended.to_string()),
    ];
    (headers, output.bytes).into_response()
}
