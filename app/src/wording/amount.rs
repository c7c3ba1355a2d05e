//! Numbers with their units, as the page's language writes them.

use catalogue::t;

/// `1 node`, `2 nodes`.
pub(crate) fn count_nodes(n: usize) -> String {
    t!("common-nodes", n = n)
}

/// `1 of 2 nodes running`.
pub(crate) fn nodes_running((running, all): (usize, usize)) -> String {
    t!("common-nodes-running", running = running, n = all)
}

/// MiB as people say it: `512 MiB`, `1 GiB`, `1.5 GiB`.
pub(crate) fn memory(mib: u64) -> String {
    if mib < 1024 {
        return t!("amount-mib", n = mib);
    }
    let tenths = (mib * 10 + 512) / 1024;
    // Far below 2^53.
    t!("amount-gib", n = tenths as f64 / 10.0)
}

/// Bytes in the same units; what is there is never nothing.
pub(crate) fn bytes(bytes: u64) -> String {
    memory(bytes.div_ceil(1024 * 1024))
}

/// `0.5 CPU`, `1 CPU`, `2 CPUs`.
pub(crate) fn cpus(n: f64) -> String {
    t!("amount-cpus", n = rounded(n), many = if n > 1.0 { "yes" } else { "no" })
}

/// At most two decimals, none that say nothing.
pub(crate) fn number(n: f64) -> String {
    t!("amount-number", n = rounded(n))
}

fn rounded(n: f64) -> f64 {
    (n * 100.0).round() / 100.0
}

/// How full something is, in percent, 0–100.
pub(crate) fn percent(used: f64, limit: f64) -> f64 {
    if limit <= 0.0 { 100.0 } else { (used / limit * 100.0).clamp(0.0, 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_said_in_the_unit_that_fits() {
        let said: Vec<String> = [0, 512, 1024, 1536, 2048, 22_528, 1_100].map(memory).into();
        assert_eq!(said, ["0 MiB", "512 MiB", "1 GiB", "1.5 GiB", "2 GiB", "22 GiB", "1.1 GiB"]);
    }

    #[test]
    fn a_byte_is_not_nothing() {
        assert_eq!([0, 1, 3 << 20, 5 << 30].map(bytes), ["0 MiB", "1 MiB", "3 MiB", "5 GiB"]);
    }

    #[test]
    fn numbers_carry_no_empty_decimals() {
        assert_eq!([0.5, 1.0, 2.0, 0.25, 10.0].map(number), ["0.5", "1", "2", "0.25", "10"]);
        assert_eq!([cpus(0.5), cpus(1.0), cpus(1.5)], ["0.5 CPU", "1 CPU", "1.5 CPUs"]);
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(count_nodes), ["0 nodes", "1 node", "2 nodes"]);
    }

    #[test]
    fn a_limit_of_nothing_is_full() {
        assert!((percent(0.0, 0.0) - 100.0).abs() < f64::EPSILON);
        assert!((percent(30.0, 16.0) - 100.0).abs() < f64::EPSILON);
    }
}
