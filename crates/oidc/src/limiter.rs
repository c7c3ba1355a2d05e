//! Requests that people cause wait for their turn: many who sign in at the same moment are answered one after the other, not
//! turned away because the provider is busy with the others. A request's time runs from its turn on. Knows no request.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests of ours that a provider works on at a moment. More would not be done sooner by what has a core or two.
const AT_ONCE: usize = 8;
/// How long a request waits behind others. A browser still waits then.
const IN_QUEUE: Duration = Duration::from_secs(20);

#[derive(Debug, thiserror::Error)]
#[error("{AT_ONCE} requests of others were before this one for {} s", IN_QUEUE.as_secs())]
pub struct QueueTooLong;

/// The queue in front of one provider; first come, first served.
#[derive(Debug, Clone)]
pub(crate) struct Limiter(Arc<Semaphore>);

impl Default for Limiter {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Limiter {
    /// Waits for a turn, which lasts as long as what is given back.
    pub(crate) async fn acquire(&self) -> Result<SemaphorePermit<'_>, QueueTooLong> {
        // A semaphore that is never closed gives out turns, or time runs out.
        tokio::time::timeout(IN_QUEUE, self.0.acquire()).await.ok().and_then(Result::ok).ok_or(QueueTooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_comes_after_the_first_that_is_done_or_is_told_after_a_while() {
        let limiter = Limiter::default();
        let mut taken = Vec::new();
        for _ in 0..AT_ONCE {
            taken.push(limiter.acquire().await.expect("there is a free place"));
        }
        assert!(limiter.acquire().await.is_err(), "those before it never end");
        let (next, ()) = tokio::join!(limiter.acquire(), async { drop(taken.pop()) });
        assert!(next.is_ok());
    }
}
