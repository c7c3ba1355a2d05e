//! Numbers with their units.

/// `1 node`, `2 nodes`.
pub(crate) fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// MiB as people say it: `512 MiB`, `1 GiB`, `1.5 GiB`.
pub(crate) fn memory(mib: u64) -> String {
    if mib < 1024 {
        return format!("{mib} MiB");
    }
    let tenths = (mib * 10 + 512) / 1024;
    if tenths.is_multiple_of(10) {
        format!("{} GiB", tenths / 10)
    } else {
        format!("{}.{} GiB", tenths / 10, tenths % 10)
    }
}

/// `0.5 CPU`, `1 CPU`, `2 CPUs`.
pub(crate) fn cpus(n: f64) -> String {
    let unit = if n > 1.0 { "CPUs" } else { "CPU" };
    format!("{} {unit}", number(n))
}

/// At most two decimals, none that say nothing.
pub(crate) fn number(n: f64) -> String {
    let text = format!("{n:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
    fn numbers_carry_no_empty_decimals() {
        assert_eq!([0.5, 1.0, 2.0, 0.25, 10.0].map(number), ["0.5", "1", "2", "0.25", "10"]);
        assert_eq!([cpus(0.5), cpus(1.0), cpus(1.5)], ["0.5 CPU", "1 CPU", "1.5 CPUs"]);
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([count(0, "node"), count(1, "node"), count(2, "node")], ["0 nodes", "1 node", "2 nodes"]);
    }

    #[test]
    fn a_limit_of_nothing_is_full() {
        assert!((percent(0.0, 0.0) - 100.0).abs() < f64::EPSILON);
        assert!((percent(30.0, 16.0) - 100.0).abs() < f64::EPSILON);
    }
}
