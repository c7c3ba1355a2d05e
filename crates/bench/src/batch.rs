//! `make bench-batch`: jobs. Taken in, planned, started, run to their end, listed; each beside a floor or a peer in the same run.
//!
//! ```text
//! pass        the scheduler's look at a long queue          draws     its numbers, the same every time
//! submission  taking jobs in, on both databases             composed  control by itself  database  records, bare statements
//! lists       pages among a million jobs
//! run         from the POST to the container, to the end    engine    the Docker API without Docklet
//! slurm       the same array in Slurm
//! ```

mod composed;
mod database;
mod draws;
mod engine;
mod lists;
mod pass;
mod run;
mod slurm;
mod submission;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    Options,
    figure::{Figure, Report},
};

/// So many jobs of one user may wait; no figure runs into it.
const MOST_PENDING: u32 = 1_000_000;
/// For each group.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Those of the groups that are wanted. The first one is to find the process as it was begun: it measures memory.
pub(crate) async fn measure(options: &Options, report: &mut Report) -> Result<()> {
    if options.wants("batch-pass") {
        report.add("batch-pass", pass::measure()?)?;
    }
    if options.wants("batch-submission") {
        report.add("batch-submission", bounded(submission::measure(options)).await?)?;
    }
    if options.wants("batch-run") {
        report.add("batch-run", bounded(run::measure(options)).await?)?;
    }
    if options.wants("batch-lists") {
        report.add("batch-lists", bounded(lists::measure()).await?)?;
    }
    if options.wants("batch-slurm") {
        report.add("batch-slurm", bounded(slurm::measure(options)).await?)?;
    }
    Ok(())
}

/// What hangs ends, and its databases and containers with it.
async fn bounded(group: impl Future<Output = Result<Vec<Figure>>>) -> Result<Vec<Figure>> {
    let done = tokio::time::timeout(LONGEST, Box::pin(group)).await;
    done.with_context(|| format!("a group of figures takes longer than {LONGEST:?}"))?
}

/// A small job, as a request.
fn job(script: &str) -> Value {
    json!({"name": "bench", "image": "docklet/base", "resources": {"cpus": 0.5, "memory_mib": 128}, "script": script,
        "time_limit_s": 60})
}

/// How long each of so many takes. The first one, which warms caches, is not counted.
async fn one_by_one<F: Future<Output = Result<()>>>(rounds: usize, work: impl Fn() -> F) -> Result<Vec<Duration>> {
    let mut samples = Vec::new();
    for round in 0..=rounds {
        let begun = Instant::now();
        work().await?;
        if round > 0 {
            samples.push(begun.elapsed());
        }
    }
    Ok(samples)
}

/// How many a second, where so many at a time do it so often each.
async fn rate<F>(clients: usize, each: usize, work: impl Fn() -> F + Clone + Send + Sync + 'static) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let work = work.clone();
        tasks.spawn(async move {
            for _ in 0..each {
                work().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((clients * each) as f64 / begun.elapsed().as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn work_is_done_as_often_as_is_said() {
        let done = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&done);
        let work = move || {
            let counted = Arc::clone(&counted);
            async move {
                counted.fetch_add(1, Ordering::SeqCst);
                anyhow::Ok(())
            }
        };
        assert_eq!(one_by_one(5, &work).await.expect("it is done").len(), 5);
        assert_eq!(done.swap(0, Ordering::SeqCst), 6, "one to warm up");
        assert!(rate(3, 4, work).await.expect("it is done") > 0.0);
        assert_eq!(done.load(Ordering::SeqCst), 12);
    }
}
