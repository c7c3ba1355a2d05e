//! What the guard of a connection must hear of the answers: how many there were, and whether the last one was an upgrade.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use futures::task::AtomicWaker;
use http::StatusCode;

/// Told by the task that answers the requests of one connection, in their order.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    count: AtomicU64,
    upgraded: AtomicBool,
    waiting: AtomicWaker,
}

impl Answers {
    /// The next request was answered with this status.
    pub fn sent(&self, status: StatusCode) {
        if status == StatusCode::SWITCHING_PROTOCOLS {
            self.0.upgraded.store(true, Ordering::Release);
        }
        self.0.count.fetch_add(1, Ordering::Release);
        self.0.waiting.wake();
    }

    /// What came of the request with this number (the first is 1): whether it was an upgrade; `None` while it is not answered.
    pub(super) fn of(&self, number: u64) -> Option<bool> {
        (self.0.count.load(Ordering::Acquire) >= number).then(|| self.0.upgraded.load(Ordering::Acquire))
    }

    pub(super) fn wait(&self, waker: &std::task::Waker) {
        self.0.waiting.register(waker);
    }
}
