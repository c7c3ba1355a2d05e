//! Time and randomness, so that tests can say what they are.

use chrono::{DateTime, SubsecRound as _, Utc};
use uuid::Uuid;

/// To the microsecond, which every database keeps: a time that is read back must be the one that was written.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> DateTime<Utc>;
}

/// Where ids and secrets come from.
pub trait Entropy: Send + Sync + 'static {
    /// A new id; later ones sort behind earlier ones.
    fn id(&self, now: DateTime<Utc>) -> Uuid;

    /// Fills the buffer with bytes that cannot be guessed.
    fn fill(&self, buffer: &mut [u8]);
}

/// The host's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the host's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn id(&self, _now: DateTime<Utc>) -> Uuid {
        // Uuid keeps a counter, so ids made within one millisecond are in order too.
        Uuid::now_v7()
    }

    fn fill(&self, buffer: &mut [u8]) {
        rand::Rng::fill(&mut rand::rng(), buffer);
    }
}
