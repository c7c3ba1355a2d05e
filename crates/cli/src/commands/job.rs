//! Jobs: submitted, listed, held, ended, and why one waits.

mod logs;
mod many;
mod shown;
mod submit;
mod wait;

use std::{process::ExitCode, slice, time::Duration};

use tokio::time::{Instant, sleep};
use wire::job::Job;

use super::named;
use crate::{
    args::{JobCommand, LIVE_STATES},
    client::Client,
    failure::{Failure, Kind},
    output::Output,
};
pub(super) use many::queue;
use shown::{explained, table, upright};

/// How soon the server has looked at a queue that has changed.
const QUEUE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

pub(super) async fn run(client: &Client, command: JobCommand, output: &Output) -> Result<ExitCode, Failure> {
    match command {
        JobCommand::Submit(submit) => return submit::run(client, submit, output).await,
        JobCommand::Ls { state, all } => list(client, &state, all, output).await?,
        JobCommand::Show { job } => {
            let job = get(client, job).await?;
            output.show(&job, &upright(&job))?;
        }
        JobCommand::Cancel(these) if these.all => many::cancel_all(client, &these.state, output).await?,
        JobCommand::Cancel(these) => order(client, &these.jobs, "cancel", output).await?,
        JobCommand::Hold(ids) => order(client, &ids.jobs, "hold", output).await?,
        JobCommand::Release(ids) => order(client, &ids.jobs, "release", output).await?,
        JobCommand::Logs { job, follow } => {
            let id = get(client, job).await?.id;
            logs::print(client, id, follow, output).await?;
        }
        JobCommand::Wait { jobs, timeout } => {
            let over = wait::until_over(client, &jobs.jobs, timeout, output).await?;
            output.show(&over, &table(&over))?;
            wait::failure(&over).map_or(Ok(()), Err)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One that was submitted just now may not have had its look at the queue.
pub(super) async fn why(client: &Client, id: i64, output: &Output) -> Result<(), Failure> {
    let until = Instant::now() + QUEUE;
    let mut job = get(client, id).await?;
    while job.state.as_str() == "pending" && job.waits.is_none() && Instant::now() < until {
        sleep(BETWEEN_LOOKS).await;
        job = get(client, id).await?;
    }
    let job = job.brief();
    output.show(&job, &explained(&job))
}

async fn get(client: &Client, id: i64) -> Result<Job, Failure> {
    client.get(&path(id)).await.map_err(|failure| about(failure, id))
}

fn path(id: i64) -> String {
    format!("/jobs/{id}")
}

/// A server that has no such job does not say which one was meant.
fn about(failure: Failure, id: i64) -> Failure {
    let is_none = failure.kind == Kind::NotFound;
    failure.with_note(is_none.then(|| format!("You have no job {id}: docklet job ls --all")))
}

async fn list(client: &Client, states: &[String], all: bool, output: &Output) -> Result<(), Failure> {
    let states: Vec<&str> = match states {
        [] if all => Vec::new(),
        [] => LIVE_STATES.to_vec(),
        states => states.iter().map(String::as_str).collect(),
    };
    let query: String = states.iter().map(|state| format!("state={state}&")).collect();
    let jobs: Vec<Job> = named::pages(client, &format!("/jobs?{query}"), usize::MAX).await?;
    output.show(&jobs, &table(&jobs))
}

/// Does the same with each, also where it fails with another.
async fn order(client: &Client, ids: &[i64], what: &str, output: &Output) -> Result<(), Failure> {
    let (mut changed, mut fault) = (Vec::<Job>::new(), None::<Failure>);
    for id in ids {
        match client.post(&format!("{}/{what}", path(*id)), &serde_json::json!({})).await {
            Ok(job) => changed.push(job),
            Err(failure) => {
                if let Some(earlier) = fault.replace(about(failure, *id)) {
                    output.say(&format!("docklet: {earlier}"));
                }
            }
        }
    }
    output.show(&changed, &table(&changed))?;
    fault.map_or(Ok(()), Err)
}

/// A job that is shown alone, in a list's columns.
fn show(job: &Job, output: &Output) -> Result<(), Failure> {
    output.show(job, &table(slice::from_ref(job)))
}
