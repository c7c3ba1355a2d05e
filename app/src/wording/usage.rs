//! What nodes use, in numbers with their units, and the moments of a chart.

use catalogue::t;
use chrono::TimeDelta;

use super::{amount, time};

/// CPUs in use, of those there are: `74 %`.
pub(crate) fn share(cpus: f64, of: f64) -> String {
    let percent = if of > 0.0 { cpus / of * 100.0 } else { 0.0 };
    // A few percent more than all is the measure's doing, not the node's.
    t!("charts-share", n = percent.clamp(0.0, 999.0).round())
}

/// CPUs, to a hundredth: `1.42 CPUs`.
pub(crate) fn cpus(cpus: f64) -> String {
    amount::cpus(cpus)
}

/// `1.42 of 2 CPUs`.
pub(crate) fn cpus_of(used: f64, of: f64) -> String {
    t!("charts-cpu-of", used = amount::number(used), all = amount::cpus(of))
}

/// MiB: `3.1 GiB`.
pub(crate) fn memory(mib: f64) -> String {
    amount::memory(whole(mib))
}

/// `3.1 of 4 GiB`, in the unit of the whole where that loses nothing.
pub(crate) fn memory_of(mib: f64, of: u64) -> String {
    let (used, all) = pair(mib, of);
    t!("charts-memory-of", used = used, all = all)
}

/// The same for a table: `3.1 / 4 GiB`.
pub(crate) fn memory_short(mib: f64, of: u64) -> String {
    let (used, all) = pair(mib, of);
    t!("charts-memory-short", used = used, all = all)
}

/// Both with their units; the first without where both have the same.
fn pair(mib: f64, of: u64) -> (String, String) {
    let (used, all) = (amount::memory(whole(mib)), amount::memory(of));
    let same = used.rsplit_once(' ').zip(all.rsplit_once(' ')).filter(|(used, all)| used.1 == all.1);
    (same.map_or_else(|| used.clone(), |(used, _)| used.0.to_owned()), all)
}

/// Numbers of bytes do not come near the limit of what this can hold.
fn whole(mib: f64) -> u64 {
    mib.round().max(0.0) as u64
}

/// How long before now a moment of a chart is: `now`, `40 s ago`, `4 min 30 s ago`.
pub(crate) fn before(length: TimeDelta) -> String {
    let seconds = length.num_seconds().max(0);
    let length = match (seconds / 60, seconds % 60) {
        (0, 0) => return t!("charts-now"),
        (0, _) | (_, 0) => time::length(TimeDelta::seconds(seconds)),
        (minutes, seconds) => t!("charts-minutes-seconds", minutes = minutes, seconds = seconds),
    };
    t!("charts-ago", length = length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_percents_of_what_there_is() {
        assert_eq!([share(0.74, 1.0), share(0.0, 2.0), share(0.5, 0.0)], ["74 %", "0 %", "0 %"]);
        assert_eq!(share(1.004, 0.5), "201 %");
        assert_eq!(cpus_of(0.416, 2.0), "0.42 of 2 CPUs");
    }

    #[test]
    fn memory_names_a_unit_once_where_both_have_it() {
        assert_eq!(memory_short(3174.4, 4096), "3.1 / 4 GiB");
        assert_eq!(memory_short(420.3, 1024), "420 MiB / 1 GiB");
        assert_eq!(memory_of(60.0, 512), "60 of 512 MiB");
    }

    #[test]
    fn moments_of_a_chart_are_told_from_now() {
        let said: Vec<String> = [-1, 0, 40, 60, 270, 3600].map(|s| before(TimeDelta::seconds(s))).into();
        assert_eq!(said, ["now", "now", "40 s ago", "1 min ago", "4 min 30 s ago", "1 h ago"]);
    }
}
