//! Since when people have been waiting for an app, for the seconds on the page that waits. Forgotten soon after they have left.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::app::AppLabel;
use parking_lot::Mutex;

/// A page that waits asks again within this time.
const FORGOTTEN: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Waits(Mutex<HashMap<AppLabel, Wait>>);

#[derive(Debug, Clone, Copy)]
struct Wait {
    begun: Instant,
    asked: Instant,
}

impl Waits {
    /// How long a person has been waiting without a break.
    pub(super) fn since(&self, label: &AppLabel, now: Instant) -> Duration {
        let mut waits = self.0.lock();
        let is_over = |wait: &Wait| now.saturating_duration_since(wait.asked) > FORGOTTEN;
        if let Some(wait) = waits.get_mut(label).filter(|wait| !is_over(wait)) {
            wait.asked = now;
            return now.saturating_duration_since(wait.begun);
        }
        waits.retain(|_, wait| !is_over(wait));
        waits.insert(label.clone(), Wait { begun: now, asked: now });
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_goes_on_while_somebody_asks_and_begins_anew_after() {
        let (waits, label, begun) = (Waits::default(), "abcdefg234".parse().expect("a label"), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(waits.since(&label, begun), Duration::ZERO);
        assert_eq!(waits.since(&label, at(8)), Duration::from_secs(8));
        assert_eq!(waits.since(&label, at(16)), Duration::from_secs(16));
        assert_eq!(waits.since(&label, at(40)), Duration::ZERO);
        let other = "bbcdefg234".parse().expect("a label");
        waits.since(&other, at(80));
        assert_eq!(waits.0.lock().len(), 1, "what nobody waits for is forgotten");
    }
}
