//! How long to wait before the next attempt to connect: doubling, with jitter from outside, within bounds.

/// The first wait, in milliseconds.
pub(super) const SHORTEST_MS: u64 = 250;
/// No wait is longer, in milliseconds.
pub(super) const LONGEST_MS: u64 = 5_000;

/// Attempts since the connection last proved itself.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// The wait before the next attempt. `chance` is from 0 (included) to 1 (excluded): many browsers that lost the same
    /// server do not come back in the same moment.
    pub(super) fn next(&mut self, chance: f64) -> u64 {
        let ceiling = SHORTEST_MS.saturating_mul(1 << self.attempts.min(10)).min(LONGEST_MS);
        self.attempts = self.attempts.saturating_add(1);
        let half = ceiling / 2;
        let jitter = (half as f64 * chance.clamp(0.0, 1.0)) as u64;
        (half + jitter).max(SHORTEST_MS)
    }

    /// The connection holds, or there is a reason to hope: begin again with the shortest wait.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_quarter_second_to_at_most_five_seconds() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.next(1.0)).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
    }

    #[test]
    fn jitter_never_leaves_the_bounds() {
        for chance in [0.0, 0.3, 0.999, 7.0, -1.0] {
            let mut backoff = Backoff::default();
            for _ in 0..40 {
                let wait = backoff.next(chance);
                assert!((SHORTEST_MS..=LONGEST_MS).contains(&wait), "{wait} ms with chance {chance}");
            }
        }
    }

    #[test]
    fn a_reset_begins_with_the_shortest_wait() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            backoff.next(0.5);
        }
        backoff.reset();
        assert_eq!(backoff.next(0.9), SHORTEST_MS);
    }
}
