//! How a moment is written on the command line: as a time of this machine's zone, as RFC 3339, or as how far away it is.

use std::time::SystemTime;

use chrono::{DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};

use super::job::with_unit;

const HOW: &str =
    "write 16:00, 2027-01-31, 2027-01-31T16:00, 2027-01-31T16:00:00Z, or now+90s, now+30m, now+2h, now+1d";

pub(super) fn moment(text: &str) -> Result<DateTime<Utc>, &'static str> {
    read(text, &DateTime::<Local>::from(SystemTime::now())).ok_or(HOW)
}

/// A time without a day is the next one.
fn read<Z: TimeZone>(text: &str, now: &DateTime<Z>) -> Option<DateTime<Utc>> {
    if let Some(behind) = text.strip_prefix("now") {
        let seconds = if behind.is_empty() { 0 } else { with_unit(behind.strip_prefix('+')?)?? };
        return now.to_utc().checked_add_signed(TimeDelta::try_seconds(seconds)?);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let time = ["%H:%M", "%H:%M:%S"].into_iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    let here = if let Some(time) = time {
        let today = now.date_naive().and_time(time);
        if today > now.naive_local() { today } else { today.checked_add_days(Days::new(1))? }
    } else {
        let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        let exact = forms.into_iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        exact.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?
    };
    Some(now.timezone().from_local_datetime(&here).earliest()?.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_people_and_slurm_write_it() {
        let now = DateTime::parse_from_rfc3339("2026-12-01T15:30:00+01:00").expect("a time");
        for (text, expected) in [
            ("16:00", "2026-12-01T15:00:00Z"),
            ("15:30", "2026-12-02T14:30:00Z"),
            ("08:15:30", "2026-12-02T07:15:30Z"),
            ("2027-01-31", "2027-01-30T23:00:00Z"),
            ("2027-01-31T16:00", "2027-01-31T15:00:00Z"),
            ("2027-01-31T16:00:05", "2027-01-31T15:00:05Z"),
            ("2027-01-31T16:00:00Z", "2027-01-31T16:00:00Z"),
            ("2027-01-31T16:00:00+02:00", "2027-01-31T14:00:00Z"),
            ("now", "2026-12-01T14:30:00Z"),
            ("now+90s", "2026-12-01T14:31:30Z"),
            ("now+2h", "2026-12-01T16:30:00Z"),
            ("now+1d", "2026-12-02T14:30:00Z"),
        ] {
            let expected = DateTime::parse_from_rfc3339(expected).expect("a time").to_utc();
            assert_eq!(read(text, &now), Some(expected), "{text}");
        }
        let too_far = format!("now+{}d", i64::MAX / 86_400);
        for text in
            ["", "soon", "16", "25:00", "2027-02-30", "31.01.2027", "now+", "now+2", "now-1h", "now+1w", &too_far]
        {
            assert_eq!(read(text, &now), None, "{text}");
        }
        assert!(moment("now+1h").is_ok() && moment("tomorrow").is_err());
    }
}
