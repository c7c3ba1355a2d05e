//! How long a connection through the proxy lives on after its user has signed out.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::{io::AsyncReadExt, time::timeout};

use super::{app, door::Door};
use crate::{
    client::Client,
    figure::{Figure, milliseconds},
    visitor::Visitor,
};

const ROUNDS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn measure(port: u16, password: &str, client: &Client, vcluster: &str) -> Result<Figure> {
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let mut visitor = Visitor::sign_in(port, "bench", password).await?;
        let door = Door::open(&mut visitor, client, vcluster, app::PORT).await?;
        let (mut open, status) = door.upgrade().await?;
        ensure!(status == 101, "the WebSocket was answered {status}");
        let begun = Instant::now();
        visitor.sign_out().await?;
        let mut rest = Vec::new();
        // Closed or reset, it has ended either way.
        let _ = timeout(PATIENCE, open.read_to_end(&mut rest)).await.context("the WebSocket does not end")?;
        samples.push(begun.elapsed());
    }
    Ok(Figure::new(
        "signing out → an open WebSocket of an app has ended",
        "ms",
        milliseconds(&samples),
        None,
        "p99 ≤ 1 s",
        |ours, _| ours.p99 <= 1000.0,
    ))
}
