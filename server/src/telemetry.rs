//! Logs to standard error, as text or JSON, and figures for /metrics. Says how things are written, not what.

use std::{io::IsTerminal as _, sync::OnceLock, time::Duration};

use anyhow::{Context as _, Result};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::log::{LogConfig, LogFormat};

/// Seconds; from a cached answer to an image that has to be pulled.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0];
/// How often measurements are gathered when nothing scrapes them.
const UPKEEP: Duration = Duration::from_secs(15);

/// Begins logging. Once per process.
pub fn init(config: &LogConfig) -> Result<()> {
    let filter =
        EnvFilter::try_new(&config.filter).with_context(|| format!("log.filter is not a filter: {}", config.filter))?;
    let registry = tracing_subscriber::registry().with(filter);
    let begun = match config.format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_ansi(std::io::stderr().is_terminal()),
            )
            .try_init(),
        LogFormat::Json => {
            registry.with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)).try_init()
        }
    };
    begun.context("logging has begun already")
}

/// The figures of this process; the same for every caller.
pub fn metrics() -> Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("seconds".into()), &BUCKETS)?;
    let handle = builder.install_recorder().context("another recorder of figures is in place")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}

/// Keeps memory bounded when nothing scrapes.
pub async fn keep_up(handle: PrometheusHandle, stop: CancellationToken) {
    let mut tick = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => handle.run_upkeep(),
        }
    }
}
