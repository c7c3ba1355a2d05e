//! A time zone: its name, and how far it is from UTC at some moment. Knows no clock and no page. On the server the offsets
//! come from a table, in the browser from the browser, which has one already.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Offset, Utc};

/// The longest name there is has 32 characters.
const LONGEST: usize = 48;
const UTC: &str = "UTC";

/// By its IANA name, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone(Arc<str>);

impl Zone {
    pub(crate) fn utc() -> Self {
        Self(UTC.into())
    }

    /// A zone whose offsets can be found here.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        (!name.is_empty() && name.len() <= LONGEST && name.bytes().all(plain) && offsets::known(name))
            .then(|| Self(name.into()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// How far its clocks are from UTC at this moment.
    pub(crate) fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        if self.name() == UTC { Utc.fix() } else { offsets::of(self.name(), at).unwrap_or_else(|| Utc.fix()) }
    }

    /// When its clocks show this. In an hour that they show twice or never, a moment beside it; `None` where there is none.
    #[cfg(any(feature = "ssr", test))]
    pub(crate) fn moment(&self, local: chrono::NaiveDateTime) -> Option<DateTime<Utc>> {
        let about = local.checked_sub_offset(self.offset(local.and_utc()))?;
        Some(local.checked_sub_offset(self.offset(about.and_utc()))?.and_utc())
    }

    /// Its name with its offset at this moment: `Europe/Berlin, UTC+01:00`.
    pub(crate) fn named_at(&self, at: DateTime<Utc>) -> String {
        if self.name() == UTC { UTC.to_owned() } else { format!("{}, UTC{}", self.name(), self.offset(at)) }
    }
}

#[cfg(feature = "ssr")]
mod offsets {
    use chrono::{DateTime, FixedOffset, Offset, TimeZone, Utc};
    use chrono_tz::Tz;

    pub(super) fn known(name: &str) -> bool {
        name.parse::<Tz>().is_ok()
    }

    pub(super) fn of(name: &str, at: DateTime<Utc>) -> Option<FixedOffset> {
        let zone: Tz = name.parse().ok()?;
        Some(zone.offset_from_utc_datetime(&at.naive_utc()).fix())
    }
}

#[cfg(not(feature = "ssr"))]
mod offsets {
    use std::cell::RefCell;

    use chrono::{DateTime, FixedOffset, Utc};
    use js_sys::{Array, Date, Function, Intl, Object, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    thread_local! {
        /// Making one takes the browser a moment, and every time on a page asks for the same zone.
        static LATEST: RefCell<Option<(String, Intl::DateTimeFormat)>> = const { RefCell::new(None) };
    }

    pub(super) fn known(name: &str) -> bool {
        with(name, |_| ()).is_some()
    }

    pub(super) fn of(name: &str, at: DateTime<Utc>) -> Option<FixedOffset> {
        // Exact up to 2^53 ms.
        let date = Date::new(&JsValue::from_f64(at.timestamp_millis() as f64));
        let text = with(name, |format| format.format().call1(&JsValue::UNDEFINED, &date).ok()?.as_string())??;
        super::parse_offset(text.rsplit_once("GMT")?.1)
    }

    fn with<T>(name: &str, ask: impl FnOnce(&Intl::DateTimeFormat) -> T) -> Option<T> {
        LATEST.with_borrow_mut(|latest| {
            if latest.as_ref().is_none_or(|(known, _)| known != name) {
                *latest = Some((name.to_owned(), make(name)?));
            }
            latest.as_ref().map(|(_, format)| ask(format))
        })
    }

    /// `None` for a zone this browser does not know.
    fn make(name: &str) -> Option<Intl::DateTimeFormat> {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
        let constructor: Function = Reflect::get(&intl, &"DateTimeFormat".into()).ok()?.dyn_into().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"timeZone".into(), &name.into()).ok()?;
        Reflect::set(&options, &"timeZoneName".into(), &"longOffset".into()).ok()?;
        let made = Reflect::construct(&constructor, &Array::of2(&"en-US".into(), &options)).ok()?;
        Some(made.unchecked_into())
    }
}

/// What a browser writes behind "GMT": nothing, `+01:00`, `-03:30`, `+00:53:28`.
#[cfg(any(not(feature = "ssr"), test))]
fn parse_offset(text: &str) -> Option<FixedOffset> {
    // Some write a minus that is none.
    let text = text.trim().replace('\u{2212}', "-");
    if text.is_empty() {
        return Some(Utc.fix());
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let mut seconds = 0;
    for (part, unit) in digits.split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i32>().ok()? * unit;
    }
    match sign {
        "+" => FixedOffset::east_opt(seconds),
        "-" => FixedOffset::west_opt(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_write_is_read() {
        let seconds = |text| parse_offset(text).map(|offset| offset.local_minus_utc());
        assert_eq!(seconds(""), Some(0));
        assert_eq!(seconds("+01:00"), Some(3600));
        assert_eq!(seconds("-03:30"), Some(-12_600));
        assert_eq!(seconds("\u{2212}05:00"), Some(-18_000));
        assert_eq!(seconds("+00:53:28"), Some(3208));
        assert_eq!(seconds("x"), None);
        assert_eq!(seconds("+x"), None);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn what_a_zones_clocks_show_is_a_moment() {
        let berlin = Zone::parse("Europe/Berlin").expect("a zone");
        for (local, moment) in [
            ("2026-07-01T14:00:00", "2026-07-01T12:00:00+00:00"),
            ("2026-12-01T13:00:00", "2026-12-01T12:00:00+00:00"),
            ("2026-03-29T03:00:00", "2026-03-29T01:00:00+00:00"),
            ("2026-10-25T00:30:00", "2026-10-24T22:30:00+00:00"),
        ] {
            let local: chrono::NaiveDateTime = local.parse().expect("a time");
            assert_eq!(berlin.moment(local).map(|at| at.to_rfc3339()).as_deref(), Some(moment));
            assert_eq!(Zone::utc().moment(local), Some(local.and_utc()));
        }
        assert_eq!(berlin.moment(chrono::NaiveDateTime::MIN), None);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn only_zones_there_are_are_zones() {
        assert!(Zone::parse("Europe/Berlin").is_some() && Zone::parse("UTC").is_some());
        for name in ["", "Europe/Bielefeld", "UTC\r\nSet-Cookie: a=b", "<b>", &"a".repeat(1000)] {
            assert_eq!(Zone::parse(name), None, "{name:?}");
        }
    }
}
