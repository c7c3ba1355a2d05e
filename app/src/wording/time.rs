//! Times as people say them, relative to a `now` that is given, in a zone that is given. Reads no clock.

use catalogue::t;
use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::zone::Zone;

/// `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `3 days ago`, then the date.
pub(crate) fn ago(at: DateTime<Utc>, now: DateTime<Utc>, zone: &Zone) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        // Clocks of server and page may differ a little.
        ..5 => t!("time-now"),
        5..60 => t!("time-seconds-ago", n = seconds),
        60..3600 => t!("time-minutes-ago", n = seconds / 60),
        3600..86_400 => t!("time-hours-ago", n = seconds / 3600),
        86_400..172_800 => t!("time-yesterday"),
        172_800..2_592_000 => t!("time-days-ago", n = seconds / 86_400),
        _ => date(at, zone),
    }
}

/// `20 Nov 2025`.
pub(crate) fn date(at: DateTime<Utc>, zone: &Zone) -> String {
    let local = at.with_timezone(&zone.offset(at));
    t!("time-date", day = local.day(), month = local.month(), year = local.year().to_string())
}

/// How long something has been going on: `8 s`, `3 min`, `3 h 12 min`, `2 d 5 h`.
pub(crate) fn since(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    length(now - at)
}

/// As [`since`].
pub(crate) fn length(of: TimeDelta) -> String {
    let seconds = of.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (seconds, minutes % 60, hours % 24) {
        (..60, ..) => t!("time-seconds", n = seconds),
        (60..3600, ..) => t!("time-minutes", n = minutes),
        (3600..86_400, 0, _) => t!("time-hours", hours = hours),
        (3600..86_400, minutes, _) => t!("time-hours-minutes", hours = hours, minutes = minutes),
        (_, _, 0) => t!("time-days", days = days),
        (_, _, hours) => t!("time-days-hours", days = days, hours = hours),
    }
}

/// How long something took, fine where it was short: `0.8 s`, `12 s`, `3 min`.
pub(crate) fn took(time: TimeDelta) -> String {
    let millis = time.num_milliseconds().max(0);
    if millis < 10_000 {
        // Tenths of at most ten seconds: far below 2^53.
        let tenths = (millis / 100) as f64 / 10.0;
        return t!("time-seconds", n = catalogue::decimal(tenths, 1));
    }
    length(time)
}

/// The exact time, for hovering: `20 Nov 2025, 23:08:15 (Europe/Berlin, UTC+01:00)`.
pub(crate) fn exact(at: DateTime<Utc>, zone: &Zone) -> String {
    let local = at.with_timezone(&zone.offset(at));
    t!("time-exact", date = date(at, zone), clock = local.format("%H:%M:%S").to_string(), zone = zone.named_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::at;

    #[test]
    fn ago_grows_coarser_with_distance() {
        let utc = Zone::utc();
        let said: Vec<String> =
            [-3, 0, 4, 5, 59, 60, 3599, 3600, 86_399, 86_400, 172_800].map(|s| ago(at(0), at(s), &utc)).into();
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
        assert_eq!(ago(at(0), at(90 * 86_400), &utc), "1 Jan 1970");
    }

    #[test]
    fn lengths_have_two_units_at_most() {
        let said: Vec<String> = [-1, 8, 60, 11_520, 7200, 190_800, 172_800].map(|s| since(at(0), at(s))).into();
        assert_eq!(said, ["0 s", "8 s", "1 min", "3 h 12 min", "2 h", "2 d 5 h", "2 d"]);
    }

    #[test]
    fn what_took_moments_is_said_in_tenths() {
        assert_eq!(took(TimeDelta::milliseconds(840)), "0.8 s");
        assert_eq!(took(TimeDelta::milliseconds(2000)), "2.0 s");
        assert_eq!(took(TimeDelta::milliseconds(12_900)), "12 s");
        assert_eq!(took(TimeDelta::milliseconds(-5)), "0.0 s");
    }

    #[test]
    fn the_exact_time_names_its_zone() {
        assert_eq!(exact(at(3725), &Zone::utc()), "1 Jan 1970, 01:02:05 (UTC)");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_zone_moves_the_clock_and_the_date() {
        let berlin = Zone::parse("Europe/Berlin").expect("a zone");
        assert_eq!(exact(at(84_600), &berlin), "2 Jan 1970, 00:30:00 (Europe/Berlin, UTC+01:00)");
        let summer = DateTime::parse_from_rfc3339("2026-07-01T12:00:00Z").expect("a time").to_utc();
        assert_eq!(exact(summer, &berlin), "1 Jul 2026, 14:00:00 (Europe/Berlin, UTC+02:00)");
    }
}
