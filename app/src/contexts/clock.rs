//! What time it is, by the server's clock: the same in both first renders, then ticking in the browser.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

/// As often as the shortest text ("8 s") changes.
const TICK: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(RwSignal<DateTime<Utc>>);

impl Clock {
    pub(crate) fn now(self) -> DateTime<Utc> {
        self.0.get()
    }
}

/// Starts at the server's `now`. The browser's own clock may be wrong; only how much time passes is taken from it.
pub(crate) fn provide_clock(now: DateTime<Utc>) -> Clock {
    let clock = Clock(RwSignal::new(now));
    Effect::new(move |_| {
        let start = passed();
        let tick = move || {
            // A hidden page's times are not seen; the first tick after it is shown again sets them right.
            if !document().hidden() {
                clock.0.set(now + (passed() - start));
            }
        };
        if let Ok(interval) = set_interval_with_handle(tick, TICK) {
            on_cleanup(move || interval.clear());
        }
    });
    provide_context(clock);
    clock
}

pub(crate) fn use_clock() -> Clock {
    expect_context()
}

/// Time since the page was loaded.
fn passed() -> TimeDelta {
    let millis = window().performance().map_or(0.0, |performance| performance.now());
    // A page does not live for 2^63 ms.
    TimeDelta::milliseconds(millis as i64)
}
