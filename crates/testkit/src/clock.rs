//! A clock that shows what the test says. Never moves by itself.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::clock::Clock;
use parking_lot::Mutex;

/// Clones show the same time.
#[derive(Debug, Clone)]
pub struct FakeClock {
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl FakeClock {
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now: Arc::new(Mutex::new(now)) }
    }

    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock() = now;
    }

    /// Moves forward; returns the new time.
    pub fn advance(&self, by: Duration) -> DateTime<Utc> {
        let mut now = self.now.lock();
        *now += TimeDelta::from_std(by).expect("a step of less than 292 million years");
        *now
    }
}

impl Default for FakeClock {
    /// A new year's noon in 2026.
    fn default() -> Self {
        Self::at(DateTime::from_timestamp(1_767_268_800, 0).expect("a time"))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_when_told_and_for_every_clone() {
        let clock = FakeClock::default();
        let other = clock.clone();
        let start = clock.now();
        assert_eq!(start.to_rfc3339(), "2026-01-01T12:00:00+00:00");
        let later = clock.advance(Duration::from_millis(1500));
        assert_eq!(later - start, TimeDelta::milliseconds(1500));
        assert_eq!(other.now(), later);
        other.set(start);
        assert_eq!(clock.now(), start);
    }
}
