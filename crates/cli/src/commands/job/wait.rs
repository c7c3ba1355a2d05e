//! Waits for the end of jobs, and says what became of those that have not completed. An array is over when all its elements are.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use tokio::time::Instant;
use wire::{event::Event, job::Job};

use super::{get, shown::ending};
use crate::{
    client::Client,
    commands::follow::follow,
    failure::{Failure, Kind},
    output::Output,
};

/// As they ended, in the order in which they were named; within so many seconds.
pub(super) async fn until_over(
    client: &Client,
    ids: &[String],
    timeout: Option<u64>,
    output: &Output,
) -> Result<Vec<Job>, Failure> {
    let open: RefCell<BTreeSet<String>> = RefCell::new(ids.iter().cloned().collect());
    let left = || {
        let open = open.borrow();
        output.progress(&format!("not over: {}", list(&open)));
        open.is_empty().then_some(())
    };
    // What happened before the stream stood is in the record.
    let begun = async || {
        let ids: Vec<String> = open.borrow().iter().cloned().collect();
        look(client, &ids, &open).await?;
        Ok(left())
    };
    let on = async |event: Event| {
        if let Event::Job { job, state } = event {
            if state.is_final() {
                open.borrow_mut().remove(&job.to_string());
            }
            // What becomes of an element is told as something that has happened to its array.
            let array = format!("{job}_");
            let ids: Vec<String> = open.borrow().iter().filter(|id| id.starts_with(&array)).cloned().collect();
            look(client, &ids, &open).await?;
        }
        Ok(left())
    };
    let deadline = timeout.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let end = follow(client, deadline, begun, on).await;
    output.progress("");
    if end?.is_none() {
        let (open, seconds) = (open.borrow(), timeout.unwrap_or_default());
        let what = format!("Not over after {seconds} seconds, and going on: {}", list(&open));
        return Err(Failure::new(Kind::Waited, what));
    }
    let mut over = Vec::new();
    for id in ids {
        over.push(get(client, id).await?);
    }
    Ok(over)
}

/// Takes those out that are over.
async fn look(client: &Client, ids: &[String], open: &RefCell<BTreeSet<String>>) -> Result<(), Failure> {
    for id in ids {
        if get(client, id).await?.state.is_final() {
            open.borrow_mut().remove(id);
        }
    }
    Ok(())
}

fn list(ids: &BTreeSet<String>) -> String {
    ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// What became of those that have not completed; `None` where all have.
pub(super) fn failure(over: &[Job]) -> Option<Failure> {
    let failed = over.iter().filter(|job| job.state.as_str() != "completed").map(ending).collect::<Vec<_>>();
    (!failed.is_empty()).then(|| Failure::new(Kind::Waited, failed.join("\n")))
}
