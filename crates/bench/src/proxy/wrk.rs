//! One run of Debian's wrk.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::figure::Spread;

#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) path: &'static str,
    pub(super) connections: u32,
    pub(super) seconds: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) per_second: f64,
    /// In milliseconds.
    pub(super) latency: Spread,
}

/// Its own output is for people.
const SCRIPT: &str = "done = function(summary, latency)
    local e = summary.errors
    io.write(string.format('figures %d %d %d %d %d\\n', summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end\n";

pub(super) async fn run(load: Load, address: SocketAddr, fields: &[String]) -> Result<Outcome> {
    let root = Path::new("target/peers/root/usr");
    let script = tempfile::NamedTempFile::new()?;
    fs::write(script.path(), SCRIPT)?;
    let mut command = Command::new(root.join("bin/wrk"));
    command.env("LD_LIBRARY_PATH", root.join("lib/x86_64-linux-gnu"));
    let (connections, duration) = (load.connections.to_string(), format!("{}s", load.seconds));
    command.args(["-t1", "-c", &connections, "-d", &duration, "-s"]).arg(script.path());
    for field in fields {
        command.args(["-H", field]);
    }
    command.arg(format!("http://{address}{}", load.path));
    let output = command.output().await.context("wrk cannot be run; scripts/peers.sh fetches it")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("figures "));
    let numbers = line.with_context(|| format!("wrk said: {text}{}", String::from_utf8_lossy(&output.stderr)))?;
    let numbers: Vec<f64> = numbers.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [requests, microseconds, p50, p99, errors] = numbers[..] else { anyhow::bail!("wrk said: {text}") };
    ensure!(errors == 0.0 && requests > 0.0, "{errors} of {requests} requests to {address} failed: {text}");
    let latency = Spread { p50: p50 / 1000.0, p99: p99 / 1000.0 };
    Ok(Outcome { per_second: requests / microseconds * 1e6, latency })
}
