//! Connections that have not proved their identity yet. Their number is bounded, and a new one drops the oldest, so
//! that silent ones cannot keep a portal out: it proves itself within milliseconds, and they grow old. Knows no TLS.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
pub(super) struct Strangers {
    most: usize,
    inside: Mutex<Inside>,
}

/// The oldest first.
#[derive(Debug, Default)]
struct Inside {
    last: u64,
    all: VecDeque<(u64, CancellationToken)>,
}

impl Strangers {
    pub(super) fn new(most: usize) -> Self {
        Self { most, inside: Mutex::default() }
    }

    /// One more. It leaves when it is dropped.
    pub(super) fn admit(self: &Arc<Self>) -> Stranger {
        let mut inside = self.inside.lock();
        while inside.all.len() >= self.most
            && let Some((_, oldest)) = inside.all.pop_front()
        {
            tracing::warn!("too many connections to the worker stream prove nothing; the oldest is dropped");
            oldest.cancel();
        }
        inside.last += 1;
        let (id, out) = (inside.last, CancellationToken::new());
        inside.all.push_back((id, out.clone()));
        Stranger { id, out, among: Arc::clone(self) }
    }
}

/// One of them.
#[derive(Debug)]
pub(super) struct Stranger {
    id: u64,
    out: CancellationToken,
    among: Arc<Strangers>,
}

impl Stranger {
    /// Waits until there is no room for it any more.
    pub(super) async fn is_shown_out(&self) {
        self.out.cancelled().await;
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.among.inside.lock().all.retain(|(id, _)| *id != self.id);
    }
}
