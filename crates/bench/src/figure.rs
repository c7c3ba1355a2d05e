//! Figures: how they are collected, compared with their bar, shown and written. Knows nothing about what is measured.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde::Serialize;

/// Two percentiles of one series.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Spread {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Peer {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) spread: Spread,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: Spread,
    pub(crate) peer: Option<Peer>,
    /// Ours over the peer's, by p50.
    pub(crate) ratio: Option<f64>,
    /// What is asked of it, in words.
    pub(crate) bar: String,
    pub(crate) holds: bool,
}

impl Figure {
    /// `holds` gets ours and, where there is one, the peer's.
    pub(crate) fn new(
        name: impl Into<String>,
        unit: &'static str,
        ours: Spread,
        peer: Option<(&str, Spread)>,
        bar: &str,
        holds: impl FnOnce(Spread, Option<Spread>) -> bool,
    ) -> Self {
        let spread = peer.map(|(_, spread)| spread);
        Self {
            name: name.into(),
            unit,
            ours,
            ratio: spread.map(|spread| ours.p50 / spread.p50),
            peer: peer.map(|(name, spread)| Peer { name: name.to_owned(), spread }),
            bar: bar.to_owned(),
            holds: holds(ours, spread),
        }
    }
}

/// Durations, in milliseconds.
pub(crate) fn milliseconds(samples: &[Duration]) -> Spread {
    Spread { p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) }
}

/// One of them, in milliseconds.
pub(crate) fn quantile(samples: &[Duration], quantile: f64) -> f64 {
    let mut histogram = Histogram::<u64>::new(4).expect("4 digits are valid");
    for sample in samples {
        // Grows with what it gets; its saturating sister cuts off at what it began with.
        histogram.record(u64::try_from(sample.as_nanos()).unwrap_or(u64::MAX / 2)).expect("it grows by itself");
    }
    Duration::from_nanos(histogram.value_at_quantile(quantile)).as_secs_f64() * 1000.0
}

/// A single value.
pub(crate) fn single(value: f64) -> Spread {
    Spread { p50: value, p99: value }
}

#[derive(Debug)]
pub(crate) struct Report {
    out: PathBuf,
    figures: Vec<Figure>,
}

impl Report {
    pub(crate) fn new(out: PathBuf) -> Self {
        Self { out, figures: Vec::new() }
    }

    /// Writes the group's file at once, so that an interrupted run leaves what it has measured.
    pub(crate) fn add(&mut self, group: &str, figures: Vec<Figure>) -> Result<()> {
        fs::create_dir_all(&self.out).context("the output directory cannot be made")?;
        let path = self.out.join(format!("{group}.json"));
        fs::write(&path, serde_json::to_vec_pretty(&figures)?).with_context(|| format!("cannot write {path:?}"))?;
        self.figures.extend(figures);
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    pub(crate) fn print(&self) {
        println!(
            "\n{:<58} {:>10} {:>10}  {:<36} {:>10} {:>7}  bar",
            "figure", "p50", "p99", "floor or peer", "p50", "ratio"
        );
        for Figure { name, unit, ours, peer, ratio, bar, holds } in &self.figures {
            let (who, theirs) =
                peer.as_ref().map_or(("–", String::from("–")), |p| (p.name.as_str(), number(p.spread.p50)));
            let ratio = ratio.map_or("–".into(), |ratio| format!("{ratio:.2}×"));
            let verdict = if *holds { "holds" } else { "MISSED" };
            let name = format!("{name} ({unit})");
            let (p50, p99) = (number(ours.p50), number(ours.p99));
            println!("{name:<58} {p50:>10} {p99:>10}  {who:<36} {theirs:>10} {ratio:>7}  {verdict}: {bar}");
        }
    }
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_durations_are_those_durations() {
        let mut samples = vec![Duration::from_millis(1); 98];
        samples.extend([Duration::from_secs(1); 2]);
        let spread = milliseconds(&samples);
        assert!((spread.p50 - 1.0).abs() < 0.01, "{spread:?}");
        assert!((spread.p99 - 1000.0).abs() < 1.0, "{spread:?}");
    }
}
