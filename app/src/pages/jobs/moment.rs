//! Which moment a field for a date and a time means. Pure.

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::zone::Zone;

/// As a browser writes a date with a time, which is one of the zone; or as RFC 3339, for who typed it.
pub(super) fn moment(text: &str, zone: &Zone) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
    zone.moment(forms.into_iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_with_a_time() {
        let read = |text| moment(text, &Zone::utc()).map(|at| at.to_rfc3339());
        for (text, at) in [
            ("2026-12-01T16:00", "2026-12-01T16:00:00+00:00"),
            ("2026-12-01T16:00:30", "2026-12-01T16:00:30+00:00"),
            ("2026-12-01T16:00:00+02:00", "2026-12-01T14:00:00+00:00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(at));
        }
        for text in ["", "16:00", "2026-12-01", "2026-02-30T16:00", "soon"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
