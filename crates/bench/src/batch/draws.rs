//! Numbers that look drawn by lot and are the same in every run.

/// SplitMix64: the same on every machine, whatever version of whatever library is there.
#[derive(Debug)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One of these, both ends among them.
    pub(super) fn between(&mut self, least: u32, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let span = u64::from(most.saturating_sub(least)) + 1;
        // Below the span, which is at most 2^32.
        least + (mixed % span) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_and_none_beyond() {
        let mut draws = Draws::new(1);
        let drawn: Vec<u32> = (0..1000).map(|_| draws.between(3, 7)).collect();
        assert!((3..=7).all(|number| drawn.contains(&number)));
        assert!(drawn.iter().all(|number| (3..=7).contains(number)));
    }
}
