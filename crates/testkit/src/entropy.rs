//! Ids and "random" bytes that are the same in every run. Good for tests only: they are easy to guess.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use control::ports::clock::Entropy;
use parking_lot::Mutex;
use uuid::Uuid;

/// Clones draw from the same sequence.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    seed: u64,
    ids: u32,
    last_millis: u64,
}

impl SeededEntropy {
    pub fn new(seed: u64) -> Self {
        Self { state: Arc::new(Mutex::new(State { seed, ids: 0, last_millis: 0 })) }
    }
}

impl Default for SeededEntropy {
    fn default() -> Self {
        Self::new(0)
    }
}

impl State {
    /// SplitMix64: small, and every seed gives another sequence.
    fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Entropy for SeededEntropy {
    /// A UUIDv7 with a counter behind the time, so ids are in order also when the test's clock stands still or goes back.
    fn id(&self, now: DateTime<Utc>) -> Uuid {
        let mut state = self.state.lock();
        state.last_millis = state.last_millis.max(u64::try_from(now.timestamp_millis()).unwrap_or(0));
        state.ids += 1;
        let mut tail = [0; 10];
        tail[3..7].copy_from_slice(&state.ids.to_be_bytes());
        tail[7..].copy_from_slice(&state.draw().to_be_bytes()[..3]);
        uuid::Builder::from_unix_timestamp_millis(state.last_millis, &tail).into_uuid()
    }

    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.state.lock();
        for chunk in buffer.chunks_mut(8) {
            let bytes = state.draw().to_be_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use control::ports::clock::Clock;

    use super::*;
    use crate::FakeClock;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_bytes() {
        let now = FakeClock::default().now();
        let draw = |seed| {
            let entropy = SeededEntropy::new(seed);
            let mut bytes = [0; 21];
            entropy.fill(&mut bytes);
            (entropy.id(now), bytes)
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn ids_sort_as_they_were_made_even_when_the_clock_goes_back() {
        let entropy = SeededEntropy::default();
        let now = FakeClock::default().now();
        let times = [now, now, now + chrono::TimeDelta::seconds(1), now, now];
        let ids: Vec<Uuid> = times.into_iter().map(|time| entropy.id(time)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert_eq!(ids[0].get_version_num(), 7);
    }
}
