//! Whether the other side still answers: when to ask, how long an answer may take. Timers in browsers run late in
//! hidden pages, so silence counts only from the moment an answer was asked for.

/// Milliseconds between two questions.
pub(super) const EVERY_MS: u64 = 5_000;
/// Milliseconds without a byte after a question, until the connection counts as dead.
const PATIENCE_MS: u64 = 15_000;
/// The same after waking up or coming back on line, when it is likely that the connection did not survive.
const DOUBT_MS: u64 = 3_000;

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send a ping with this nonce; look again after so many milliseconds.
    Ask { nonce: u64, again_ms: u64 },
    /// An answer is still on its way; look again after so many milliseconds.
    Wait { again_ms: u64 },
    /// The other side does not answer any more.
    Dead,
}

/// The pings of one connection.
#[derive(Debug)]
pub(super) struct Heartbeat {
    heard: u64,
    nonce: u64,
    asked: Option<u64>,
    patience: u64,
    /// When it began; a connection that holds for a while is a good one.
    since: u64,
}

impl Heartbeat {
    /// A connection that was opened at `now` milliseconds.
    pub(super) fn new(now: u64) -> Self {
        Self { heard: now, nonce: 0, asked: None, patience: PATIENCE_MS, since: now }
    }

    /// Something came from the node.
    pub(super) fn hear(&mut self, now: u64) {
        self.heard = now;
    }

    /// An answer came. Returns the round trip in milliseconds, if it is the answer to the last question.
    pub(super) fn answer(&mut self, nonce: u64, now: u64) -> Option<u32> {
        if nonce != self.nonce {
            return None;
        }
        let asked = self.asked.take()?;
        self.patience = PATIENCE_MS;
        Some(u32::try_from(now.saturating_sub(asked)).unwrap_or(u32::MAX))
    }

    /// Time has passed.
    pub(super) fn check(&mut self, now: u64) -> Verdict {
        let Some(asked) = self.asked else {
            return self.ask(now);
        };
        let silent = now.saturating_sub(asked.max(self.heard));
        if silent >= self.patience {
            return Verdict::Dead;
        }
        Verdict::Wait { again_ms: EVERY_MS.min(self.patience - silent) }
    }

    /// There is reason to doubt the connection: ask now, and do not wait long.
    pub(super) fn doubt(&mut self, now: u64) -> Verdict {
        self.patience = DOUBT_MS;
        self.ask(now)
    }

    /// Whether the connection has held long enough to forget earlier failures.
    pub(super) fn proven(&self, now: u64) -> bool {
        now.saturating_sub(self.since) >= EVERY_MS
    }

    fn ask(&mut self, now: u64) -> Verdict {
        self.nonce += 1;
        self.asked = Some(now);
        Verdict::Ask { nonce: self.nonce, again_ms: EVERY_MS.min(self.patience) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_connection_is_dead_within_thirty_seconds() {
        let mut heartbeat = Heartbeat::new(0);
        let mut now = 0;
        while let Verdict::Ask { again_ms, .. } | Verdict::Wait { again_ms } = heartbeat.check(now) {
            now += again_ms;
            assert!(now < 30_000, "still waiting after {now} ms");
        }
        assert!(now >= 15_000, "given up after {now} ms");
    }

    #[test]
    fn an_answered_connection_lives_and_says_how_long_the_answer_took() {
        let mut heartbeat = Heartbeat::new(0);
        for round in 1..100 {
            let now = round * EVERY_MS;
            assert_eq!(heartbeat.check(now), Verdict::Ask { nonce: round, again_ms: EVERY_MS });
            assert_eq!(heartbeat.answer(round, now + 7), Some(7));
        }
    }

    #[test]
    fn output_keeps_a_connection_alive_whose_answers_wait_behind_it() {
        let mut heartbeat = Heartbeat::new(0);
        heartbeat.check(0);
        for now in (1_000..120_000).step_by(1_000) {
            heartbeat.hear(now);
            assert!(matches!(heartbeat.check(now), Verdict::Wait { .. }));
        }
    }

    #[test]
    fn a_page_that_slept_does_not_take_its_own_sleep_for_silence() {
        let mut heartbeat = Heartbeat::new(0);
        heartbeat.check(5_000);
        heartbeat.answer(1, 5_002);
        assert_eq!(heartbeat.check(3_600_000), Verdict::Ask { nonce: 2, again_ms: EVERY_MS });
    }

    #[test]
    fn after_waking_up_a_dead_connection_is_noticed_in_three_seconds() {
        let mut heartbeat = Heartbeat::new(0);
        assert_eq!(heartbeat.doubt(1_000), Verdict::Ask { nonce: 1, again_ms: DOUBT_MS });
        assert_eq!(heartbeat.check(1_000 + DOUBT_MS), Verdict::Dead);
    }

    #[test]
    fn an_answer_to_an_older_question_says_nothing() {
        let mut heartbeat = Heartbeat::new(0);
        heartbeat.check(0);
        heartbeat.doubt(100);
        assert_eq!(heartbeat.answer(1, 200), None);
        assert_eq!(heartbeat.answer(2, 250), Some(150));
        assert_eq!(heartbeat.answer(2, 260), None);
    }
}
