//! What ten thousand WebSockets cost that say nothing, and what is left when they are gone.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::net::TcpStream;

use super::door::Door;
use crate::{
    figure::{Figure, single},
    installation::Installation,
};

/// Fewer where the system allows fewer descriptors: dockletd holds two for each.
const SOCKETS: usize = 10_000;
/// What everything else in dockletd may take of them.
const OTHER_DESCRIPTORS: usize = 1000;
/// Until both sides have let go of a closed one.
const SETTLE: Duration = Duration::from_secs(4);

pub(super) async fn measure(installation: &Installation, door: &Door) -> Result<Vec<Figure>> {
    let sockets = SOCKETS.min(most_descriptors()?.saturating_sub(OTHER_DESCRIPTORS) / 2);
    let before = installation.resident()?;
    let first = fill(door, sockets).await?;
    let full = installation.resident()?;
    drop(first);
    tokio::time::sleep(SETTLE).await;
    drop(fill(door, sockets).await?);
    tokio::time::sleep(SETTLE).await;
    let after_second = installation.resident()?;
    drop(fill(door, sockets).await?);
    tokio::time::sleep(SETTLE).await;
    let each = |bytes: u64| single(bytes as f64 / sockets as f64 / 1000.0);
    let grown = installation.resident()?.saturating_sub(after_second);
    Ok(vec![
        Figure::new(
            format!("memory of dockletd for each of {sockets} idle WebSockets"),
            "kB",
            each(full.saturating_sub(before)),
            None,
            "≤ 40 kB",
            |ours, _| ours.p50 <= 40.0,
        ),
        Figure::new(
            "the same, still held after a third round was closed",
            "kB",
            each(grown),
            None,
            "≤ 0.5 kB",
            |ours, _| ours.p50 <= 0.5,
        ),
    ])
}

async fn fill(door: &Door, sockets: usize) -> Result<Vec<TcpStream>> {
    let open = |_| async {
        let (stream, status) = door.upgrade().await?;
        ensure!(status == 101, "a WebSocket was answered {status}");
        Ok(stream)
    };
    stream::iter(0..sockets).map(open).buffer_unordered(32).try_collect().await
}

/// The hard limit, which dockletd inherits and raises its own to.
fn most_descriptors() -> Result<usize> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let hard = line.and_then(|line| line.split_whitespace().nth(1)).context("no limit of open files")?;
    Ok(hard.parse().unwrap_or(usize::MAX))
}
