//! Many jobs: all that are not over are cancelled, and what runs where and comes next is shown.

use serde_json::json;
use wire::queue::{Bulk, Bulked, BulkedJob, Queue, QueueHost, QueuePlace};

use crate::{
    args::CANCELLED_BY_ALL,
    client::Client,
    commands::lists::shown,
    failure::{Failure, Kind},
    output::{Output, Table},
};

/// Cancels all in these states; in any but the last ones where none is named.
pub(super) async fn cancel_all(client: &Client, states: &[String], output: &Output) -> Result<(), Failure> {
    let of_all = CANCELLED_BY_ALL.map(str::to_owned);
    let states = if states.is_empty() { &of_all[..] } else { states };
    let mut all: Vec<BulkedJob> = Vec::new();
    loop {
        let done: Bulked = client.post("/jobs/bulk", &json!({"action": "cancel", "states": states})).await?;
        let is_last = done.jobs.len() < Bulk::MOST || done.jobs.iter().all(|job| job.problem.is_some());
        all.extend(done.jobs);
        if is_last {
            break;
        }
    }
    output.show(&all, &outcomes(&all))?;
    match all.iter().filter(|job| job.problem.is_some()).count() {
        0 => Ok(()),
        failed => Err(Failure::new(Kind::Other, format!("{failed} of {} could not be cancelled.", all.len()))),
    }
}

fn outcomes(jobs: &[BulkedJob]) -> Table {
    let row = |job: &BulkedJob| {
        vec![
            job.id.to_string(),
            job.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
            job.problem.as_ref().map(|problem| problem.detail.clone()).unwrap_or_default(),
        ]
    };
    Table::new(&["id", "state", "problem"], jobs.iter().map(row))
}

/// The queue, or the hosts.
pub(in crate::commands) async fn queue(client: &Client, hosts: bool, output: &Output) -> Result<(), Failure> {
    let queue: Queue = client.get("/queue").await?;
    let table = if hosts { on_hosts(&queue.hosts) } else { in_order(&queue.waiting) };
    output.show(&queue, &table)
}

fn in_order(waiting: &[QueuePlace]) -> Table {
    let row = |place: &QueuePlace| {
        let job = &place.job;
        vec![
            place.position.to_string(),
            job.id.map(|id| id.to_string()).unwrap_or_default(),
            job.name.clone().unwrap_or_default(),
            job.owner.clone().unwrap_or_default(),
            place.count.to_string(),
            job.resources.cpus.to_string(),
            format!("{} MiB", job.resources.memory_mib),
            place.expected_start.map(shown).unwrap_or_default(),
        ]
    };
    Table::new(&["place", "id", "name", "owner", "count", "cpus", "memory", "starts by"], waiting.iter().map(row))
}

fn on_hosts(hosts: &[QueueHost]) -> Table {
    let row = |host: &QueueHost| {
        let own: Vec<String> = host.jobs.iter().filter_map(|job| job.id).map(|id| id.to_string()).collect();
        vec![
            host.name.clone(),
            if host.ready { "ready" } else { "not ready" }.to_owned(),
            format!("{}/{}", host.held_cpus, host.offered_cpus),
            format!("{}/{} MiB", host.held_memory_mib, host.offered_memory_mib),
            host.jobs.len().to_string(),
            own.join(" "),
        ]
    };
    Table::new(&["host", "state", "cpus", "memory", "jobs", "yours"], hosts.iter().map(row))
}
