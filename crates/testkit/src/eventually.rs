//! Waiting for a condition with a deadline: how tests wait for what others do. Never a blind sleep.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Waits until the condition holds.
///
/// # Panics
/// When it does not hold within the time, with `what` in the message.
pub async fn eventually<C, F>(what: &str, within: Duration, mut condition: C)
where
    C: FnMut() -> F,
    F: Future<Output = bool>,
{
    obtain(what, within, || {
        let holds = condition();
        async move { holds.await.then_some(()) }
    })
    .await;
}

/// Waits until there is something, and returns it.
///
/// # Panics
/// When there is nothing within the time, with `what` in the message.
pub async fn obtain<T, C, F>(what: &str, within: Duration, mut look: C) -> T
where
    C: FnMut() -> F,
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + within;
    loop {
        // A look that hangs must not outlive the deadline either.
        match tokio::time::timeout_at(deadline, look()).await {
            Ok(Some(found)) => return found,
            Ok(None) if Instant::now() < deadline => tokio::time::sleep(BETWEEN_LOOKS).await,
            Ok(None) => panic!("waited {within:?} in vain for this: {what}"),
            Err(_) => panic!("waited {within:?} in vain for this: {what} (the last look did not even return)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn the_first_good_look_ends_the_wait() {
        let looks = AtomicU32::new(0);
        let found = obtain("the third look", Duration::from_secs(10), || async {
            (looks.fetch_add(1, Ordering::Relaxed) == 2).then_some("here")
        })
        .await;
        assert_eq!((found, looks.into_inner()), ("here", 3));
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "in vain for this: the moon is made of cheese")]
    async fn waiting_in_vain_says_for_what() {
        eventually("the moon is made of cheese", Duration::from_secs(30), || async { false }).await;
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "did not even return")]
    async fn a_look_that_hangs_is_ended() {
        eventually("an answer", Duration::from_secs(30), std::future::pending).await;
    }
}
