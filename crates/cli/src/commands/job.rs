//! Jobs: submitted, listed, held, ended, and why one waits. Each is named by its number, or as an element of an array, `812_7`.

mod logs;
mod many;
mod shown;
mod submit;
mod used;
mod wait;

use std::{
    process::ExitCode,
    slice,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use wire::{
    job::Job,
    why::{Standing, WhatIf},
};

use super::named;
use crate::{
    args::{FINAL_STATES, JobCommand, LIVE_STATES},
    client::Client,
    failure::{Failure, Kind},
    output::Output,
};
pub(super) use many::queue;
use shown::{elements, explained, stands, table, upright};

/// How soon the server has looked at a queue that has changed.
const QUEUE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

pub(super) async fn run(client: &Client, command: JobCommand, output: &Output) -> Result<ExitCode, Failure> {
    match command {
        JobCommand::Submit(submit) => return submit::run(client, *submit, output).await,
        JobCommand::Ls { state, all } => list(client, &state, all, output).await?,
        JobCommand::Show { job } => {
            let job = get(client, &job).await?;
            output.show(&job, &upright(&job))?;
        }
        JobCommand::Elements { job, state } => list_elements(client, &job, &state, output).await?,
        JobCommand::Cancel(these) if these.all => many::cancel_all(client, &these.state, output).await?,
        JobCommand::Cancel(these) => order(client, &these.jobs, "cancel", output).await?,
        JobCommand::Hold(ids) => order(client, &ids.jobs, "hold", output).await?,
        JobCommand::Release(ids) => order(client, &ids.jobs, "release", output).await?,
        JobCommand::Requeue(ids) => order(client, &ids.jobs, "requeue", output).await?,
        JobCommand::Logs { job, follow } => {
            let found = get(client, &job).await?;
            if let Some(array) = &found.array {
                let first = array.indexes.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                return Err(Failure::usage(format!(
                    "Job {job} is an array: name one of its elements, as in {job}_{first}"
                )));
            }
            logs::print(client, &job, follow, output).await?;
        }
        JobCommand::History { since, state } => history(client, since, &state, output).await?,
        JobCommand::Efficiency(ids) => {
            let mut jobs = Vec::new();
            for id in &ids.jobs {
                jobs.push(get(client, id).await?.brief());
            }
            output.show(&jobs, &used::efficiency(&jobs))?;
        }
        JobCommand::Wait { jobs, timeout } => {
            let over = wait::until_over(client, &jobs.jobs, timeout, output).await?;
            output.show(&over, &table(&over, output))?;
            wait::failure(&over).map_or(Ok(()), Err)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One that was submitted just now may not have had its look at the queue.
pub(super) async fn why(client: &Client, id: &str, output: &Output) -> Result<(), Failure> {
    let until = Instant::now() + QUEUE;
    let mut job = get(client, id).await?;
    while job.state.as_str() == "pending" && job.waits.is_none() && Instant::now() < until {
        sleep(BETWEEN_LOOKS).await;
        job = get(client, id).await?;
    }
    let job = job.brief();
    let what_ifs: Vec<WhatIf> = match job.waits {
        Some(_) => client.get(&format!("{}/what-ifs", path(id))).await?,
        None => Vec::new(),
    };
    let table = explained(&job, &what_ifs);
    output.show(&Why { job, what_ifs }, &table)
}

/// A job, and what would start it earlier.
#[derive(Debug, Serialize)]
struct Why {
    #[serde(flatten)]
    job: Job,
    what_ifs: Vec<WhatIf>,
}

/// Why one's jobs wait, and what one has used.
pub(super) async fn standing(client: &Client, output: &Output) -> Result<(), Failure> {
    let standing: Standing = client.get("/jobs/share").await?;
    output.show(&standing, &stands(&standing))
}

async fn get(client: &Client, id: &str) -> Result<Job, Failure> {
    client.get(&path(id)).await.map_err(|failure| about(failure, id))
}

fn path(id: &str) -> String {
    format!("/jobs/{id}")
}

/// A server that has no such job does not say which one was meant.
fn about(failure: Failure, id: &str) -> Failure {
    let is_none = failure.kind == Kind::NotFound;
    failure.with_note(is_none.then(|| format!("You have no job {id}: docklet job ls --all")))
}

async fn list(client: &Client, states: &[String], all: bool, output: &Output) -> Result<(), Failure> {
    let query = match states {
        [] if all => String::new(),
        [] => in_states(&LIVE_STATES),
        states => in_states(states),
    };
    let jobs: Vec<Job> = named::pages(client, &format!("/jobs?{query}"), usize::MAX).await?;
    output.show(&jobs, &table(&jobs, output))
}

/// Says, too, how many there are that are not in the list because they have not begun.
async fn list_elements(client: &Client, id: &str, states: &[String], output: &Output) -> Result<(), Failure> {
    let Some(array) = get(client, id).await?.array else {
        return Err(Failure::usage(format!("Job {id} is no array: docklet job show {id}")));
    };
    let path = format!("{}/elements?{}", path(id), in_states(states));
    let begun: Vec<Job> = named::pages(client, &path, usize::MAX).await?;
    output.show(&begun, &elements(&begun))?;
    let count = u32::try_from(begun.len()).unwrap_or(u32::MAX);
    let left = array.size.saturating_sub(count);
    if states.is_empty() && left > 0 {
        output.say(&format!("{left} of {} have not begun", array.size));
    }
    Ok(())
}

fn in_states(states: &[impl AsRef<str>]) -> String {
    states.iter().map(|state| format!("state={}&", state.as_ref())).collect()
}

/// Those that are over and were submitted within so many seconds.
async fn history(client: &Client, since: i64, states: &[String], output: &Output) -> Result<(), Failure> {
    let states = if states.is_empty() { in_states(&FINAL_STATES) } else { in_states(states) };
    let now: DateTime<Utc> = SystemTime::now().into();
    // So long ago that no clock said it is from the beginning.
    let begin = TimeDelta::try_seconds(since).and_then(|length| now.checked_sub_signed(length));
    let begin = begin.filter(|begin| *begin > DateTime::UNIX_EPOCH);
    let begin = begin.map(|begin| format!("since={}&", begin.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    let path = format!("/jobs?{states}{}", begin.unwrap_or_default());
    let jobs: Vec<Job> = named::pages(client, &path, usize::MAX).await?;
    output.show(&jobs, &used::history(&jobs))
}

/// Does the same with each, also where it fails with another.
async fn order(client: &Client, ids: &[String], what: &str, output: &Output) -> Result<(), Failure> {
    let (mut changed, mut fault) = (Vec::<Job>::new(), None::<Failure>);
    for id in ids {
        match client.post(&format!("{}/{what}", path(id)), &serde_json::json!({})).await {
            Ok(job) => changed.push(job),
            Err(failure) => {
                if let Some(earlier) = fault.replace(about(failure, id)) {
                    output.say(&format!("docklet: {earlier}"));
                }
            }
        }
    }
    output.show(&changed, &table(&changed, output))?;
    fault.map_or(Ok(()), Err)
}

/// A job that is shown alone, in a list's columns.
fn show(job: &Job, output: &Output) -> Result<(), Failure> {
    output.show(job, &table(slice::from_ref(job), output))
}
