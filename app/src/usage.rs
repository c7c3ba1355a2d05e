//! What the nodes of one vcluster have used, an hour back: samples as they come, series at equal distances as charts want
//! them. Plain data; reads no clock: the newest sample is "now".

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use wire::usage::{NodeUsage, Sample};

/// As long as the server keeps samples.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// A value holds this long; nodes without a viewer are looked at every 15 s.
const HOLDS: TimeDelta = TimeDelta::seconds(40);

/// Which of its two measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// In CPUs.
    Cpu,
    /// In MiB.
    Memory,
}

impl Measure {
    pub(crate) fn of(self, sample: &Sample) -> f64 {
        match self {
            Self::Cpu => f64::from(sample.cpu_milli) / 1000.0,
            // Exact up to 2^53 bytes.
            Self::Memory => sample.memory_bytes as f64 / 1_048_576.0,
        }
    }
}

/// The stretch of time a chart shows, in `count` steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) length: TimeDelta,
    pub(crate) count: usize,
}

impl Window {
    pub(crate) const fn minutes(minutes: i64, count: usize) -> Self {
        Self { length: TimeDelta::minutes(minutes), count }
    }

    /// How long before its end the step of this index is.
    pub(crate) fn before_end(self, index: usize) -> TimeDelta {
        let steps = i32::try_from(self.count.saturating_sub(1).max(1)).unwrap_or(i32::MAX);
        let left = i32::try_from(self.count.saturating_sub(1).saturating_sub(index)).unwrap_or(0);
        self.length / steps * left
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Usage {
    nodes: BTreeMap<String, Vec<Sample>>,
}

impl Usage {
    #[cfg(any(feature = "ssr", test))]
    pub(crate) fn new(nodes: &[NodeUsage]) -> Self {
        let mut usage = Self::default();
        usage.take_in(nodes);
        usage
    }

    /// Adds what is new; what is older than an hour goes.
    pub(crate) fn take_in(&mut self, nodes: &[NodeUsage]) {
        for NodeUsage { node, samples } in nodes {
            let known = self.nodes.entry(node.clone()).or_default();
            let newest = known.last().map(|sample| sample.at);
            known.extend(samples.iter().filter(|sample| newest.is_none_or(|newest| sample.at > newest)).cloned());
        }
        let Some(end) = self.end() else { return };
        for samples in self.nodes.values_mut() {
            samples.retain(|sample| end - sample.at <= KEPT);
        }
    }

    /// The time of the newest sample of all.
    pub(crate) fn end(&self) -> Option<DateTime<Utc>> {
        self.nodes.values().filter_map(|samples| samples.last()).map(|sample| sample.at).max()
    }

    /// What a node uses now; nothing when its last sample is old.
    pub(crate) fn now(&self, node: &str) -> Option<&Sample> {
        let end = self.end()?;
        self.nodes.get(node)?.last().filter(|sample| end - sample.at <= HOLDS)
    }

    /// One node's values up to now.
    pub(crate) fn of_node(&self, node: &str, measure: Measure, window: Window) -> Vec<Option<f64>> {
        let samples = self.nodes.get(node).map_or(&[][..], Vec::as_slice);
        self.at_steps(window, |at| held(samples, at).map(|sample| measure.of(sample)))
    }

    /// All nodes together.
    pub(crate) fn of_all(&self, measure: Measure, window: Window) -> Vec<Option<f64>> {
        self.at_steps(window, |at| {
            let values = self.nodes.values().filter_map(|samples| held(samples, at)).map(|sample| measure.of(sample));
            values.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
        })
    }

    fn at_steps(&self, window: Window, value: impl Fn(DateTime<Utc>) -> Option<f64>) -> Vec<Option<f64>> {
        let Some(end) = self.end() else { return vec![None; window.count] };
        (0..window.count).map(|index| value(end - window.before_end(index))).collect()
    }
}

/// The sample that tells what was so at this time.
fn held(samples: &[Sample], at: DateTime<Utc>) -> Option<&Sample> {
    let until = samples.partition_point(|sample| sample.at <= at);
    samples.get(until.checked_sub(1)?).filter(|sample| at - sample.at <= HOLDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::at;

    fn sample(second: i64, cpu_milli: u32) -> Sample {
        Sample { at: at(second), cpu_milli, memory_bytes: 512 * 1_048_576 }
    }

    fn node(name: &str, samples: Vec<Sample>) -> NodeUsage {
        NodeUsage { node: name.into(), samples }
    }

    const MINUTE: Window = Window::minutes(1, 4);

    #[test]
    fn series_end_with_the_newest_sample_and_hold_values_between() {
        let usage = Usage::new(&[node("node-0", vec![sample(0, 100), sample(30, 500), sample(60, 900)])]);
        let cpu = usage.of_node("node-0", Measure::Cpu, MINUTE);
        assert_eq!(cpu, [Some(0.1), Some(0.1), Some(0.5), Some(0.9)]);
        assert_eq!(usage.of_node("node-1", Measure::Cpu, MINUTE), [None; 4]);
    }

    #[test]
    fn nodes_add_up_and_a_missing_one_is_not_zero_for_all() {
        let usage = Usage::new(&[
            node("node-0", vec![sample(60, 250)]),
            node("node-1", vec![sample(40, 500), sample(60, 750)]),
        ]);
        assert_eq!(usage.of_all(Measure::Cpu, MINUTE), [None, None, Some(0.5), Some(1.0)]);
        assert_eq!(usage.of_all(Measure::Memory, MINUTE)[3], Some(1024.0));
    }

    #[test]
    fn a_value_does_not_hold_for_ever() {
        let usage = Usage::new(&[node("node-0", vec![sample(0, 100)]), node("node-1", vec![sample(100, 100)])]);
        assert_eq!(usage.now("node-0"), None);
        assert!(usage.now("node-1").is_some());
    }

    #[test]
    fn what_comes_twice_counts_once_and_old_samples_go() {
        let mut usage = Usage::new(&[node("node-0", vec![sample(0, 1), sample(10, 2)])]);
        usage.take_in(&[node("node-0", vec![sample(10, 2), sample(20, 3)])]);
        assert_eq!(usage.nodes["node-0"].len(), 3);
        usage.take_in(&[node("node-0", vec![sample(3615, 4)])]);
        assert_eq!(usage.nodes["node-0"].len(), 2, "the first two are older than an hour");
    }

    #[test]
    fn nothing_known_is_a_gap() {
        assert_eq!(Usage::default().of_all(Measure::Cpu, MINUTE), [None; 4]);
        assert_eq!(MINUTE.before_end(3), TimeDelta::zero());
        assert_eq!(MINUTE.before_end(0), TimeDelta::minutes(1));
    }
}
