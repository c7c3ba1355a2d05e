//! How fast a terminal is, beside a raw PTY through the same client.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::{
    Options,
    client::{Client, Stream},
    figure::{Figure, Spread, milliseconds, single},
    installation::Installation,
    pty_peer,
};

const KEYS: usize = 2000;
/// Bytes of output in one run; both sides print the same.
const FLOOD: u64 = 256 * 1024 * 1024;
const FLOODS: usize = 3;
/// Answers `go` with a flood; before it, the terminal only echoes. Lines end as they do behind every terminal, with CR
/// LF, which the program writes itself: where the kernel makes them (`opost`), the kernel limits both sides.
const PROGRAM: &[&str] = &[
    "sh",
    "-c",
    "stty -opost; while read -r line; do yes \"$(printf '0123456789abcdefghijklmnopqrstuvwxyz\\r')\" | head -c 268435456; printf '\\n-end-\\n'; done",
];

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let vcluster = client.create("bench", 1, 2.0, 1024).await?;
    let mut events = client.events().await?;
    if client.get(&vcluster.id).await?.is_none_or(|now| now.state.as_str() != "running") {
        events.until_running(&vcluster.id).await?;
    }
    let terminal = client.open_terminal(&vcluster.id, "node-0", PROGRAM).await?;
    let mut ours = client.attach(&vcluster.id, "node-0", &terminal.id).await?;
    let mut peer = Stream::connect(&pty_peer::serve(PROGRAM).await?, None).await?;
    let (mut our_keys, mut peer_keys) = (Vec::new(), Vec::new());
    for _ in 0..KEYS {
        our_keys.push(keystroke(&mut ours).await?);
        peer_keys.push(keystroke(&mut peer).await?);
    }
    let (mut our_floods, mut peer_floods) = (Vec::new(), Vec::new());
    for _ in 0..FLOODS {
        our_floods.push(flood(&mut ours).await?);
        peer_floods.push(flood(&mut peer).await?);
    }
    client.delete(&vcluster.id).await?;
    Ok(vec![echo_figure(&our_keys, &peer_keys), flood_figure(&our_floods, &peer_floods)])
}

fn echo_figure(ours: &[Duration], peer: &[Duration]) -> Figure {
    let holds = |ours: Spread, peer: Option<Spread>| {
        peer.is_some_and(|peer| ours.p50 <= peer.p50 + 1.0 && ours.p99 <= peer.p99 + 8.0)
    };
    let peer = Some(("a raw PTY behind a WebSocket", milliseconds(peer)));
    Figure::new("keystroke echo", "ms", milliseconds(ours), peer, "p50 + ≤ 1 ms, p99 + ≤ 8 ms", holds)
}

fn flood_figure(ours: &[f64], peer: &[f64]) -> Figure {
    let median = |rates: &[f64]| {
        let mut sorted = rates.to_vec();
        sorted.sort_by(f64::total_cmp);
        single(sorted[sorted.len() / 2])
    };
    let peer = Some(("a raw PTY behind a WebSocket", median(peer)));
    Figure::new("output", "MB/s", median(ours), peer, "≥ 80 MB/s", |ours, _| ours.p50 >= 80.0)
}

/// One key, until its echo is back.
async fn keystroke(stream: &mut Stream) -> Result<Duration> {
    let begun = Instant::now();
    stream.input(b"x").await?;
    stream.until("x").await?;
    Ok(begun.elapsed())
}

/// Megabytes per second of one flood.
async fn flood(stream: &mut Stream) -> Result<f64> {
    let begun = Instant::now();
    stream.input(b"\n").await?;
    let mut bytes = 0;
    let mut tail = Vec::new();
    while !String::from_utf8_lossy(&tail).contains("-end-") {
        let piece = stream.output().await?;
        bytes += piece.len() as u64;
        tail.extend_from_slice(&piece[piece.len().saturating_sub(16)..]);
        tail.drain(..tail.len().saturating_sub(32));
    }
    anyhow::ensure!(bytes >= FLOOD, "only {bytes} bytes of the flood arrived");
    Ok(bytes as f64 / 1e6 / begun.elapsed().as_secs_f64())
}
