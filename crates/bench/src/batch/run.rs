//! Jobs that do nothing, in real containers: how soon after the POST theirs is made and runs, and how many run to their end in a
//! second; beside the Docker API alone with the same image, network mode and mounts.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, ensure};
use domain::job::JobState;
use tokio::task::JoinSet;

use super::{engine::Bare, job, rate};
use crate::{
    Options,
    client::{Client, Events},
    figure::{Figure, milliseconds, single},
    installation::Installation,
};

/// One after the other, on an idle host.
const ALONE: usize = 50;
/// So many at a time, each behind the other; the worker asks the engine for as many things at a time.
const AT_ONCE: usize = 8;
const EACH: usize = 25;
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub(super) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let bare = Arc::new(Bare::new(&installation.init_binary()).await?);
    let mut figures = soon(&client, &bare, &installation.id()?).await?;
    let ours = to_the_end(&client, &bare, &installation.id()?).await?;
    let running = Arc::clone(&bare);
    let theirs = rate(AT_ONCE, EACH, move || {
        let bare = Arc::clone(&running);
        async move { bare.run().await.map(drop) }
    })
    .await?;
    let peer = Some(("Docker API: create, start, wait, remove", single(theirs)));
    let name = format!("{} jobs that run `true`, {AT_ONCE} at a time", AT_ONCE * EACH);
    figures.push(Figure::new(name, "per second", single(ours), peer, "≥ 0.85×", |ours, peer| {
        peer.is_some_and(|peer| ours.p50 >= 0.85 * peer.p50)
    }));
    Ok(figures)
}

/// In turns, so that both meet the same machine.
async fn soon(client: &Client, bare: &Bare, installation: &str) -> Result<Vec<Figure>> {
    let (mut made, mut runs, mut bare_made, mut bare_runs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ALONE {
        let (our_made, our_runs) = one(client, bare, installation).await?;
        let (their_made, their_runs) = bare.run().await?;
        // The first of each makes what the others find.
        if round > 0 {
            made.push(our_made);
            runs.push(our_runs);
            bare_made.push(their_made);
            bare_runs.push(their_runs);
        }
    }
    let made_alone = Some(("Docker API: create", milliseconds(&bare_made)));
    let runs_alone = Some(("Docker API: create + start", milliseconds(&bare_runs)));
    Ok(vec![
        Figure::new(
            "POST a job → its container is made, to be started",
            "ms",
            milliseconds(&made),
            made_alone,
            "≤ 50 ms p99",
            |ours, _| ours.p99 <= 50.0,
        ),
        Figure::new(
            "POST a job → its container runs",
            "ms",
            milliseconds(&runs),
            runs_alone,
            "p99 + ≤ 50 ms",
            |ours, peer| peer.is_some_and(|peer| ours.p99 <= peer.p99 + 50.0),
        ),
    ])
}

/// Until the engine has made its container, and until it has started that. The host is idle again in the end.
async fn one(client: &Client, bare: &Bare, installation: &str) -> Result<(Duration, Duration)> {
    let mut happenings = bare.events_of(installation);
    let begun = SystemTime::now().duration_since(UNIX_EPOCH)?;
    client.submit_job(&job("true")).await?;
    let made = happenings.next("create").await?.saturating_sub(begun);
    let runs = happenings.next("start").await?.saturating_sub(begun);
    happenings.next("destroy").await?;
    Ok((made, runs))
}

/// How many a second, until the last container is gone.
async fn to_the_end(client: &Client, bare: &Bare, installation: &str) -> Result<f64> {
    let mut people = Vec::new();
    for _ in 0..AT_ONCE {
        people.push((client.clone(), client.events().await?));
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (client, events) in people {
        tasks.spawn(each_behind_the_other(client, events));
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let deadline = Instant::now() + PATIENCE;
    while bare.jobs_of(installation).await? > 0 {
        ensure!(Instant::now() < deadline, "containers of jobs that are over are still there after {PATIENCE:?}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok((AT_ONCE * EACH) as f64 / begun.elapsed().as_secs_f64())
}

async fn each_behind_the_other(client: Client, mut events: Events) -> Result<()> {
    for _ in 0..EACH {
        let id = client.submit_job(&job("true")).await?;
        let end = tokio::time::timeout(PATIENCE, events.until_over(id)).await??;
        ensure!(end == JobState::Completed, "job {id} is {}", end.as_str());
    }
    Ok(())
}
