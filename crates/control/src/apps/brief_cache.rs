//! Answers kept for a moment, each found out by one caller however many ask. Knows neither apps nor the record.
//!
//! An answer is never older than `kept`, counted from before it was begun to be found out. "No" is kept like "yes". At most
//! `most` are kept; when more are asked for, all are forgotten, which costs finding out again and nothing else.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::Error;

pub(super) struct BriefCache<K, V> {
    slots: Mutex<HashMap<K, Slot<V>>>,
    kept: TimeDelta,
    most: usize,
}

struct Slot<V> {
    since: DateTime<Utc>,
    answer: Arc<OnceCell<V>>,
}

impl<V> Slot<V> {
    /// Also not when the clock has gone back.
    fn is_fresh(&self, now: DateTime<Utc>, kept: TimeDelta) -> bool {
        (TimeDelta::zero()..kept).contains(&(now - self.since))
    }
}

impl<K: Eq + Hash + Clone, V: Clone> BriefCache<K, V> {
    pub(super) fn new(kept: TimeDelta, most: usize) -> Self {
        Self { slots: Mutex::default(), kept, most }
    }

    /// The kept answer, or what `find_out` says. A failure is not kept: the next caller tries again.
    pub(super) async fn get<F: Future<Output = Result<V, Error>>>(
        &self,
        key: &K,
        now: DateTime<Utc>,
        find_out: impl FnOnce() -> F,
    ) -> Result<V, Error> {
        let answer = self.slot(key, now);
        // The first caller finds out; the others wait for it. If it is dropped, the next one begins anew.
        answer.get_or_try_init(find_out).await.cloned()
    }

    /// The kept answer, if there is one.
    pub(super) fn peek(&self, key: &K, now: DateTime<Utc>) -> Option<V> {
        let slots = self.slots.lock();
        let slot = slots.get(key).filter(|slot| slot.is_fresh(now, self.kept))?;
        slot.answer.get().cloned()
    }

    /// Forgets everything: something has changed that answers may depend on.
    pub(super) fn clear(&self) {
        self.slots.lock().clear();
    }

    fn slot(&self, key: &K, now: DateTime<Utc>) -> Arc<OnceCell<V>> {
        let mut slots = self.slots.lock();
        if let Some(slot) = slots.get(key).filter(|slot| slot.is_fresh(now, self.kept)) {
            return slot.answer.clone();
        }
        if slots.len() >= self.most {
            slots.retain(|_, slot| slot.is_fresh(now, self.kept));
        }
        if slots.len() >= self.most {
            slots.clear();
        }
        let answer = Arc::new(OnceCell::new());
        slots.insert(key.clone(), Slot { since: now, answer: answer.clone() });
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(millis).expect("a time")
    }

    fn cache(most: usize) -> BriefCache<u32, Option<u32>> {
        BriefCache::new(TimeDelta::milliseconds(400), most)
    }

    #[tokio::test]
    async fn a_thousand_who_ask_at_once_cost_one_look() {
        let (cache, looks) = (cache(8), AtomicUsize::new(0));
        let ask = || {
            cache.get(&7, at(0), || async {
                looks.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(Some(1))
            })
        };
        let answers = join_all((0..1000).map(|_| ask())).await;
        assert!(answers.into_iter().all(|answer| matches!(answer, Ok(Some(1)))));
        assert_eq!(looks.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_no_is_kept_like_a_yes_and_neither_longer_than_promised() {
        let cache = cache(8);
        assert!(matches!(cache.get(&1, at(0), || async { Ok(None) }).await, Ok(None)));
        assert!(matches!(cache.get(&1, at(399), || async { Ok(Some(2)) }).await, Ok(None)), "still the first answer");
        assert!(matches!(cache.get(&1, at(400), || async { Ok(Some(2)) }).await, Ok(Some(2))));
        assert!(matches!(cache.get(&1, at(100), || async { Ok(Some(3)) }).await, Ok(Some(3))), "the clock went back");
    }

    #[tokio::test]
    async fn a_failure_and_one_who_goes_away_leave_the_question_open() {
        let cache = cache(8);
        assert!(cache.get(&1, at(0), || async { Err(Error::Busy) }).await.is_err());
        {
            let gone = cache.get(&1, at(0), std::future::pending);
            let mut gone = std::pin::pin!(gone);
            assert!(futures::poll!(gone.as_mut()).is_pending());
        }
        assert_eq!(cache.peek(&1, at(0)), None);
        assert!(matches!(cache.get(&1, at(0), || async { Ok(Some(2)) }).await, Ok(Some(2))));
        assert_eq!(cache.peek(&1, at(399)), Some(Some(2)));
        assert_eq!(cache.peek(&1, at(400)), None);
    }

    #[tokio::test]
    async fn never_more_are_kept_than_allowed() {
        let cache = cache(8);
        for key in 0..100 {
            cache.get(&key, at(0), || async { Ok(None) }).await.expect("an answer");
            assert!(cache.slots.lock().len() <= 8);
        }
    }
}
