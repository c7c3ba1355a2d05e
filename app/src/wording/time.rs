//! Times as people say them, relative to a `now` that is given. Reads no clock.

use chrono::{DateTime, TimeDelta, Utc};

/// `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `3 days ago`, then the date.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        // Clocks of server and page may differ a little.
        ..5 => "just now".into(),
        5..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".into(),
        172_800..2_592_000 => format!("{} days ago", seconds / 86_400),
        _ => at.format("%-d %b %Y").to_string(),
    }
}

/// How long something has been going on: `8 s`, `3 min`, `3 h 12 min`, `2 d 5 h`.
pub(crate) fn since(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 => both(hours, "h", minutes % 60, "min"),
        _ => both(days, "d", hours % 24, "h"),
    }
}

fn both(large: i64, large_unit: &str, small: i64, small_unit: &str) -> String {
    if small == 0 { format!("{large} {large_unit}") } else { format!("{large} {large_unit} {small} {small_unit}") }
}

/// How long something took, fine where it was short: `0.8 s`, `12 s`, `3 min`.
pub(crate) fn took(length: TimeDelta) -> String {
    let millis = length.num_milliseconds().max(0);
    if millis < 10_000 {
        return format!("{}.{} s", millis / 1000, millis % 1000 / 100);
    }
    since(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + length)
}

/// The exact time, for hovering: `20 Nov 2025, 23:08:15 UTC`.
pub(crate) fn exact(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::at;

    #[test]
    fn ago_grows_coarser_with_distance() {
        let said: Vec<String> =
            [-3, 0, 4, 5, 59, 60, 3599, 3600, 86_399, 86_400, 172_800].map(|s| ago(at(0), at(s))).into();
        assert_eq!(
            said,
            [
                "just now",
                "just now",
                "just now",
                "5 s ago",
                "59 s ago",
                "1 min ago",
                "59 min ago",
                "1 h ago",
                "23 h ago",
                "yesterday",
                "2 days ago"
            ]
        );
        assert_eq!(ago(at(0), at(90 * 86_400)), "1 Jan 1970");
    }

    #[test]
    fn lengths_have_two_units_at_most() {
        let said: Vec<String> = [-1, 8, 60, 11_520, 7200, 190_800].map(|s| since(at(0), at(s))).into();
        assert_eq!(said, ["0 s", "8 s", "1 min", "3 h 12 min", "2 h", "2 d 5 h"]);
    }

    #[test]
    fn what_took_moments_is_said_in_tenths() {
        assert_eq!(took(TimeDelta::milliseconds(840)), "0.8 s");
        assert_eq!(took(TimeDelta::milliseconds(12_900)), "12 s");
        assert_eq!(took(TimeDelta::milliseconds(-5)), "0.0 s");
    }

    #[test]
    fn the_exact_time_names_its_zone() {
        assert_eq!(exact(at(3725)), "1 Jan 1970, 01:02:05 UTC");
    }
}
