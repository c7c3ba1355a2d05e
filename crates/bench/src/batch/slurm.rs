//! An array of 200 that runs `true`, beside the same in Slurm where this machine has it. Slurm runs processes, we run containers: the
//! ratio is said, and no bar is asked of it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::process::Command;

use super::job;
use crate::{
    Options,
    client::Client,
    figure::{Figure, Spread, single},
    installation::Installation,
};

const ELEMENTS: u32 = 200;
/// Elements that run at a time, here and there.
const AT_ONCE: u32 = 8;
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub(super) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let ours = in_seconds(ours(&client).await?);
    drop(installation);
    let name = format!("an array of {ELEMENTS} that runs `true`, {AT_ONCE} at a time");
    let of = |peer: Option<(&str, Spread)>, bar: &str| Figure::new(name, "s", ours, peer, bar, |_, _| true);
    Ok(vec![match theirs().await {
        Ok(theirs) => of(Some(("Slurm, processes", in_seconds(theirs))), "none, it is said"),
        Err(why) => of(None, &format!("none; beside Slurm it is not measured: {why:#}")),
    }])
}

fn in_seconds(took: Duration) -> Spread {
    single(took.as_secs_f64())
}

/// From the POST until all elements have completed.
async fn ours(client: &Client) -> Result<Duration> {
    let mut array = job("true");
    array["array"] = json!(format!("0-{}%{AT_ONCE}", ELEMENTS - 1));
    let begun = Instant::now();
    let id = client.submit_job(&array).await?;
    loop {
        let seen = client.job(id).await?;
        let completed = &seen["array"]["states"]["completed"];
        if completed.as_u64() == Some(ELEMENTS.into()) {
            return Ok(begun.elapsed());
        }
        ensure!(begun.elapsed() < PATIENCE, "after {PATIENCE:?} of the array there are {}", seen["array"]["states"]);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// The same in a Slurm of our own, which is gone in the end.
async fn theirs() -> Result<Duration> {
    let mut slurm = Command::new("scripts/slurm.sh");
    slurm.args([ELEMENTS.to_string(), AT_ONCE.to_string()]).kill_on_drop(true);
    let done = tokio::time::timeout(PATIENCE, slurm.output()).await.context("it took too long")??;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{}", said.lines().last().unwrap_or("scripts/slurm.sh has failed").trim());
    let told = String::from_utf8_lossy(&done.stdout);
    Ok(Duration::from_millis(told.trim().parse::<u64>().context("scripts/slurm.sh said no time")?))
}
