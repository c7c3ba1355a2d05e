//! The orderly end: one signal for everything that serves a client, and the wait until all of it has ended.

use std::{future::Future, time::Duration};

use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// Cheap to clone; all clones are one shutdown.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    signal: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// Runs the task; the end waits for it.
    pub fn track(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// The end waits until this is dropped.
    pub fn guard(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// Returns once the end has begun: finish what you are in, begin nothing new.
    pub async fn begun(&self) {
        self.signal.cancelled().await;
    }

    pub fn has_begun(&self) -> bool {
        self.signal.is_cancelled()
    }

    pub fn begin(&self) {
        self.signal.cancel();
        self.tasks.close();
    }

    /// Waits for all tasks; returns how many are still there after `patience`.
    pub async fn wait(&self, patience: Duration) -> usize {
        match tokio::time::timeout(patience, self.tasks.wait()).await {
            Ok(()) => 0,
            Err(_) => self.tasks.len(),
        }
    }
}
